package registry

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// maxIssues is how many wrong arguments are explained at once.
const maxIssues = 5

// issue is one wrong argument and the sentence that explains it.
type issue struct{ field, text string }

// decode turns raw arguments into values that the schema accepts, or explains all that is wrong at once.
// Harmless differences of type are taken as meant (see coerce); null stands for absent; defaults of the
// schema are filled in.
func (a *arguments) decode(raw []byte, valid *validator.Schema) (map[string]any, *problem.Problem) {
	args, err := parseObject(raw)
	if err != nil {
		return nil, problem.New(problem.InvalidArgument, sentence(err.Error())).
			WithNext("Send the arguments as one JSON object. " + a.valids())
	}
	issues, meant := a.unknown(args)
	for name, v := range args {
		if v == nil {
			delete(args, name)
			continue
		}
		if a.json[name] {
			v = toJSONText(v)
		}
		coerced, text := coerce(name, v, a.props[name])
		if text != "" {
			issues = append(issues, issue{name, text})
			delete(args, name)
			meant[name] = true
			continue
		}
		args[name] = coerced
	}
	a.fillDefaults(args)
	for _, is := range a.violations(args, valid) {
		if !meant[is.field] {
			issues = append(issues, is)
		}
	}
	if len(issues) > 0 {
		return nil, a.refusal(issues)
	}
	return args, nil
}

// unknown takes arguments that do not exist out of args. meant holds the names they were probably meant to
// be, so that these are not called missing as well.
func (a *arguments) unknown(args map[string]any) (issues []issue, meant map[string]bool) {
	meant = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if _, ok := a.props[name]; ok {
			continue
		}
		delete(args, name)
		guess := ""
		if len(issues) < maxIssues { // what is not shown needs no guess
			guess = a.meant(name)
		}
		text := "Unknown argument " + quoted(name)
		if guess != "" {
			meant[guess] = true
			text += ": did you mean " + quoted(guess) + "?"
		} else {
			text += "."
		}
		issues = append(issues, issue{name, text})
	}
	return issues, meant
}

func (a *arguments) fillDefaults(args map[string]any) {
	for name, p := range a.props {
		if _, given := args[name]; !given && p.Default != nil {
			args[name] = p.Default
		}
	}
}

func (a *arguments) violations(args map[string]any, valid *validator.Schema) []issue {
	verr, ok := errors.AsType[*validator.ValidationError](valid.Validate(args))
	if !ok {
		return nil
	}
	var issues []issue
	for leaf := range leaves(verr) {
		issues = append(issues, a.explain(leaf, args)...)
	}
	return issues
}

// refusal puts the issues in the order of the struct, drops repetitions and joins them, a line each.
func (a *arguments) refusal(issues []issue) *problem.Problem {
	slices.SortFunc(issues, func(x, y issue) int {
		return cmp.Or(a.rank(x.field)-a.rank(y.field), strings.Compare(x.text, y.text))
	})
	issues = slices.Compact(issues)
	lines := make([]string, 0, maxIssues+1)
	unknown := false
	for _, is := range issues[:min(len(issues), maxIssues)] {
		lines = append(lines, is.text)
		unknown = unknown || strings.HasPrefix(is.text, "Unknown")
	}
	if more := len(issues) - maxIssues; more > 0 {
		lines = append(lines, plural(more, "further argument problem")+" not shown.")
	}
	next := "Correct this and call again; nothing was done."
	if unknown {
		next = a.valids() + " " + next
	}
	return problem.Invalid(clip(issues[0].field), strings.Join(lines, "\n")).WithNext(next)
}

// rank orders issues: unknown arguments first, then by the position of the argument.
func (a *arguments) rank(field string) int { return slices.Index(a.names, field) }

func (a *arguments) valids() string {
	if len(a.names) == 0 {
		return "This tool takes no arguments."
	}
	return "Valid arguments: " + strings.Join(a.names, ", ") + "."
}

// bind decodes checked arguments into the input struct. Numbers inside a map[string]any arrive as
// json.Number, so that large ids keep every digit.
func bind[In any](args map[string]any) (In, error) {
	var in In
	raw, err := json.Marshal(args)
	if err != nil {
		return in, problem.New(problem.InvalidArgument, "The arguments cannot be read.").Wrap(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&in); err != nil {
		return in, bindProblem(err, args)
	}
	return in, nil
}

// bindProblem explains what only Go's types refuse: in practice a whole number beyond 64 bits.
func bindProblem(err error, args map[string]any) error {
	p := problem.New(problem.InvalidArgument, "The arguments cannot be read.").Wrap(err)
	if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		name, _, _ := strings.Cut(te.Field, ".")
		p = problem.Invalid(name, name+": got "+shown(args[name])+", which is too large or of another kind than expected.").Wrap(err)
	}
	return p.WithNext("Correct this and call again; nothing was done.")
}
