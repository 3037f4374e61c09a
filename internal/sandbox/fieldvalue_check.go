package sandbox

import (
	"slices"
	"strconv"
	"time"
)

// checkElements checks the elements of one field's values.
func (c *call) checkElements(f *customField, values []any, path string, p *problems) {
	switch {
	case len(values) > 1 && !slices.Contains([]string{"multiselect", "multitext", "smart_address", "items", "chained_list", "linked_entity", "file", "legal_entity", "category", "payer"}, f.Type),
		f.Type == "chained_list" && len(values) > 5:
		p.add(path, codeTooMany)
		return
	}
	for i, e := range values {
		at := join(path, strconv.Itoa(i))
		v, isObject := e.(object)
		if !isObject {
			p.add(at, codeInvalidType)
			continue
		}
		valueSchema(c.a, f).validate(c, v, at, p)
		if chosen(f.Type) {
			c.checkChoice(f, v, at, p)
		}
	}
}

// chosen tells whether the element names one of the field's enums.
func chosen(typ string) bool {
	return hasChoices(typ) || slices.Contains([]string{"category", "multitext", "smart_address"}, typ)
}

// unexpected is a key that may be sent as null only, as the PHP client does.
func unexpected(name string) field {
	return field{name: name, check: func(*call, any) string { return codeNotExpected }}
}

// valueSchema is one element of values (Kommo API facts: custom fields, table of
// types).
func valueSchema(a *account, f *customField) schema {
	plain := schema{unexpected("enum_id"), unexpected("enum_code")}
	value := func(k kind, check func(*call, any) string) schema {
		return append(plain, field{name: "value", kind: k, check: check})
	}
	switch f.Type {
	case "numeric", "price", "monetary":
		return value(scalarKind, numberText)
	case "checkbox":
		return value(anyKind, truth)
	case "date", "birthday", "date_time":
		return value(scalarKind, moment)
	case "select", "radiobutton", "category":
		return schema{{name: "value", kind: scalarKind}, {name: "enum_id", kind: intKind}, {name: "enum_code", kind: stringKind}}
	case "multiselect":
		return schema{{name: "value", kind: scalarKind}, {name: "enum_id", kind: intKind}, unexpected("enum_code")}
	case "multitext", "smart_address":
		return schema{{name: "value", kind: scalarKind}, {name: "enum_id", kind: intKind}, {name: "enum_code", kind: stringKind}}
	case "chained_list":
		return schema{
			{name: "catalog_id", kind: intKind, required: true},
			{name: "catalog_element_id", kind: intKind, required: true},
		}
	}
	if fields := objectValueSchema(a, f.Type); fields != nil {
		return append(plain, field{name: "value", kind: objectKind, fields: fields})
	}
	return value(scalarKind, nil)
}

func numberText(_ *call, v any) string {
	s, isText := v.(string)
	if _, err := strconv.ParseFloat(s, 64); isText && s != "" && err != nil {
		return codeInvalidType
	}
	return ""
}

func truth(_ *call, v any) string {
	switch v {
	case true, false, int64(0), int64(1):
		return ""
	}
	return codeInvalidType
}

func moment(_ *call, v any) string {
	if _, isMoment := unixOf(v); isMoment || v == "" {
		return ""
	}
	return codeInvalidType
}

// unixOf reads a date as unix seconds or RFC 3339.
func unixOf(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.Unix(), true
		}
		at, err := strconv.ParseInt(v, 10, 64)
		return at, err == nil
	}
	return 0, false
}

// checkChoice reports the one key that names no enum of the field. enum_id counts
// before enum_code, enum_code before value; phones and addresses name only their
// kind.
func (c *call) checkChoice(f *customField, v object, path string, p *problems) {
	free := f.Type == "multitext" || f.Type == "smart_address"
	if free && !v.has("value") {
		p.add(join(path, "value"), codeMissing)
	}
	if v["value"] == nil && v["enum_id"] == nil && v["enum_code"] == nil {
		if !v.has("value") && !free {
			p.add(join(path, "value"), codeMissing)
		}
		return
	}
	if _, wrong := c.a.choice(f, v); wrong != "" {
		p.add(join(path, wrong), codeNotSupported)
	}
}

// choice is the enum that an element names; wrong is the key that names none.
func (a *account) choice(f *customField, v object) (id int64, wrong string) {
	enums := f.choices()
	if id, sent := v.int("enum_id"); sent {
		if !slices.ContainsFunc(enums, func(e fieldEnum) bool { return e.ID == id }) {
			return 0, "enum_id"
		}
		return id, ""
	}
	free := f.Type == "multitext" || f.Type == "smart_address"
	if code, sent := v.str("enum_code"); sent {
		for _, e := range enums {
			if e.Code != nil && *e.Code == code || free && e.Value == code {
				return e.ID, ""
			}
		}
		return 0, "enum_code"
	}
	if f.Type == "smart_address" {
		return 0, "enum_code"
	}
	text := textOf(v["value"])
	for _, e := range enums {
		// A phone without a kind is a work phone.
		if free || e.Value == text {
			return e.ID, ""
		}
	}
	return 0, "value"
}

// choices are the field's enums, those of a category's tree included.
func (f *customField) choices() []fieldEnum {
	out := f.Enums
	for _, n := range f.Nested {
		out = append(slices.Clip(out), fieldEnum{ID: n.ID, Value: n.Value})
	}
	return out
}
