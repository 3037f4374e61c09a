package directory

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// ParseDate reads a date or a time as people write it, in the account's zone; dateOnly tells that no time of
// day was given.
type ParseDate func(text string) (t time.Time, dateOnly bool, err error)

// encoder writes plain values of one field.
type encoder struct {
	field    Field
	argument string // "fields.Budget", as the caller called it
	zone     *time.Location
	parse    ParseDate
}

// encode turns a plain value into the elements that Kommo's field type wants; none clears the field.
// See "Kommo API facts: custom fields, value container".
func (e encoder) encode(plain any) ([]kommo.ValueWrite, error) {
	if e.field.Computed || e.field.Type == kommo.FieldOrgName {
		return nil, e.invalid("is computed by Kommo and cannot be written", "Leave it out.")
	}
	if plain == nil {
		return e.cleared(), nil
	}
	list, isList := plain.([]any)
	if !isList {
		list = []any{plain}
	}
	if len(list) == 0 {
		return nil, e.invalid("came as an empty list", "Give a value, or null to clear the field.")
	}
	if len(list) > 1 && !e.takesSeveral() {
		return nil, e.invalid("takes one value and "+strconv.Itoa(len(list))+" came", "Give one value.")
	}
	var out []kommo.ValueWrite
	for _, one := range list {
		elements, err := e.one(one)
		if err != nil {
			return nil, err
		}
		out = append(out, elements...)
	}
	return out, nil
}

// cleared empties the field: no values at all, but for files, which take one that is null.
func (e encoder) cleared() []kommo.ValueWrite {
	if e.field.Type == kommo.FieldFile {
		return []kommo.ValueWrite{{Value: json.RawMessage("null")}}
	}
	return nil
}

func (e encoder) takesSeveral() bool {
	switch e.field.Type {
	case kommo.FieldMultiselect, kommo.FieldMultitext, kommo.FieldItems, kommo.FieldLinkedEntity, kommo.FieldChainedList, kommo.FieldFile:
		return true
	default:
		return false
	}
}

// one writes one value; a smart address becomes several elements.
func (e encoder) one(v any) ([]kommo.ValueWrite, error) {
	var out kommo.ValueWrite
	var err error
	switch e.field.Type {
	case kommo.FieldNumeric, kommo.FieldPrice, kommo.FieldMonetary:
		out.Value, err = e.number(v)
	case kommo.FieldCheckbox:
		out.Value, err = e.yesNo(v)
	case kommo.FieldDate, kommo.FieldBirthday, kommo.FieldDateTime:
		out.Value, err = e.date(v)
	case kommo.FieldSelect, kommo.FieldRadio, kommo.FieldMultiselect, kommo.FieldCategory:
		out.EnumID, err = e.option(v)
	case kommo.FieldMultitext:
		out, err = e.contactWay(v)
	case kommo.FieldSmartAddress:
		return e.address(v)
	case kommo.FieldLegalEntity, kommo.FieldPayer, kommo.FieldItems, kommo.FieldLinkedEntity, kommo.FieldSupplier, kommo.FieldFile:
		out.Value, err = e.object(v)
	case kommo.FieldChainedList:
		out, err = e.chained(v)
	default: // text, textarea, streetaddress, url, tracking_data and what Kommo may add
		out.Value, err = e.text(v)
	}
	if err != nil {
		return nil, err
	}
	return []kommo.ValueWrite{out}, nil
}

func (e encoder) invalid(what, next string) error {
	return problem.Invalid(e.argument, "The custom field "+quoted(e.field.Name)+" "+what+".").WithNext(next)
}

// came describes a value for a refusal.
func came(v any) string {
	switch v := v.(type) {
	case string:
		return quoted(v)
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case nil:
		return "null"
	default:
		return fmt.Sprint(v)
	}
}

func (e encoder) text(v any) (string, error) {
	if s, ok := v.(string); ok {
		if strings.TrimSpace(s) == "" {
			return "", e.invalid("came as an empty text", "Give a text, or null to clear the field.")
		}
		return s, nil
	}
	if n, ok := decimal(v); ok {
		return n, nil
	}
	return "", e.invalid("takes a text and "+came(v)+" came", `Give a text, such as "abc".`)
}

// number is sent as text, in which form Kommo also answers it: nothing is rounded on the way.
func (e encoder) number(v any) (string, error) {
	if s, ok := v.(string); ok {
		v = json.Number(strings.TrimSpace(s))
	}
	n, ok := decimal(v)
	if !ok {
		return "", e.invalid("takes a number and "+came(v)+" came", "Give a number without currency and separators, such as 1250.5.")
	}
	return n, nil
}

// decimal writes a number without an exponent; false if v is none.
func decimal(v any) (string, bool) {
	switch n := v.(type) {
	case float64:
		return strconv.FormatFloat(n, 'f', -1, 64), !math.IsNaN(n) && !math.IsInf(n, 0)
	case int:
		return strconv.Itoa(n), true
	case int64:
		return strconv.FormatInt(n, 10), true
	case json.Number:
		plain := strings.TrimPrefix(strings.Replace(n.String(), ".", "", 1), "-")
		if plain != "" && strings.Trim(plain, "0123456789") == "" {
			return n.String(), true
		}
		f, err := n.Float64()
		if err != nil || strings.Trim(n.String(), "0123456789.-+eE") != "" {
			return "", false
		}
		return decimal(f)
	default:
		return "", false
	}
}

func (e encoder) yesNo(v any) (bool, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	switch fold(fmt.Sprint(v)) {
	case "true", "yes", "1":
		return true, nil
	case "false", "no", "0":
		return false, nil
	default:
		return false, e.invalid("takes true or false and "+came(v)+" came", "Give true or false.")
	}
}

// date sends RFC 3339 with the account's offset, at midnight for dates without a time of day.
func (e encoder) date(v any) (string, error) {
	example := "Give a date such as 2026-12-01."
	if e.field.Type == kommo.FieldDateTime {
		example = "Give a time such as 2026-12-01T15:00:00+02:00."
	}
	var t time.Time
	var dateOnly bool
	switch v := v.(type) {
	case time.Time:
		t = v
	case string:
		var err error
		if t, dateOnly, err = e.parse(v); err != nil {
			p := problem.Invalid(e.argument, "The custom field "+quoted(e.field.Name)+" takes a date and "+came(v)+" is none.")
			return "", p.WithNext(example).Wrap(err)
		}
	default:
		return "", e.invalid("takes a date and "+came(v)+" came", example)
	}
	if !dateOnly {
		t = t.In(e.zone)
	}
	if dateOnly || e.field.Type != kommo.FieldDateTime {
		y, m, d := t.Date()
		t = time.Date(y, m, d, 0, 0, 0, 0, e.zone)
	}
	return t.Format(time.RFC3339), nil
}

// option sends the id: in a multiselect Kommo refuses codes, and labels may be namesakes.
func (e encoder) option(v any) (int64, error) {
	label, ok := v.(string)
	if !ok {
		label, ok = decimal(v)
	}
	if !ok {
		return 0, e.invalid("takes one of its options and "+came(v)+" came", "Give the label of an option.")
	}
	o, err := e.field.Option(label)
	return o.ID, ForField(err, e.argument)
}
