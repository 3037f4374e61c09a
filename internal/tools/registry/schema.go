package registry

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// arguments is a tool's input schema in the forms that decoding and messages need.
type arguments struct {
	names    []string // in the order of the struct
	props    map[string]*jsonschema.Schema
	examples map[string]any  // example or default or first enum value, by argument
	json     map[string]bool // arguments of the type JSONText
	valid    *validator.Schema
}

// answerSchema validates structuredContent.
type answerSchema struct{ valid *validator.Schema }

// reflector gives flat schemas: root type object, no $ref, no $id, properties in the struct's order.
func reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{Anonymous: true, DoNotReference: true, ExpandedStruct: true}
}

func reflectArguments[In any](name string) (*arguments, json.RawMessage, error) {
	s := reflector().Reflect(new(In))
	s.Version = ""
	if s.Type != "object" || s.Properties == nil {
		return nil, nil, fmt.Errorf("%s: the input must be a struct, not %T", name, *new(In))
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
		return nil, nil, fmt.Errorf("%s: input schema: %w", name, err)
	}
	if a.valid, err = compile(name+"/input", raw); err != nil {
		return nil, nil, err
	}
	return a, raw, nil
}

// reflectAnswer makes the output schema: nothing is required and nothing is closed, because an error, a
// cut answer and the data notice must validate against it too.
func reflectAnswer[Out any](name string) (*answerSchema, json.RawMessage, error) {
	s := reflector().Reflect(new(Out))
	s.Version = ""
	if s.Type != "object" {
		return nil, nil, fmt.Errorf("%s: the output must be a struct, not %T", name, *new(Out))
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
		return nil, nil, fmt.Errorf("%s: the output may not have a key \"error\": errors use it", name)
	}
	s.Properties.Set("error", errorSchema())
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: output schema: %w", name, err)
	}
	valid, err := compile(name+"/output", raw)
	if err != nil {
		return nil, nil, err
	}
	return &answerSchema{valid: valid}, raw, nil
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

func compile(name string, raw []byte) (*validator.Schema, error) {
	doc, err := validator.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: bad schema: %w", name, err)
	}
	c := validator.NewCompiler()
	c.AssertFormat()
	url := "mem:///" + name
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("%s: bad schema: %w", name, err)
	}
	s, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("%s: bad schema: %w", name, err)
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
