package registry

import (
	"bytes"
	"errors"
	"fmt"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// Verify tells whether a result keeps the promises of answers: it matches the output schema, Text and
// Structured say the same, and nothing in it is null or empty except lists. It is meant for tests.
func (t Tool) Verify(r Result) error {
	doc, err := validator.UnmarshalJSON(bytes.NewReader(r.Structured))
	if err != nil {
		return fmt.Errorf("%s: structured content: %w", t.spec.Name, err)
	}
	valid, err := t.schemas().outputValid()
	if err != nil {
		return fmt.Errorf("%s: %w", t.spec.Name, err)
	}
	errs := []error{valid.Validate(doc)}
	if !r.IsError && r.Text != string(r.Structured) {
		errs = append(errs, errors.New("text and structured content differ"))
	}
	if n := size(r.Structured); n > t.maxChars() {
		errs = append(errs, fmt.Errorf("the answer has %d characters, at most %d are allowed", n, t.maxChars()))
	}
	if m, _ := doc.(map[string]any); r.IsError != (m["error"] != nil) {
		errs = append(errs, errors.New("the key error and the error mark do not agree"))
	}
	return errors.Join(append(errs, empties(doc, "")...)...)
}

// empties finds values that should have been left out.
func empties(v any, path string) (errs []error) {
	switch v := v.(type) {
	case nil:
		return []error{fmt.Errorf("%s is null", path)}
	case string:
		if v == "" {
			return []error{fmt.Errorf("%s is an empty text", path)}
		}
	case []any:
		for i, item := range v {
			errs = append(errs, empties(item, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case map[string]any:
		if len(v) == 0 && path != "" {
			return []error{fmt.Errorf("%s is an empty object", path)}
		}
		for k, item := range v {
			errs = append(errs, empties(item, join(path, k))...)
		}
	}
	return errs
}
