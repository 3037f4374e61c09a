package registry

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/kommo-mcp/kommo-mcp/internal/sanitize"
)

// maxShown is how much of a wrong value is quoted back, in characters.
const maxShown = 60

// leaves are the actual complaints of a validation error, in a stable order.
func leaves(e *validator.ValidationError) iter.Seq[*validator.ValidationError] {
	return func(yield func(*validator.ValidationError) bool) { walkLeaves(e, yield) }
}

func walkLeaves(e *validator.ValidationError, yield func(*validator.ValidationError) bool) bool {
	if len(e.Causes) == 0 {
		return yield(e)
	}
	for _, c := range e.Causes {
		if !walkLeaves(c, yield) {
			return false
		}
	}
	return true
}

// explain says for one complaint which argument, what came, what is expected, and an example.
func (a *arguments) explain(e *validator.ValidationError, args map[string]any) []issue {
	if missing, ok := e.ErrorKind.(*kind.Required); ok && len(e.InstanceLocation) == 0 {
		var out []issue
		for _, name := range missing.Missing {
			out = append(out, issue{name, fmt.Sprintf("%s is missing: expected %s. Example: %s", name, expectation(a.props[name]), a.example(name))})
		}
		return out
	}
	if len(e.InstanceLocation) == 0 {
		return []issue{{"", sentence("the arguments do not fit together: " + strings.Join(e.ErrorKind.KeywordPath(), "/"))}}
	}
	name := e.InstanceLocation[0]
	s, v, path := a.locate(e.InstanceLocation, args)
	return []issue{{name, fmt.Sprintf("%s: got %s, expected %s. Example: %s", path, shown(v), expectation(s), a.example(name))}}
}

// locate follows a location into schema and value: ["tags","0"] is tags[0].
func (a *arguments) locate(loc []string, args map[string]any) (s *jsonschema.Schema, v any, path string) {
	s, v, path = a.props[loc[0]], args[loc[0]], loc[0]
	for _, step := range loc[1:] {
		switch parent := v.(type) {
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(parent) || s == nil {
				return s, v, path
			}
			v, s, path = parent[i], s.Items, path+"["+step+"]"
		case map[string]any:
			v, path = parent[step], join(path, step)
			if s != nil && s.Properties != nil {
				s, _ = s.Properties.Get(step)
			} else {
				s = nil
			}
		}
	}
	return s, v, path
}

// expectation says in words what a schema accepts.
func expectation(s *jsonschema.Schema) string {
	switch {
	case s == nil:
		return "another value"
	case len(s.Enum) > 0:
		return "one of " + enumList(s.Enum)
	}
	switch s.Type {
	case "integer":
		return "a whole number" + bounds(s)
	case "number":
		return "a number" + bounds(s)
	case "boolean":
		return "true or false"
	case "array":
		return "a list" + count(s) + ", each " + expectation(s.Items)
	case "object":
		return "an object of name to value"
	default:
		return expectedText(s)
	}
}

func expectedText(s *jsonschema.Schema) string {
	switch s.Format {
	case "":
	case "date-time":
		return "a time with zone as in 2026-03-31T15:04:05Z"
	case "date":
		return "a date as in 2026-03-31"
	default:
		return "text that is a valid " + s.Format
	}
	switch {
	case s.Pattern != "":
		return "text that matches " + s.Pattern
	case s.MinLength != nil && *s.MinLength == 1 && s.MaxLength == nil:
		return "text that is not empty"
	case s.MinLength != nil && s.MaxLength != nil:
		return fmt.Sprintf("text of %d to %d characters", *s.MinLength, *s.MaxLength)
	case s.MaxLength != nil:
		return fmt.Sprintf("text of at most %d characters", *s.MaxLength)
	case s.MinLength != nil:
		return fmt.Sprintf("text of at least %d characters", *s.MinLength)
	default:
		return "text"
	}
}

func bounds(s *jsonschema.Schema) string {
	switch {
	case s.Minimum != "" && s.Maximum != "":
		return fmt.Sprintf(" from %s to %s", s.Minimum, s.Maximum)
	case s.Minimum != "":
		return fmt.Sprintf(" of at least %s", s.Minimum)
	case s.Maximum != "":
		return fmt.Sprintf(" of at most %s", s.Maximum)
	default:
		return ""
	}
}

func count(s *jsonschema.Schema) string {
	switch {
	case s.MinItems != nil && s.MaxItems != nil:
		return fmt.Sprintf(" of %d to %d values", *s.MinItems, *s.MaxItems)
	case s.MaxItems != nil:
		return fmt.Sprintf(" of at most %d values", *s.MaxItems)
	case s.MinItems != nil:
		return fmt.Sprintf(" of at least %d values", *s.MinItems)
	default:
		return ""
	}
}

func enumList(enum []any) string {
	words := make([]string, len(enum))
	for i, e := range enum {
		words[i] = fmt.Sprint(e)
	}
	return strings.Join(words, ", ")
}

// example is a call's argument that would be accepted: {"limit": 20}.
func (a *arguments) example(name string) string {
	raw, err := encode(a.examples[name])
	if err != nil {
		return quoted(name)
	}
	return "{" + quoted(name) + ": " + string(raw) + "}"
}

// shown quotes a value for a message: short, cleaned, recognisable.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return quoted(v)
	case json.Number:
		return clip(v.String())
	case bool:
		return strconv.FormatBool(v)
	case []any:
		return shownList(v)
	case map[string]any:
		return "an object with " + plural(len(v), "key")
	default:
		return "a value"
	}
}

func shownList(list []any) string {
	if len(list) == 0 {
		return "an empty list"
	}
	if len(list) > 3 || slices.ContainsFunc(list, composite) {
		return "a list of " + plural(len(list), "value")
	}
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = shown(v)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func composite(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	default:
		return false
	}
}

func quoted(s string) string { return `"` + clip(s) + `"` }

// clip makes foreign text fit for one line of a message.
func clip(s string) string {
	s = strings.Join(strings.Fields(sanitize.Text(s)), " ")
	if utf8.RuneCountInString(s) <= maxShown {
		return s
	}
	return string([]rune(s)[:maxShown]) + "…"
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// sentence gives a text a capital and a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	s = strings.ToUpper(string(r)) + s[size:]
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}
