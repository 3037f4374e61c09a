package registry

import "github.com/invopop/jsonschema"

// jsonMedia marks the schema of a JSONText until it is published: hosts need not understand the keyword.
const jsonMedia = "application/json"

// JSONText is an argument that holds JSON of any shape. Its schema is a string, since every host's dialect
// wants one type; the object or list itself, which models like to send, is taken as its text.
type JSONText string

// JSONSchema is the type's schema.
func (JSONText) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", ContentMediaType: jsonMedia}
}

// toJSONText writes an object or list as JSON; numbers keep their digits.
func toJSONText(v any) any {
	if !composite(v) {
		return v
	}
	raw, err := encode(v)
	if err != nil { // it was JSON a moment ago
		return v
	}
	return string(raw)
}
