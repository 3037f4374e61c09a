package sandbox

import (
	"encoding/json"
	"strconv"
)

// fieldValue is what an entity holds of one custom field. The elements are in the
// form that storeValue makes, not as they were sent.
type fieldValue struct {
	FieldID int64
	Values  []object
}

// customFieldValues is the write field every entity takes. [] is TooFew; null
// leaves the values alone. checkFieldValues looks inside.
func customFieldValues(_ string) field {
	return field{name: "custom_fields_values", kind: listKind, min: 1}
}

// containerSchema is one element of custom_fields_values. The name and type that
// reads add are tolerated, for clients write back what they read.
func containerSchema() schema {
	return schema{
		{name: "field_id", kind: intKind},
		{name: "field_code", kind: stringKind},
		{name: "field_name", kind: stringKind},
		{name: "field_type", kind: stringKind},
		{name: "is_computed", kind: boolKind},
		{name: "values", kind: listKind, min: 1},
	}
}

// checkFieldValues adds the errors of o's custom_fields_values below path ("" for
// the item itself). It changes nothing.
func (c *call) checkFieldValues(entity string, o object, path string, p *problems) {
	for i, e := range o.list("custom_fields_values") {
		at := join(join(path, "custom_fields_values"), strconv.Itoa(i))
		v, isObject := e.(object)
		if !isObject {
			p.add(at, codeInvalidType)
			continue
		}
		containerSchema().validate(c, v, at, p)
		if !v.has("values") {
			p.add(join(at, "values"), codeMissing)
		}
		f, wrong, code := c.a.fieldNamed(entity, v)
		if f == nil {
			p.add(join(at, wrong), code)
			continue
		}
		c.checkElements(f, v.list("values"), join(at, "values"), p)
	}
}

// fieldNamed finds the field of a container by field_id, else by field_code; when
// there is none it tells which key is wrong and why.
func (a *account) fieldNamed(entity string, v object) (f *customField, wrong, code string) {
	if id, sent := v.int("field_id"); sent {
		return a.fieldOf(entity, id), "field_id", codeNotSupported
	}
	if name, sent := v.str("field_code"); sent {
		return a.fieldByCode(entity, name), "field_code", codeNotSupported
	}
	return nil, "field_id", codeMissing
}

// applyFieldValues returns the entity's values after the write: only listed fields
// change, a listed field's values are replaced, null clears. It logs an event for
// each change. o has been checked.
func (c *call) applyFieldValues(entity string, id int64, had []fieldValue, o object) []fieldValue {
	now := had
	for _, v := range o.objects("custom_fields_values") {
		f, _, _ := c.a.fieldNamed(entity, v)
		if f == nil {
			continue
		}
		before := valuesOf(now, f.ID)
		after := c.a.storeValues(f, v.objects("values"))
		now = withValues(now, f.ID, after)
		if !sameJSON(before, after) {
			c.logFieldChange(entity, id, f, before, after)
		}
	}
	return now
}

func valuesOf(values []fieldValue, fieldID int64) []object {
	for _, v := range values {
		if v.FieldID == fieldID {
			return v.Values
		}
	}
	return nil
}

// withValues returns a copy with the field's values replaced in place, appended, or
// taken out when there are none.
func withValues(values []fieldValue, fieldID int64, to []object) []fieldValue {
	var out []fieldValue
	found := false
	for _, v := range values {
		if v.FieldID != fieldID {
			out = append(out, v)
			continue
		}
		found = true
		if len(to) > 0 {
			out = append(out, fieldValue{fieldID, to})
		}
	}
	if !found && len(to) > 0 {
		out = append(out, fieldValue{fieldID, to})
	}
	return out
}

func sameJSON(x, y []object) bool {
	a, errA := json.Marshal(x)
	b, errB := json.Marshal(y)
	return errA == nil && errB == nil && (string(a) == string(b) || len(x)+len(y) == 0)
}

// logFieldChange logs custom_field_{id}_value_changed (Kommo API facts: events).
func (c *call) logFieldChange(entity string, id int64, f *customField, before, after []object) {
	side := func(values []object) []any {
		var out []any
		for _, v := range values {
			var enum any
			if e, has := v.int("enum_id"); has {
				enum = e
			}
			out = append(out, object{"custom_field_value": object{
				"field_id": f.ID, "field_type": fieldTypeNumber(f.Type), "enum_id": enum, "text": c.a.valueText(f, v),
			}})
		}
		return out
	}
	c.log("custom_field_"+strconv.FormatInt(f.ID, 10)+"_value_changed", entity, id, side(before), side(after))
}

// fieldTypeNumber is the number of a type in events; the order is the one in which
// the types came to the product.
func fieldTypeNumber(typ string) int {
	for i, t := range []string{
		"text", "numeric", "checkbox", "select", "multiselect", "date", "url", "multitext", "textarea", "radiobutton", "streetaddress",
		"", "smart_address", "birthday", "legal_entity", "items", "org_legal_name", "category", "date_time", "price", "tracking_data",
		"linked_entity", "chained_list", "monetary", "file", "payer", "supplier",
	} {
		if t == typ {
			return i + 1
		}
	}
	return 0
}

type fieldValueView struct {
	FieldID   int64    `json:"field_id"`
	FieldName string   `json:"field_name"`
	FieldCode *string  `json:"field_code"`
	FieldType string   `json:"field_type"`
	Values    []object `json:"values"`
}

// fieldValuesView is custom_fields_values as it is read: nil (null) when empty.
func (a *account) fieldValuesView(_ string, values []fieldValue) any {
	var out []fieldValueView
	for _, v := range values {
		f := customFields(a).get(v.FieldID)
		if f == nil {
			continue
		}
		row := fieldValueView{FieldID: f.ID, FieldName: f.Name, FieldCode: f.Code, FieldType: f.Type}
		for _, e := range v.Values {
			if shown := a.showValue(f, e); shown != nil {
				row.Values = append(row.Values, shown)
			}
		}
		if row.Values != nil {
			out = append(out, row)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// fieldValuesText lists the texts that query searches.
func (a *account) fieldValuesText(values []fieldValue) []string {
	var out []string
	for _, v := range values {
		f := customFields(a).get(v.FieldID)
		if f == nil || f.Type == "checkbox" {
			continue
		}
		for _, e := range v.Values {
			out = append(out, a.valueText(f, e))
		}
	}
	return out
}
