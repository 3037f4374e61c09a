package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// object is a decoded JSON object. Whole numbers are int64, others float64.
type object map[string]any

// has tells whether the key was sent, null included.
func (o object) has(key string) bool { _, ok := o[key]; return ok }

// null tells whether the key was sent as null.
func (o object) null(key string) bool { v, ok := o[key]; return ok && v == nil }

func (o object) int(key string) (int64, bool) { v, ok := o[key].(int64); return v, ok }

func (o object) str(key string) (string, bool) { v, ok := o[key].(string); return v, ok }

func (o object) bool(key string) (value, ok bool) { v, ok := o[key].(bool); return v, ok }

func (o object) obj(key string) object { v, _ := o[key].(object); return v }

func (o object) list(key string) []any { v, _ := o[key].([]any); return v }

// objects is list with what is no object left out.
func (o object) objects(key string) []object {
	var out []object
	for _, v := range o.list(key) {
		if m, ok := v.(object); ok {
			out = append(out, m)
		}
	}
	return out
}

// number is an int64 or float64 value as float64.
func (o object) number(key string) (float64, bool) {
	switch v := o[key].(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

var errTrailing = errors.New("data after the JSON value")

// decodeJSON decodes one JSON value into object, []any, string, int64, float64,
// bool or nil.
func decodeJSON(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return plain(v), nil
}

func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := make(object, len(v))
		for k, e := range v {
			o[k] = plain(e)
		}
		return o
	case []any:
		for i, e := range v {
			v[i] = plain(e)
		}
		return v
	case json.Number:
		if i, err := v.Int64(); err == nil && !strings.ContainsAny(v.String(), ".eE") {
			return i
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	}
	return v
}
