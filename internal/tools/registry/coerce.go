package registry

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"github.com/invopop/jsonschema"
)

// numberPattern is a JSON number that may also start with zeros, as phone pads and spreadsheets write it.
var numberPattern = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// coerce takes a value as its schema wants it where only one meaning is possible, because models mix up
// "42" and 42, "a" and ["a"]. What it cannot take it leaves to validation. A text is returned only where
// a value is ambiguous in itself.
func coerce(name string, v any, s *jsonschema.Schema) (any, string) {
	if s == nil {
		return v, ""
	}
	switch s.Type {
	case "integer":
		return toInteger(v), ""
	case "number":
		return toNumber(v), ""
	case "string":
		if n, ok := v.(json.Number); ok {
			return n.String(), ""
		}
	case "boolean":
		return toBoolean(v), ""
	case "array":
		return toList(name, v, s)
	case "object":
		return toObject(name, v)
	}
	return v, ""
}

// toInteger accepts 42, 42.0, 4.2e1 and "42". Integers stay exact: nothing passes through a float.
func toInteger(v any) any {
	n, ok := numeric(v)
	if !ok {
		return v
	}
	r, ok := new(big.Rat).SetString(n)
	if !ok || !r.IsInt() {
		return v
	}
	return json.Number(r.Num().String())
}

func toNumber(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	n, ok := numeric(s)
	if !ok {
		return v
	}
	return json.Number(withoutZeros(n))
}

// withoutZeros makes 007.5 a JSON number.
func withoutZeros(n string) string {
	sign, digits := "", n
	if rest, negative := strings.CutPrefix(n, "-"); negative {
		sign, digits = "-", rest
	}
	for len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		digits = digits[1:]
	}
	return sign + digits
}

// numeric is the text of a number, given as number or as string.
func numeric(v any) (string, bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true
	case string:
		s := strings.TrimPrefix(strings.TrimSpace(v), "+")
		if tooBig(s) || !numberPattern.MatchString(s) {
			return "", false
		}
		return s, true
	default:
		return "", false
	}
}

func toBoolean(v any) any {
	if s, ok := v.(string); ok {
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "true":
			return true
		case "false":
			return false
		}
	}
	return v
}

// toList accepts a list, a list written as JSON in a string, and a bare value as the list of that value.
func toList(name string, v any, s *jsonschema.Schema) (any, string) {
	list, ok := v.([]any)
	if !ok {
		list, ok = listInString(v)
	}
	if !ok {
		list = []any{v}
	}
	out := make([]any, len(list))
	for i, item := range list {
		c, text := coerce(name, item, s.Items)
		if text != "" {
			return nil, text
		}
		out[i] = c
	}
	return out, ""
}

func listInString(v any) ([]any, bool) {
	s, ok := v.(string)
	if !ok || !strings.HasPrefix(strings.TrimSpace(s), "[") {
		return nil, false
	}
	// The wrapper lets one strict parser serve objects and lists.
	m, err := parseObject([]byte(`{"list":` + s + `}`))
	if err != nil || len(m) != 1 {
		return nil, false
	}
	list, ok := m["list"].([]any)
	return list, ok
}

// toObject accepts an object, an object written as JSON in a string, and a list of {name, value}.
func toObject(name string, v any) (any, string) {
	if s, ok := v.(string); ok {
		if list, ok := listInString(s); ok {
			v = list
		} else if strings.HasPrefix(strings.TrimSpace(s), "{") {
			m, err := parseObject([]byte(s))
			if err != nil {
				return nil, name + ": got a string that is no JSON object: " + err.Error() + "."
			}
			return m, ""
		}
	}
	if list, ok := v.([]any); ok {
		return pairs(name, list)
	}
	return v, ""
}

func pairs(name string, list []any) (any, string) {
	out := make(map[string]any, len(list))
	for _, item := range list {
		m, _ := item.(map[string]any)
		key, isText := m["name"].(string)
		value, has := m["value"]
		if !isText || !has || len(m) != 2 {
			return nil, name + `: got a list with ` + shown(item) + `, expected an object such as {"Budget": 500} or a list of {"name": "Budget", "value": 500}.`
		}
		if _, twice := out[key]; twice {
			return nil, name + ": " + quoted(key) + " is given twice: give each name once."
		}
		out[key] = value
	}
	return out, ""
}
