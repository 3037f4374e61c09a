package kommo

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// TypedValue is one value of a custom field as a Go value. Which one a field
// holds follows from its type:
//
//	Text          text, textarea, streetaddress, tracking_data, url, org_legal_name
//	Decimal       numeric, price, monetary
//	Check         checkbox
//	Moment        date, birthday, date_time
//	Choice        select, radiobutton, multiselect, category
//	Reach         multitext
//	AddressPart   smart_address
//	LegalEntity, Item, LinkedEntity, ChainStep, File, Payer, Supplier
//	              the types of the same names
type TypedValue interface {
	// suits reports whether a field of the type holds such values.
	suits(t FieldType) bool
	// element is how the value is written into a field of the type.
	element(t FieldType) (ValueWrite, error)
}

// Text is a text or an address of a web page.
type Text string

// Check is a checkbox.
type Check bool

// Moment is a date or a time. Kommo stores dates as midnight in the time zone
// of the account, which is therefore the zone to give.
type Moment struct{ time.Time }

// Choice is one option. It is written by the first of ID, Label and Code that
// is given; a multiselect does not take codes.
type Choice struct {
	ID    int64
	Label string
	Code  string
}

// Reach is a phone, an e-mail or a messenger name with its kind: WORK, MOB.
// Kind goes before EnumID; without both Kommo takes its default kind.
type Reach struct {
	Value  string
	Kind   string
	EnumID int64
}

// AddressPart is one part of an address: address_line_1, address_line_2, city,
// state, zip or country.
type AddressPart struct {
	Value string
	Part  string
}

// ChainStep is one level of a chained list, at most 5.
type ChainStep struct {
	CatalogID int64
	ElementID int64
}

// Typed are the values as Go values. It fails on a type or a form it does not
// know; Values hold everything all the same.
func (f FieldValue) Typed() ([]TypedValue, error) {
	out := make([]TypedValue, 0, len(f.Values))
	for _, v := range f.Values {
		typed, err := v.Typed(f.Type)
		if err != nil {
			return nil, fmt.Errorf("custom field %d: %w", f.FieldID, err)
		}
		out = append(out, typed)
	}
	return out, nil
}

// Typed is the value as a field of the type holds it.
func (v Value) Typed(t FieldType) (TypedValue, error) {
	switch t {
	case FieldText, FieldTextarea, FieldStreet, FieldTracking, FieldURL, FieldOrgName:
		return Text(v.Text()), nil
	case FieldNumeric, FieldPrice, FieldMonetary:
		return decimalOf(v.Text())
	case FieldCheckbox:
		return Check(v.Bool()), nil
	case FieldDate, FieldBirthday, FieldDateTime:
		at, ok := v.Time()
		if !ok {
			return nil, fmt.Errorf("a %s value is no time", t)
		}
		return Moment{at}, nil
	case FieldSelect, FieldRadio, FieldMultiselect, FieldCategory:
		return Choice{ID: idOf(v.EnumID), Label: v.Text(), Code: v.Kind()}, nil
	case FieldMultitext:
		return Reach{Value: v.Text(), Kind: v.Kind(), EnumID: idOf(v.EnumID)}, nil
	case FieldSmartAddress:
		return AddressPart{Value: v.Text(), Part: v.addressPart()}, nil
	case FieldChainedList:
		return ChainStep{CatalogID: idOf(v.CatalogID), ElementID: idOf(v.CatalogElementID)}, nil
	default:
		return v.typedObject(t)
	}
}

// typedObject decodes the types that hold objects.
func (v Value) typedObject(t FieldType) (TypedValue, error) {
	switch t {
	case FieldLegalEntity:
		return objectOf[LegalEntity](v, t)
	case FieldItems:
		return objectOf[Item](v, t)
	case FieldLinkedEntity:
		return objectOf[LinkedEntity](v, t)
	case FieldFile:
		return objectOf[File](v, t)
	case FieldPayer:
		return objectOf[Payer](v, t)
	case FieldSupplier:
		return objectOf[Supplier](v, t)
	default:
		return nil, fmt.Errorf("the type %q of custom fields is not known", t)
	}
}

func objectOf[T TypedValue](v Value, t FieldType) (TypedValue, error) {
	var out T
	if err := v.Object(&out); err != nil {
		return nil, fmt.Errorf("a %s value has an unexpected form: %w", t, err)
	}
	return out, nil
}

// addressParts are the parts in the order of their ids, which begin with 1.
const addressParts = "address_line_1 address_line_2 city state zip country"

// addressPart is the name of the part; some answers give its id alone.
func (v Value) addressPart() string {
	if kind := v.Kind(); kind != "" {
		return kind
	}
	parts := strings.Fields(addressParts)
	if id := idOf(v.EnumID); id >= 1 && id <= int64(len(parts)) {
		return parts[id-1]
	}
	return ""
}

// WriteField writes typed values into a field, replacing all it holds. Without
// values it clears the field. It refuses values that do not suit the type and
// fields that Kommo fills by itself.
func WriteField(id int64, t FieldType, values ...TypedValue) (FieldValueWrite, error) {
	if t == FieldOrgName {
		return FieldValueWrite{}, fmt.Errorf("custom field %d (%s) is read-only", id, t)
	}
	if len(values) == 0 {
		return ClearField(id, t), nil
	}
	out := FieldValueWrite{FieldID: id}
	for _, v := range values {
		if !v.suits(t) {
			return FieldValueWrite{}, fmt.Errorf("custom field %d (%s) does not take a %T", id, t, v)
		}
		e, err := v.element(t)
		if err != nil {
			return FieldValueWrite{}, fmt.Errorf("custom field %d (%s): %w", id, t, err)
		}
		out.Values = append(out.Values, e)
	}
	return out, nil
}

// ClearField empties a field: values null, except for files, where the one
// value must be null.
func ClearField(id int64, t FieldType) FieldValueWrite {
	out := FieldValueWrite{FieldID: id}
	if t == FieldFile {
		out.Values = []ValueWrite{{Value: json.RawMessage("null")}}
	}
	return out
}

func (Text) suits(t FieldType) bool {
	switch t {
	case FieldText, FieldTextarea, FieldStreet, FieldTracking, FieldURL, FieldOrgName:
		return true
	default:
		return false
	}
}

func (s Text) element(FieldType) (ValueWrite, error) { return ValueWrite{Value: string(s)}, nil }

func (Check) suits(t FieldType) bool { return t == FieldCheckbox }

func (c Check) element(FieldType) (ValueWrite, error) { return ValueWrite{Value: bool(c)}, nil }

func (Moment) suits(t FieldType) bool {
	return t == FieldDate || t == FieldBirthday || t == FieldDateTime
}

func (m Moment) element(FieldType) (ValueWrite, error) {
	if m.IsZero() {
		return ValueWrite{}, errNoValue
	}
	return ValueWrite{Value: m.Format(time.RFC3339)}, nil
}

func (Choice) suits(t FieldType) bool {
	return t == FieldSelect || t == FieldRadio || t == FieldMultiselect || t == FieldCategory
}

func (c Choice) element(t FieldType) (ValueWrite, error) {
	switch {
	case c.ID != 0:
		return ValueWrite{EnumID: c.ID}, nil
	case c.Label != "":
		return ValueWrite{Value: c.Label}, nil
	case c.Code != "" && t != FieldMultiselect && t != FieldCategory:
		return ValueWrite{EnumCode: c.Code}, nil
	default:
		return ValueWrite{}, errNoValue
	}
}

func (Reach) suits(t FieldType) bool { return t == FieldMultitext }

func (r Reach) element(FieldType) (ValueWrite, error) {
	if r.Kind != "" {
		r.EnumID = 0 // both would have to agree
	}
	return ValueWrite{Value: r.Value, EnumCode: r.Kind, EnumID: r.EnumID}, nil
}

func (AddressPart) suits(t FieldType) bool { return t == FieldSmartAddress }

func (p AddressPart) element(FieldType) (ValueWrite, error) {
	if p.Part == "" {
		return ValueWrite{}, errNoValue
	}
	return ValueWrite{Value: p.Value, EnumCode: p.Part}, nil
}

func (ChainStep) suits(t FieldType) bool { return t == FieldChainedList }

func (s ChainStep) element(FieldType) (ValueWrite, error) {
	return ValueWrite{CatalogID: s.CatalogID, CatalogElementID: s.ElementID}, nil
}
