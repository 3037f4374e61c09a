package kommo

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Decimal is an exact number as text, "12.5". Kommo reads numbers of custom
// fields as texts and writes them so.
type Decimal string

// DecimalOf is the shortest decimal that reads back as the number.
func DecimalOf(f float64) Decimal { return Decimal(strconv.FormatFloat(f, 'f', -1, 64)) }

func decimalOf(text string) (TypedValue, error) {
	text = strings.TrimSpace(text)
	if !isDecimal(text) {
		return nil, errNotNumber
	}
	return Decimal(text), nil
}

// Float is the number, 0 for none.
func (d Decimal) Float() float64 {
	f, err := strconv.ParseFloat(string(d), 64)
	if err != nil {
		return 0
	}
	return f
}

// UnmarshalJSON reads a number, a number as text, or none.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	text := strings.TrimSpace(strings.Trim(string(raw), `"`))
	if text == "null" {
		text = ""
	}
	if text != "" && !isDecimal(text) {
		return errNotNumber
	}
	*d = Decimal(text)
	return nil
}

// MarshalJSON writes a JSON number; null for none.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d == "" {
		return []byte("null"), nil
	}
	if !isDecimal(string(d)) {
		return nil, errNotNumber
	}
	return []byte(d), nil
}

// isDecimal admits what JSON admits as a number.
func isDecimal(text string) bool {
	first := strings.TrimPrefix(text, "-")
	return first != "" && first[0] >= '0' && first[0] <= '9' && json.Valid([]byte(text))
}

func (Decimal) suits(t FieldType) bool {
	return t == FieldNumeric || t == FieldPrice || t == FieldMonetary
}

func (d Decimal) element(FieldType) (ValueWrite, error) {
	if !isDecimal(string(d)) {
		return ValueWrite{}, errNotNumber
	}
	return ValueWrite{Value: string(d)}, nil
}
