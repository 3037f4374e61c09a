package kommo

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// FieldType is the type of a custom field (Kommo API facts: custom fields).
type FieldType string

// All types. Text types hold a string; the rest as their comments say.
const (
	FieldText         FieldType = "text"
	FieldTextarea     FieldType = "textarea"
	FieldStreet       FieldType = "streetaddress"
	FieldTracking     FieldType = "tracking_data"
	FieldURL          FieldType = "url"
	FieldOrgName      FieldType = "org_legal_name" // text, read-only
	FieldNumeric      FieldType = "numeric"        // number, read as text
	FieldPrice        FieldType = "price"          // likewise
	FieldMonetary     FieldType = "monetary"       // likewise; the currency is on the definition
	FieldCheckbox     FieldType = "checkbox"       // bool
	FieldDate         FieldType = "date"           // Unix seconds, written as RFC 3339 too
	FieldBirthday     FieldType = "birthday"       // likewise
	FieldDateTime     FieldType = "date_time"      // likewise
	FieldSelect       FieldType = "select"         // option
	FieldRadio        FieldType = "radiobutton"    // option
	FieldMultiselect  FieldType = "multiselect"    // options, written by id or label, never by code
	FieldCategory     FieldType = "category"       // option among nested
	FieldMultitext    FieldType = "multitext"      // text with a kind: phones, e-mails
	FieldSmartAddress FieldType = "smart_address"  // one text a part
	FieldLegalEntity  FieldType = "legal_entity"   // object
	FieldItems        FieldType = "items"          // objects
	FieldLinkedEntity FieldType = "linked_entity"  // object
	FieldChainedList  FieldType = "chained_list"   // catalog element, without a value key
	FieldFile         FieldType = "file"           // object
	FieldPayer        FieldType = "payer"          // object
	FieldSupplier     FieldType = "supplier"       // object
)

// The codes of the predefined fields of contacts and companies.
const (
	CodePhone    = "PHONE"
	CodeEmail    = "EMAIL"
	CodePosition = "POSITION"
)

// FieldValue is what a card holds in one custom field.
type FieldValue struct {
	FieldID  int64     `json:"field_id"`
	Name     string    `json:"field_name"`
	Code     *string   `json:"field_code"`
	Type     FieldType `json:"field_type"`
	Computed bool      `json:"is_computed"`
	Values   []Value   `json:"values"`
}

// Is reports whether the field has the code.
func (f FieldValue) Is(code string) bool { return f.Code != nil && *f.Code == code }

// Texts are the values as text.
func (f FieldValue) Texts() []string {
	out := make([]string, 0, len(f.Values))
	for _, v := range f.Values {
		if text := v.Text(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// Value is one element of a field. Raw is what the value key held: text,
// number, bool or an object, as the type says; chained lists have none and
// name a catalog element instead.
type Value struct {
	Raw              json.RawMessage `json:"value"`
	EnumID           *int64          `json:"enum_id"`
	EnumCode         *string         `json:"enum_code"`
	LegacyEnum       string          `json:"enum"` // old answers name the kind of a phone so
	CatalogID        *int64          `json:"catalog_id"`
	CatalogElementID *int64          `json:"catalog_element_id"`
}

// Kind is the code of a phone or e-mail: WORK, MOB.
func (v Value) Kind() string {
	if v.EnumCode != nil {
		return *v.EnumCode
	}
	return v.LegacyEnum
}

// Text is a text as it is and a number or bool as JSON writes it; objects have
// none.
func (v Value) Text() string {
	var text string
	if json.Unmarshal(v.Raw, &text) == nil {
		return text
	}
	raw := strings.TrimSpace(string(v.Raw))
	if raw == "" || raw == "null" || raw[0] == '{' || raw[0] == '[' {
		return ""
	}
	return raw
}

// Number is a numeric, price or monetary value.
func (v Value) Number() (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(v.Text()), 64)
	return f, err == nil
}

// Bool is a checkbox; 1 and "1" occur too.
func (v Value) Bool() bool {
	text := v.Text()
	return text == "true" || text == "1"
}

// Time is a date, birthday or date_time: Unix seconds, or RFC 3339.
func (v Value) Time() (time.Time, bool) {
	text := v.Text()
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// Object decodes the value of a type that holds objects.
func (v Value) Object(into any) error { return unmarshal(v.Raw, into) }

// FieldValueWrite sets one custom field, named by id or code. It replaces all
// its values; nil Values clear it. (An empty list is refused by Kommo, and so
// never sent.)
type FieldValueWrite struct {
	FieldID   int64
	FieldCode string
	Values    []ValueWrite
}

// MarshalJSON writes values:null for a field to clear.
func (f FieldValueWrite) MarshalJSON() ([]byte, error) {
	if len(f.Values) == 0 {
		f.Values = nil
	}
	return json.Marshal(struct {
		FieldID   int64        `json:"field_id,omitzero"`
		FieldCode string       `json:"field_code,omitzero"`
		Values    []ValueWrite `json:"values"`
	}(f))
}

// ValueWrite is one element to write: a value, or an option by id or code, or
// a level of a chained list.
type ValueWrite struct {
	Value            any    `json:"value,omitempty"`
	EnumID           int64  `json:"enum_id,omitzero"`
	EnumCode         string `json:"enum_code,omitzero"`
	CatalogID        int64  `json:"catalog_id,omitzero"`
	CatalogElementID int64  `json:"catalog_element_id,omitzero"`
}

// Back turns a value that was read into the same value to write, so that a
// phone can be added without losing the others.
func (v Value) Back(t FieldType) ValueWrite {
	switch t {
	case FieldMultitext, FieldSmartAddress:
		return ValueWrite{Value: v.Text(), EnumID: idOf(v.EnumID), EnumCode: codeUnlessID(v)}
	case FieldSelect, FieldRadio, FieldMultiselect, FieldCategory:
		return ValueWrite{EnumID: idOf(v.EnumID)}
	case FieldChainedList:
		return ValueWrite{CatalogID: idOf(v.CatalogID), CatalogElementID: idOf(v.CatalogElementID)}
	default:
		return v.objectBack(t)
	}
}

// objectBack leaves out the keys of an object that Kommo only reads. All other
// values go back as they came, dates too: as seconds they need no time zone.
func (v Value) objectBack(t FieldType) ValueWrite {
	if typed, err := v.typedObject(t); err == nil {
		if w, err := typed.element(t); err == nil {
			return w
		}
	}
	return ValueWrite{Value: v.Raw}
}

func idOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

func codeUnlessID(v Value) string {
	if v.EnumID != nil {
		return ""
	}
	return v.Kind()
}
