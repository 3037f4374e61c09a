package crm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// maxAmount is beyond every amount that Kommo keeps.
const maxAmount = 1e15

// fieldTest is one custom field that rows must match: what Kommo can filter,
// and the check of a value made here.
type fieldTest struct {
	filter kommo.FieldFilter
	remote bool // Kommo can filter it
	match  func(kommo.FieldValue) bool
	absent bool // the field must be empty
	unset  bool // an empty field matches too
	span   when.Range
}

func (t fieldTest) fits(id int64, held []kommo.FieldValue) bool {
	at := slices.IndexFunc(held, func(h kommo.FieldValue) bool { return h.FieldID == id && len(h.Values) > 0 })
	if at < 0 {
		return t.absent || t.unset
	}
	return !t.absent && t.match(held[at])
}

func newFieldTest(f directory.Field, argument string, plain any, zone *time.Location, now time.Time) (fieldTest, error) {
	if plain == nil {
		return fieldTest{absent: true}, nil
	}
	values, isList := plain.([]any)
	if !isList {
		values = []any{plain}
	}
	var texts []string
	for _, v := range values {
		text, ok := scalarText(v)
		if !ok {
			return fieldTest{}, problem.Invalid(argument, fmt.Sprintf("The custom field %q is filtered by a plain value.", f.Name)).
				WithNext(`Give a text, a number, true, false, null or a list of them, such as {"` + f.Name + `": "value"}.`)
		}
		texts = append(texts, text)
	}
	switch f.Type {
	case kommo.FieldSelect, kommo.FieldRadio, kommo.FieldMultiselect, kommo.FieldCategory:
		return optionTest(f, argument, texts)
	case kommo.FieldCheckbox:
		return checkboxTest(f, argument, texts)
	case kommo.FieldDate, kommo.FieldBirthday, kommo.FieldDateTime:
		return dateTest(f, argument, texts, zone, now)
	case kommo.FieldNumeric, kommo.FieldPrice, kommo.FieldMonetary:
		return numberTest(f, argument, texts)
	default:
		return textTest(f, texts), nil
	}
}

func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v), strings.TrimSpace(v) != ""
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int, int64:
		return fmt.Sprint(v), true
	default:
		return "", false
	}
}

func optionTest(f directory.Field, argument string, labels []string) (fieldTest, error) {
	t := fieldTest{remote: f.Type != kommo.FieldCategory, filter: kommo.FieldFilter{FieldID: f.ID}}
	var ids []int64
	for _, label := range labels {
		o, err := f.Option(label)
		if err != nil {
			return t, directory.ForField(err, argument)
		}
		ids = append(ids, o.ID)
		t.filter.Values = append(t.filter.Values, strconv.FormatInt(o.ID, 10))
	}
	t.match = func(held kommo.FieldValue) bool {
		return slices.ContainsFunc(held.Values, func(v kommo.Value) bool { return v.EnumID != nil && slices.Contains(ids, *v.EnumID) })
	}
	return t, nil
}

func checkboxTest(f directory.Field, argument string, texts []string) (fieldTest, error) {
	var wanted bool
	switch strings.ToLower(texts[0]) {
	case "true", "1", "yes":
		wanted = true
	case "false", "0", "no":
	default:
		return fieldTest{}, problem.Invalid(argument, fmt.Sprintf("The custom field %q is a checkbox and %q came.", f.Name, texts[0])).
			WithNext("Give true or false.")
	}
	return fieldTest{
		match: func(held kommo.FieldValue) bool { return held.Values[0].Bool() == wanted },
		// A box that was never ticked has no value at all, so that Kommo's filter
		// would miss it among the unticked ones.
		remote: wanted, unset: !wanted,
		filter: kommo.FieldFilter{FieldID: f.ID, Values: []string{"1"}},
	}, nil
}

func dateTest(f directory.Field, argument string, texts []string, zone *time.Location, now time.Time) (fieldTest, error) {
	if len(texts) > 1 {
		return fieldTest{}, problem.Invalid(argument, fmt.Sprintf("The date field %q takes one range.", f.Name)).
			WithNext("Give a range such as 2026-11-01..2026-11-30.")
	}
	r, err := when.ParseRange(texts[0], zone, now)
	if err != nil {
		return fieldTest{}, badTime(argument, err)
	}
	match := func(held kommo.FieldValue) bool {
		at, ok := held.Values[0].Time()
		return ok && r.Contains(at)
	}
	t := fieldTest{match: match, remote: f.Type != kommo.FieldBirthday, span: r}
	t.filter = kommo.FieldFilter{FieldID: f.ID, Range: kommoRange(r)}
	return t, nil
}

func numberTest(f directory.Field, argument string, texts []string) (fieldTest, error) {
	type span struct{ from, to float64 }
	var spans []span
	for _, text := range texts {
		from, to, isRange := strings.Cut(text, "..")
		if !isRange {
			to = from
		}
		lo, errLo := strconv.ParseFloat(cmp.Or(strings.TrimSpace(from), "-Inf"), 64)
		hi, errHi := strconv.ParseFloat(cmp.Or(strings.TrimSpace(to), "+Inf"), 64)
		if errLo != nil || errHi != nil || lo > hi {
			return fieldTest{}, problem.Invalid(argument, fmt.Sprintf("The custom field %q holds numbers and %q came.", f.Name, text)).
				WithNext("Give a number or a range such as 1000..5000.")
		}
		spans = append(spans, span{lo, hi})
	}
	t := fieldTest{match: func(held kommo.FieldValue) bool {
		n, ok := held.Values[0].Number()
		return ok && slices.ContainsFunc(spans, func(s span) bool { return n >= s.from && n <= s.to })
	}}
	if len(spans) == 1 && f.Type == kommo.FieldNumeric { // Kommo filters no money
		t.remote, t.filter = true, kommo.FieldFilter{FieldID: f.ID, Range: wholeRange(spans[0].from, spans[0].to)}
	}
	return t, nil
}

// wholeRange widens to whole numbers, since Kommo's bounds are; the check here
// is exact.
func wholeRange(from, to float64) kommo.Range {
	var r kommo.Range
	if !math.IsInf(from, 0) {
		r.From = new(whole(math.Floor(from)))
	}
	if !math.IsInf(to, 0) {
		r.To = new(whole(math.Ceil(to)))
	}
	return r
}

// whole is a bound that Kommo can read, whatever number came.
func whole(f float64) int64 {
	return int64(max(-maxAmount, min(maxAmount, f)))
}

// textTest compares whole texts, case aside, and phones as numbers. Of the types that are none of the
// others Kommo filters these.
func textTest(f directory.Field, texts []string) fieldTest {
	t := fieldTest{match: func(held kommo.FieldValue) bool {
		return slices.ContainsFunc(held.Texts(), func(h string) bool {
			return containsFold(texts, h) || f.Type == kommo.FieldMultitext && slices.ContainsFunc(texts, func(t string) bool { return sameLine(t, h, "") })
		})
	}}
	switch f.Type {
	case kommo.FieldText, kommo.FieldTextarea, kommo.FieldURL, kommo.FieldStreet:
		t.remote, t.filter = true, kommo.FieldFilter{FieldID: f.ID, Values: texts}
	default:
	}
	return t
}
