package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas is what is reflected from a tool's input and output structs: what tools/list shows, and what a call
// needs. The validators are compiled when first asked for, which takes far longer than all the rest.
type schemas struct {
	input, output           json.RawMessage
	args                    *arguments
	inputValid, outputValid validate
	err                     error // what is wrong with the structs
}

// validate compiles a schema, once for all who ask.
type validate func() (*validator.Schema, error)

// arguments is a tool's input schema in the forms that decoding and messages need.
type arguments struct {
	names    []string // in the order of the struct
	props    map[string]*jsonschema.Schema
	examples map[string]any  // example or default or first enum value, by argument
	json     map[string]bool // arguments of the type JSONText
}

func reflectSchemas[In, Out any]() (s schemas) {
	if s.args, s.input, s.err = reflectArguments[In](); s.err != nil {
		return s
	}
	if s.output, s.err = reflectAnswer[Out](); s.err != nil {
		return s
	}
	s.inputValid = sync.OnceValues(func() (*validator.Schema, error) { return compile("input", s.input) })
	s.outputValid = sync.OnceValues(func() (*validator.Schema, error) { return compile("output", s.output) })
	return s
}

// validator is the compiled input schema.
func (s schemas) validator() (*validator.Schema, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.inputValid()
}

// reflector gives flat schemas: root type object, no $ref, no $id, properties in the struct's order.
func reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{Anonymous: true, DoNotReference: true, ExpandedStruct: true}
}

func reflectArguments[In any]() (*arguments, json.RawMessage, error) {
	s := reflector().Reflect(new(In))
	s.Version = ""
	if s.Type != "object" || s.Properties == nil {
		return nil, nil, fmt.Errorf("the input must be a struct, not %T", *new(In))
	}
	a := &arguments{props: map[string]*jsonschema.Schema{}, examples: map[string]any{}, json: map[string]bool{}}
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		a.names = append(a.names, p.Key)
		a.props[p.Key] = p.Value
		a.examples[p.Key] = exampleOf(p.Value)
		a.json[p.Key] = p.Value.ContentMediaType == jsonMedia
	}
	// Examples stay with us for the error messages: the dialects of some hosts refuse the keyword.
	walkSchema(s, func(n *jsonschema.Schema) { n.ID, n.Examples, n.ContentMediaType = "", nil, "" })
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, nil, fmt.Errorf("input schema: %w", err)
	}
	return a, raw, nil
}

// reflectAnswer makes the output schema: nothing is required and nothing is closed, because an error, a
// cut answer and the data notice must validate against it too.
func reflectAnswer[Out any]() (json.RawMessage, error) {
	s := reflector().Reflect(new(Out))
	s.Version = ""
	if s.Type != "object" {
		return nil, fmt.Errorf("the output must be a struct, not %T", *new(Out))
	}
	walkSchema(s, func(n *jsonschema.Schema) {
		n.ID, n.Examples, n.Required = "", nil, nil
		if n.Properties != nil {
			n.AdditionalProperties = nil
		}
	})
	if s.Properties == nil {
		s.Properties = jsonschema.NewProperties()
	}
	if _, taken := s.Properties.Get("error"); taken {
		return nil, errors.New("the output may not have a key \"error\": errors use it")
	}
	s.Properties.Set("error", errorSchema())
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("output schema: %w", err)
	}
	return raw, nil
}

func errorSchema() *jsonschema.Schema {
	props := jsonschema.NewProperties()
	props.Set("code", &jsonschema.Schema{Type: "string"})
	props.Set("message", &jsonschema.Schema{Type: "string"})
	return &jsonschema.Schema{Type: "object", Properties: props}
}

// walkSchema visits a schema and all below it.
func walkSchema(s *jsonschema.Schema, visit func(*jsonschema.Schema)) {
	if s == nil || s == jsonschema.TrueSchema || s == jsonschema.FalseSchema {
		return
	}
	visit(s)
	walkSchema(s.Items, visit)
	walkSchema(s.AdditionalProperties, visit)
	if s.Properties == nil {
		return
	}
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		walkSchema(p.Value, visit)
	}
}

func compile(kind string, raw []byte) (*validator.Schema, error) {
	doc, err := validator.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: bad schema: %w", kind, err)
	}
	c := validator.NewCompiler()
	c.AssertFormat()
	url := "mem:///" + kind
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("%s: bad schema: %w", kind, err)
	}
	s, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("%s: bad schema: %w", kind, err)
	}
	return s, nil
}

// exampleOf finds a value that the schema accepts: the example tag, else default, first enum value or limit.
func exampleOf(s *jsonschema.Schema) any {
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type == "array" && s.Items != nil:
		return []any{exampleOf(s.Items)}
	case s.Type == "integer" || s.Type == "number":
		if s.Minimum != "" && s.Minimum != "0" {
			return s.Minimum
		}
		return json.Number("1")
	case s.Type == "boolean":
		return true
	case s.Type == "object":
		return map[string]any{"Name": "value"}
	case s.Format == "date-time":
		return "2026-03-31T15:04:05Z"
	case s.Format == "date":
		return "2026-03-31"
	default:
		return "text"
	}
}
