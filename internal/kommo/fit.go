package kommo

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// unmarshal is json.Unmarshal for Kommo's answers. PHP is loose with types: now
// and then an id comes as text, a flag as 1, a list with gaps as an object, an
// empty object as a list. One such value must not cost the whole answer, so
// data that does not fit into the wanted type is made to fit and read again.
// The tidy answer, nearly every one, pays nothing for it.
func unmarshal(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	_, misfit := errors.AsType[*json.UnmarshalTypeError](err)
	target := reflect.ValueOf(into)
	if !misfit || target.Kind() != reflect.Pointer || target.IsNil() {
		return err
	}
	if whole := string(bytes.TrimSpace(raw)); whole == "[]" || whole == "{}" {
		return err // as a whole answer that is none; inside one it is no more than an odd spelling
	}
	fitted := fit(raw, target.Type().Elem())
	target.Elem().SetZero() // the first reading left what did fit
	return json.Unmarshal(fitted, into)
}

var jsonNull = json.RawMessage("null")

// fit rewrites the values in raw that a wanted type does not take but that can
// only mean one thing. The rest stays as it is, to fail. Types that read
// themselves know their own forms.
func fit(raw json.RawMessage, want reflect.Type) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || reflect.PointerTo(want).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return raw
	}
	switch want.Kind() {
	case reflect.Pointer:
		return fit(raw, want.Elem())
	case reflect.Struct, reflect.Map:
		return fitObject(raw, want)
	case reflect.Slice:
		return fitList(raw, want.Elem())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return fitWhole(raw)
	case reflect.Float64:
		return fitNumber(raw)
	case reflect.String:
		return fitText(raw)
	case reflect.Bool:
		return fitFlag(raw)
	default:
		return raw
	}
}

func fitObject(raw json.RawMessage, want reflect.Type) json.RawMessage {
	if isNothing(raw) || string(raw) == "[]" {
		return jsonNull
	}
	members := decodeAs[map[string]json.RawMessage](raw)
	if members == nil {
		return raw
	}
	if want.Kind() == reflect.Map {
		for name := range members {
			members[name] = fit(members[name], want.Elem())
		}
	} else {
		fitMembers(members, want)
	}
	return rewritten(members, raw)
}

func fitMembers(members map[string]json.RawMessage, want reflect.Type) {
	for _, field := range reflect.VisibleFields(want) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if value, given := members[name]; given && name != "" {
			members[name] = fit(value, field.Type)
		}
	}
}

// fitList also reads the object that PHP writes for a list with gaps:
// {"0":…,"2":…}.
func fitList(raw json.RawMessage, want reflect.Type) json.RawMessage {
	if isNothing(raw) || string(raw) == "{}" {
		return jsonNull
	}
	items := decodeAs[[]json.RawMessage](raw)
	if items == nil {
		items = numbered(decodeAs[map[string]json.RawMessage](raw))
	}
	if items == nil {
		return raw
	}
	for i := range items {
		items[i] = fit(items[i], want)
	}
	return rewritten(items, raw)
}

// numbered are the members of an object whose names are all numbers, in order;
// nil for any other.
func numbered(members map[string]json.RawMessage) []json.RawMessage {
	at := map[int]json.RawMessage{}
	for name, value := range members {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil
		}
		at[n] = value
	}
	var out []json.RawMessage
	for _, n := range slices.Sorted(maps.Keys(at)) {
		out = append(out, at[n])
	}
	return out
}

func fitWhole(raw json.RawMessage) json.RawMessage {
	if isNothing(raw) {
		return jsonNull
	}
	text := bare(raw)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.AppendInt(nil, n, 10)
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return strconv.AppendInt(nil, int64(f), 10)
	}
	return raw
}

func fitNumber(raw json.RawMessage) json.RawMessage {
	if isNothing(raw) {
		return jsonNull
	}
	if text := bare(raw); isDecimal(text) {
		return json.RawMessage(text)
	}
	return raw
}

func fitText(raw json.RawMessage) json.RawMessage {
	switch {
	case raw[0] == '"':
		return raw
	case isNothing(raw):
		return jsonNull
	case raw[0] == '{' || raw[0] == '[':
		return raw
	}
	return json.RawMessage(strconv.Quote(string(raw))) // a number or true: plain ASCII
}

func fitFlag(raw json.RawMessage) json.RawMessage {
	if isNothing(raw) {
		return jsonNull
	}
	if flag, err := strconv.ParseBool(bare(raw)); err == nil {
		return strconv.AppendBool(nil, flag)
	}
	return raw
}

// isNothing reports whether PHP means none by it.
func isNothing(raw json.RawMessage) bool {
	switch string(raw) {
	case "null", "false", `""`:
		return true
	}
	return false
}

// bare is a number with or without quotes.
func bare(raw json.RawMessage) string { return strings.TrimSpace(string(bytes.Trim(raw, `"`))) }

// rewritten is v as JSON, or else raw.
func rewritten(v any, raw json.RawMessage) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}
