package directory

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// Plain writes what a field holds the way people say it, and mostly the way FieldWrites takes it: dates as
// 2026-12-01, times in RFC 3339 in the zone, numbers and money as numbers, options by their present label,
// several options or phones as a list of texts, an address by its parts, other objects without their empty
// keys. nil if the field is empty. See "Kommo API facts: custom fields, value container".
func Plain(f Field, held kommo.FieldValue, zone *time.Location) any {
	if len(held.Values) == 0 {
		return nil
	}
	switch f.Type {
	case kommo.FieldMultiselect, kommo.FieldMultitext:
		return texts(f, held.Values)
	case kommo.FieldSmartAddress:
		return plainAddress(held.Values)
	case kommo.FieldChainedList:
		return chain(held.Values)
	default:
	}
	if len(held.Values) == 1 {
		return plainOne(f, held.Values[0], zone)
	}
	out := make([]any, 0, len(held.Values))
	for _, v := range held.Values {
		out = append(out, plainOne(f, v, zone))
	}
	return out
}

// PlainFields writes all custom fields of a record by their names. Fields whose definition the snapshot does not
// hold go by the name and type that came with the value; of namesakes the later ones carry their id.
func (s *Snapshot) PlainFields(entity Entity, held []kommo.FieldValue) map[string]any {
	out := map[string]any{}
	for _, h := range held {
		f, ok := s.FieldOf(entity, h.FieldID)
		if !ok {
			f = Field{ID: h.FieldID, Name: h.Name, Type: h.Type}
		}
		v := Plain(f, h, s.Account.Location())
		if v == nil {
			continue
		}
		name := orID(f.Name, "field", f.ID)
		if _, taken := out[name]; taken {
			name += " (" + strconv.FormatInt(f.ID, 10) + ")"
		}
		out[name] = v
	}
	return out
}

func plainOne(f Field, v kommo.Value, zone *time.Location) any {
	switch f.Type {
	case kommo.FieldNumeric, kommo.FieldPrice, kommo.FieldMonetary:
		return plainNumber(v)
	case kommo.FieldCheckbox:
		return v.Bool()
	case kommo.FieldDate, kommo.FieldBirthday:
		return plainDate(v, zone)
	case kommo.FieldDateTime:
		if t, ok := v.Time(); ok {
			return t.In(zone).Format(time.RFC3339)
		}
		return v.Text()
	case kommo.FieldSelect, kommo.FieldRadio, kommo.FieldCategory:
		return label(f, v)
	default:
		return decoded(v)
	}
}

// label is the option's present name, one that can be written back: of a category whose label repeats, with
// those above it. It is the name in the value where the option is gone.
func label(f Field, v kommo.Value) string {
	if o, ok := f.optionByID(deref(v.EnumID)); ok && v.EnumID != nil && o.Label != "" {
		repeats := func(other FieldOption) bool { return other.ID != o.ID && SameName(other.Label, o.Label) }
		if o.Path != "" && slices.ContainsFunc(f.Options, repeats) {
			return o.Path
		}
		return o.Label
	}
	return v.Text()
}

func texts(f Field, values []kommo.Value) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		text := v.Text()
		if f.Type == kommo.FieldMultiselect {
			text = label(f, v)
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}

// plainNumber reads the text that Kommo answers for numbers; text that is none stays text. Long numbers keep
// all their digits.
func plainNumber(v kommo.Value) any {
	text := strings.TrimSpace(v.Text())
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if f, ok := v.Number(); ok {
		if _, finite := decimal(f); finite {
			return f
		}
	}
	return v.Text()
}

// plainDate shows a date. Kommo stores it as an instant: midnight in the account's zone, or in UTC when an
// integration wrote it so, which west of Greenwich would show the day before.
func plainDate(v kommo.Value, zone *time.Location) any {
	t, ok := v.Time()
	if !ok {
		return v.Text()
	}
	local := t.In(zone)
	if utc := t.UTC(); midnight(utc) && !midnight(local) {
		local = utc
	}
	return local.Format(time.DateOnly)
}

func midnight(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0
}

// plainAddress gives the parts by name, as FieldWrites takes them.
func plainAddress(values []kommo.Value) map[string]string {
	out := map[string]string{}
	for _, v := range values {
		part, parts := v.Kind(), addressParts()
		if at := deref(v.EnumID); part == "" && at >= 1 && at <= int64(len(parts)) {
			part = parts[at-1]
		}
		if text := v.Text(); text != "" && part != "" {
			out[part] = text
		}
	}
	return out
}

func chain(values []kommo.Value) []map[string]int64 {
	out := make([]map[string]int64, 0, len(values))
	for _, v := range values {
		out = append(out, map[string]int64{"catalog_id": deref(v.CatalogID), "catalog_element_id": deref(v.CatalogElementID)})
	}
	return out
}

// decoded is text as it is and an object without the keys that have no value: Kommo answers legal entities
// with the keys of every country.
func decoded(v kommo.Value) any {
	var object map[string]any
	if v.Object(&object) != nil {
		return v.Text()
	}
	if object == nil {
		return nil
	}
	out := map[string]any{}
	for k, part := range object {
		text, isText := part.(string)
		switch {
		case part == nil || isText && strings.TrimSpace(text) == "":
		case isText && slices.Contains(numberKeys(), k):
			out[k] = plainNumberText(text)
		default:
			out[k] = part
		}
	}
	return out
}

// numberKeys are the parts of objects that are numbers. Some accounts answer them as texts; numbers of firms and
// banks, which begin with zeros, stay as they come. entity_type is a number of legal entities and a word elsewhere.
func numberKeys() []string {
	return []string{
		"entity_type", "entity_id", "catalog_id", "file_size", "unit_price", "quantity", "vat_rate_id", "vat_rate_value",
		"product_id", "bonus_points_per_purchase", "total_sum",
	}
}

// plainNumberText is the number that a text is; text that is none stays text.
func plainNumberText(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		if _, finite := decimal(f); finite {
			return f
		}
	}
	return text
}
