package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a definition may cost and look like. The byte limits are the product's budget: every user pays for
// each tool in each request. The dialect is what all hosts understand.
const (
	maxToolBytes       = 2000
	maxCallToolBytes   = 2800 // post_call_summary, the widest job
	callTool           = "post_call_summary"
	maxName            = 40
	minDescription     = 80
	maxDescription     = 800
	minParamText       = 15
	maxSchemaDepth     = 3
	maxTitleCharacters = 60
)

var namePattern = regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)+$`)

// verbs is the closed list of first words of tool names, and the classes that may use them.
var verbs = map[string][]Class{
	"accept": {Create, Update}, "add": {Create}, "api": {Read, Create, Update, Delete}, "apply": {Update, Delete}, "assign": {Update}, "attach": {Create, Update},
	"call": {Read, Create, Update, Delete}, "close": {Update}, "complete": {Update}, "create": {Create}, "decline": {Update, Delete},
	"delete": {Delete}, "detach": {Update, Delete}, "discard": {Delete}, "download": {Read}, "get": {Read}, "link": {Create, Update},
	"list": {Read}, "merge": {Update, Delete}, "move": {Update}, "post": {Create}, "preview": {Read}, "remove": {Update, Delete},
	"reply": {Create}, "report": {Read}, "restore": {Update}, "retry": {Create, Update}, "run": {Create, Update}, "search": {Read},
	"send": {Create}, "set": {Update}, "stop": {Update}, "subscribe": {Create, Update}, "tag": {Update}, "unlink": {Update, Delete}, "unsubscribe": {Update, Delete},
	"update": {Update}, "upload": {Create},
}

// writeWords may not lead the description of a read tool.
var writeWords = regexp.MustCompile(`(?i)^(creates?|updates?|deletes?|removes?|moves?|adds?|changes?|sets?|writes?|sends?)\b`)

// reversal is what the description of a delete tool must speak of.
var reversal = regexp.MustCompile(`(?i)undo|undone|restor|revers|permanent|recycle|trash|for good|cannot be`)

// forbidden are keywords that some host drops, truncates or throws on.
var forbidden = []string{"$ref", "$defs", "$id", "$schema", "anyOf", "oneOf", "allOf", "not", "if", "exclusiveMinimum", "exclusiveMaximum", "patternProperties"}

// Check examines definitions, alone and together, and returns all that is wrong with them. A server that
// starts with a broken tool list is worse than one that does not start.
func Check(tools []Tool) error {
	var errs []error
	seen := map[string]bool{}
	for _, t := range tools {
		if seen[t.spec.Name] {
			errs = append(errs, fmt.Errorf("%s: the name is taken twice", t.spec.Name))
		}
		seen[t.spec.Name] = true
		for _, e := range t.check() {
			errs = append(errs, fmt.Errorf("%s: %w", t.spec.Name, e))
		}
	}
	errs = append(errs, checkSameTypes(tools)...)
	errs = append(errs, checkMentions(tools, seen)...)
	return errors.Join(errs...)
}

func (t Tool) check() []error {
	if err := t.schemas().err; err != nil {
		return []error{err}
	}
	return slices.Concat(t.checkName(), t.checkClass(), t.checkText(), t.checkParams(), t.checkSchemas())
}

func (t Tool) checkName() (errs []error) {
	name := t.spec.Name
	if !namePattern.MatchString(name) || len(name) > maxName {
		errs = append(errs, fmt.Errorf("the name must match %s and have at most %d characters", namePattern, maxName))
	}
	verb, _, _ := strings.Cut(name, "_")
	classes, known := verbs[verb]
	if !known {
		errs = append(errs, fmt.Errorf("the verb %q is not one of %s", verb, strings.Join(slices.Sorted(maps.Keys(verbs)), ", ")))
	} else if !slices.Contains(classes, t.spec.Class) {
		errs = append(errs, fmt.Errorf("the verb %q does not fit the class %s", verb, t.spec.Class))
	}
	return errs
}

func (t Tool) checkClass() (errs []error) {
	s := t.spec
	if s.Class < Read || s.Class > Delete {
		errs = append(errs, errors.New("the class is missing"))
	}
	if s.Class != Create && (s.Destructive || s.Idempotent) {
		errs = append(errs, errors.New("only class Create overrides hints: the other classes derive them"))
	}
	if s.OpenWorld && s.Class == Read {
		errs = append(errs, errors.New("a read tool sends no message to a customer"))
	}
	if s.Class == Read && writeWords.MatchString(s.Description) {
		errs = append(errs, errors.New("the description of a read tool starts with a word of writing"))
	}
	if s.Class == Delete && !reversal.MatchString(s.Description) {
		errs = append(errs, errors.New("the description of a delete tool must say whether it can be undone"))
	}
	if s.Timeout > DefaultTimeout {
		errs = append(errs, fmt.Errorf("the time limit is over %s: the strictest host gives up at 20 s", DefaultTimeout))
	}
	return errs
}

func (t Tool) checkText() (errs []error) {
	s := t.spec
	if n := utf8.RuneCountInString(s.Description); n < minDescription || n > maxDescription {
		errs = append(errs, fmt.Errorf("the description has %d characters, it needs %d to %d", n, minDescription, maxDescription))
	}
	if s.Title == "" || utf8.RuneCountInString(s.Title) > maxTitleCharacters || s.Title == s.Name {
		errs = append(errs, fmt.Errorf("the title must be there, differ from the name and have at most %d characters", maxTitleCharacters))
	}
	limit := maxToolBytes
	if s.Name == callTool {
		limit = maxCallToolBytes
	}
	if n := t.Bytes(); n > limit {
		errs = append(errs, fmt.Errorf("name, description and input schema have %d bytes, at most %d are allowed", n, limit))
	}
	return errs
}

// Bytes is what the budget of one tool counts: name, description and input schema.
func (t Tool) Bytes() int { return len(t.spec.Name) + len(t.spec.Description) + len(t.InputSchema()) }

func (t Tool) checkParams() (errs []error) {
	args := t.schemas().args
	if p := args.props[tokenArgument]; t.confirms && (p == nil || p.Type != "string") {
		errs = append(errs, fmt.Errorf("a confirmed tool needs the argument %s, a string", tokenArgument))
	}
	for _, name := range args.names {
		p := args.props[name]
		text := p.Description
		if utf8.RuneCountInString(text) < minParamText || reworded(name, text) {
			errs = append(errs, fmt.Errorf("argument %s: the description needs at least %d characters that say more than the name", name, minParamText))
		}
		enum := p.Enum
		if p.Items != nil {
			enum = append(slices.Clone(enum), p.Items.Enum...)
		}
		for _, v := range enum {
			if !strings.Contains(text, fmt.Sprint(v)) {
				errs = append(errs, fmt.Errorf("argument %s: the description must name the value %v: some hosts drop enums", name, v))
			}
		}
	}
	return errs
}

// reworded tells a description that only repeats the name: "The lead id." for lead_id.
func reworded(name, text string) bool {
	left := strings.ToLower(text)
	for _, w := range append(strings.Split(name, "_"), "the", "a", "of", "an") {
		left = strings.ReplaceAll(left, w, "")
	}
	return len(strings.Trim(left, " .,:;'s")) < 3
}

func (t Tool) checkSchemas() (errs []error) {
	of := t.schemas()
	for _, s := range []struct {
		kind   string
		raw    json.RawMessage
		valid  validate
		closed bool
	}{{"input", of.input, of.inputValid, true}, {"output", of.output, of.outputValid, false}} {
		if _, err := s.valid(); err != nil {
			errs = append(errs, err)
		}
		var doc map[string]any
		if err := json.Unmarshal(s.raw, &doc); err != nil {
			errs = append(errs, fmt.Errorf("%s schema: %w", s.kind, err))
			continue
		}
		if s.closed && doc["additionalProperties"] != false {
			errs = append(errs, fmt.Errorf("%s schema: it must be closed", s.kind))
		}
		delete(doc, "additionalProperties")
		for _, e := range dialect(doc, "") {
			errs = append(errs, fmt.Errorf("%s schema: %w", s.kind, e))
		}
		if d := depth(doc); s.closed && d > maxSchemaDepth {
			errs = append(errs, fmt.Errorf("%s schema: it is %d levels deep, at most %d are allowed", s.kind, d, maxSchemaDepth))
		}
	}
	return errs
}

// dialect finds what some host cannot read.
func dialect(s any, path string) (errs []error) {
	m, ok := s.(map[string]any)
	if !ok {
		return []error{fmt.Errorf("%q is a bare boolean schema: give it a type", path)}
	}
	if _, ok := m["type"].(string); !ok {
		errs = append(errs, fmt.Errorf("%q has not exactly one type", path))
	}
	for _, k := range forbidden {
		if _, used := m[k]; used {
			errs = append(errs, fmt.Errorf("%q uses %s", path, k))
		}
	}
	for _, kid := range subschemas(m) {
		errs = append(errs, dialect(kid.schema, path+"/"+kid.name)...)
	}
	return errs
}

func depth(s any) int {
	m, _ := s.(map[string]any)
	deepest := 0
	for _, kid := range subschemas(m) {
		deepest = max(deepest, depth(kid.schema))
	}
	return deepest + 1
}

type subschema struct {
	name   string
	schema any
}

func subschemas(m map[string]any) (out []subschema) {
	props, _ := m["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		out = append(out, subschema{name, props[name]})
	}
	for _, k := range []string{"items", "additionalProperties"} {
		if s, ok := m[k]; ok {
			out = append(out, subschema{k, s})
		}
	}
	return out
}

// checkSameTypes holds that one argument name means one type: a list of strings counts as string.
func checkSameTypes(tools []Tool) (errs []error) {
	type use struct{ kind, tool string }
	first := map[string]use{}
	for _, t := range tools {
		args := t.schemas().args
		if args == nil {
			continue
		}
		for _, name := range args.names {
			p := args.props[name]
			kind := p.Type
			if kind == "array" && p.Items != nil {
				kind = p.Items.Type
			}
			if f, seen := first[name]; !seen {
				first[name] = use{kind, t.spec.Name}
			} else if f.kind != kind {
				errs = append(errs, fmt.Errorf("argument %s is %s in %s and %s in %s: one name, one type", name, f.kind, f.tool, kind, t.spec.Name))
			}
		}
	}
	return errs
}

var toolWord = regexp.MustCompile(`[a-z]+(?:_[a-z0-9]+)+`)

// checkMentions holds that a description which names a tool names one that exists.
func checkMentions(tools []Tool, exists map[string]bool) (errs []error) {
	for _, t := range tools {
		input, output := string(t.InputSchema()), string(t.OutputSchema())
		for _, word := range toolWord.FindAllString(t.spec.Description, -1) {
			verb, _, _ := strings.Cut(word, "_")
			_, isVerb := verbs[verb]
			if isVerb && !exists[word] && !strings.Contains(input, `"`+word+`"`) && !strings.Contains(output, `"`+word+`"`) {
				errs = append(errs, fmt.Errorf("%s: the description names the tool %s, which does not exist", t.spec.Name, word))
			}
		}
	}
	return errs
}
