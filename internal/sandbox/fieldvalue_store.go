package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// storeValues is what an entity keeps of checked elements; elements without a value
// are left out, so that [{"value":null}] clears, as it does for files.
func (a *account) storeValues(f *customField, values []object) []object {
	var out []object
	for _, v := range values {
		if s := a.storeValue(f, v); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// storeValue keeps the enum's id of a choice (its text follows the definition),
// numbers as text, dates as unix seconds.
func (a *account) storeValue(f *customField, v object) object {
	if f.Type == "chained_list" {
		return object{"catalog_id": v["catalog_id"], "catalog_element_id": v["catalog_element_id"]}
	}
	if chosen(f.Type) {
		return a.storeChoice(f, v)
	}
	raw := v["value"]
	if raw == nil || raw == "" {
		return nil
	}
	switch f.Type {
	case "numeric", "price", "monetary":
		return object{"value": textOf(raw)}
	case "checkbox":
		return object{"value": raw == true || raw == int64(1)}
	case "date", "birthday", "date_time":
		at, _ := unixOf(raw)
		return object{"value": at}
	}
	if inner, isObject := raw.(object); isObject {
		kept := object{}
		for k, e := range inner {
			if e != nil {
				kept[k] = e
			}
		}
		return object{"value": kept}
	}
	return object{"value": textOf(raw)}
}

func (a *account) storeChoice(f *customField, v object) object {
	text := textOf(v["value"])
	free := f.Type == "multitext" || f.Type == "smart_address"
	if free && text == "" || !free && v["value"] == nil && v["enum_id"] == nil && v["enum_code"] == nil {
		return nil
	}
	id, wrong := a.choice(f, v)
	if wrong != "" {
		return nil
	}
	if free {
		return object{"value": text, "enum_id": id}
	}
	return object{"enum_id": id}
}

// showValue is the element as it reads; nil when its enum was deleted.
func (a *account) showValue(f *customField, v object) object {
	if chosen(f.Type) {
		id, _ := v.int("enum_id")
		i := slices.IndexFunc(f.choices(), func(e fieldEnum) bool { return e.ID == id })
		if i < 0 {
			return nil
		}
		e := f.choices()[i]
		switch f.Type {
		case "category":
			return object{"value": e.Value, "enum_id": e.ID}
		case "multitext", "smart_address":
			return object{"value": v["value"], "enum_id": e.ID, "enum_code": e.Value}
		}
		return object{"value": e.Value, "enum_id": e.ID, "enum_code": e.Code}
	}
	if inner, isObject := v["value"].(object); isObject {
		return object{"value": a.showObject(f.Type, inner)}
	}
	return v
}

// valueText is the element as one line of text, for search and events.
func (a *account) valueText(f *customField, v object) string {
	shown := a.showValue(f, v)
	if shown == nil {
		return ""
	}
	if inner, isObject := shown["value"].(object); isObject {
		for _, k := range []string{"name", "file_name", "description", "sku"} {
			if s := textOf(inner[k]); s != "" {
				return s
			}
		}
		return ""
	}
	return textOf(shown["value"])
}

// textOf writes a scalar as text; null is "".
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// matchFieldValues tells whether the values satisfy every
// filter[custom_fields_values][…] of the query. Fields of types that cannot be
// filtered are ignored, as unknown filters are.
func (a *account) matchFieldValues(q query, entity string, values []fieldValue) bool {
	seen := map[string]bool{}
	for _, p := range q {
		if len(p.path) < 3 || p.path[0] != "filter" || p.path[1] != "custom_fields_values" || seen[p.path[2]] {
			continue
		}
		seen[p.path[2]] = true
		id, err := strconv.ParseInt(p.path[2], 10, 64)
		f := a.fieldOf(entity, id)
		if err != nil || f == nil {
			continue
		}
		if !matchField(q, f, valuesOf(values, f.ID)) {
			return false
		}
	}
	return true
}

func matchField(q query, f *customField, values []object) bool {
	at := []string{"filter", "custom_fields_values", strconv.FormatInt(f.ID, 10)}
	ranged, isSpan := q.span(at...)
	asked := q.values(at...)
	some := func(match func(object) bool) bool { return slices.ContainsFunc(values, match) }
	switch f.Type {
	case "date", "birthday", "date_time", "numeric", "price", "monetary":
		if isSpan {
			return some(func(v object) bool {
				n, err := strconv.ParseFloat(textOf(v["value"]), 64)
				return err == nil && ranged.contains(n)
			})
		}
		return len(asked) == 0 || some(func(v object) bool { return slices.Contains(asked, textOf(v["value"])) })
	case "select", "multiselect", "radiobutton", "category":
		return some(func(v object) bool { return slices.Contains(asked, textOf(v["enum_id"])) })
	case "checkbox":
		on := some(func(v object) bool { return v["value"] == true })
		return slices.ContainsFunc(asked, func(s string) bool { return (s == "1" || s == "true") == on })
	case "text", "url", "textarea", "streetaddress":
		return some(func(v object) bool {
			return slices.ContainsFunc(asked, func(s string) bool { return strings.EqualFold(s, textOf(v["value"])) })
		})
	}
	return true
}

// fieldValueFilters are the audit names of those filters.
func fieldValueFilters() []string {
	return []string{"filter[custom_fields_values]", "filter[custom_fields_values][from]", "filter[custom_fields_values][to]"}
}
