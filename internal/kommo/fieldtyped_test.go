package kommo

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// fieldCase is one type of field: how Kommo answers it, the Go values it reads
// as, and what writing these sends.
type fieldCase struct {
	kind   FieldType
	read   string // the values list of an answer
	typed  []TypedValue
	writes string // the values list of a request
}

func fieldCases() []fieldCase {
	noon := Moment{time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)}
	text := func(kind FieldType) fieldCase {
		return fieldCase{kind, `[{"value":"abc"}]`, []TypedValue{Text("abc")}, `[{"value":"abc"}]`}
	}
	number := func(kind FieldType) fieldCase {
		return fieldCase{kind, `[{"value":"999.12"}]`, []TypedValue{Decimal("999.12")}, `[{"value":"999.12"}]`}
	}
	date := func(kind FieldType) fieldCase {
		return fieldCase{kind, `[{"value":1796126400}]`, []TypedValue{noon}, `[{"value":"2026-12-01T12:00:00Z"}]`}
	}
	option := func(kind FieldType) fieldCase {
		return fieldCase{
			kind, `[{"value":"Red","enum_id":9,"enum_code":null}]`,
			[]TypedValue{Choice{ID: 9, Label: "Red"}},
			`[{"enum_id":9}]`,
		}
	}
	return append([]fieldCase{
		text(FieldText), text(FieldTextarea), text(FieldStreet), text(FieldTracking), text(FieldURL),
		number(FieldNumeric), number(FieldPrice), number(FieldMonetary),
		date(FieldDate), date(FieldBirthday), date(FieldDateTime),
		option(FieldSelect), option(FieldRadio), option(FieldCategory),
		{FieldCheckbox, `[{"value":true}]`, []TypedValue{Check(true)}, `[{"value":true}]`},
		{FieldCheckbox, `[{"value":false}]`, []TypedValue{Check(false)}, `[{"value":false}]`},
		{
			FieldMultiselect, `[{"value":"Red","enum_id":9,"enum_code":"red"},{"value":"Blue","enum_id":10,"enum_code":"blue"}]`,
			[]TypedValue{Choice{ID: 9, Label: "Red", Code: "red"}, Choice{ID: 10, Label: "Blue", Code: "blue"}},
			`[{"enum_id":9},{"enum_id":10}]`,
		},
		{
			FieldMultitext, `[{"value":"+15550001","enum_id":8,"enum_code":"WORK"},{"value":"+15550002","enum":"MOB"}]`,
			[]TypedValue{Reach{Value: "+15550001", Kind: "WORK", EnumID: 8}, Reach{Value: "+15550002", Kind: "MOB"}},
			`[{"value":"+15550001","enum_code":"WORK"},{"value":"+15550002","enum_code":"MOB"}]`,
		},
		{
			FieldSmartAddress, `[{"value":"Riga","enum_id":3,"enum_code":"city"},{"value":"LV","enum_id":6}]`,
			[]TypedValue{AddressPart{"Riga", "city"}, AddressPart{"LV", "country"}},
			`[{"value":"Riga","enum_code":"city"},{"value":"LV","enum_code":"country"}]`,
		},
		{
			FieldChainedList, `[{"catalog_id":4,"catalog_element_id":77},{"catalog_id":5,"catalog_element_id":78}]`,
			[]TypedValue{ChainStep{4, 77}, ChainStep{5, 78}},
			`[{"catalog_id":4,"catalog_element_id":77},{"catalog_id":5,"catalog_element_id":78}]`,
		},
	}, objectCases()...)
}

func objectCases() []fieldCase {
	yes := true
	return []fieldCase{
		{
			FieldLegalEntity, `[{"value":{"name":"Acme","entity_type":2,"vat_id":123,"kpp":"","bin":null,"address":"Riga"}}]`,
			[]TypedValue{LegalEntity{Name: "Acme", Kind: 2, VATID: "123", Address: "Riga"}},
			`[{"value":{"name":"Acme","entity_type":2,"vat_id":"123","address":"Riga"}}]`,
		},
		{
			FieldItems, `[{"value":{"sku":"A-1","description":"Tile","unit_price":12.5,"quantity":"3","unit_type":"pcs",` +
				`"discount":{"type":"percentage","value":10},"vat_rate_id":0,"vat_rate_value":21,"product_id":6,` +
				`"is_discount_recalculated":true,"is_total_sum_recalculated":true,"total_sum":33.75}}]`,
			[]TypedValue{Item{
				SKU: "A-1", Description: "Tile", UnitPrice: "12.5", Quantity: "3", UnitType: "pcs",
				Discount: &Discount{Type: "percentage", Value: "10"}, VATRateID: new(Int(0)), VATRate: "21", ProductID: new(Int(6)),
				DiscountRecalculated: &yes, TotalRecalculated: &yes, Total: "33.75",
			}},
			`[{"value":{"sku":"A-1","description":"Tile","unit_price":12.5,"quantity":3,"unit_type":"pcs",` +
				`"discount":{"type":"percentage","value":10},"vat_rate_id":0,"vat_rate_value":21,"product_id":6}}]`,
		},
		{
			FieldLinkedEntity, `[{"value":{"entity_id":3,"entity_type":"contacts","catalog_id":null,"name":"Ann"}}]`,
			[]TypedValue{LinkedEntity{EntityID: 3, EntityType: Contacts, Name: "Ann"}},
			`[{"value":{"entity_id":3,"entity_type":"contacts","catalog_id":null}}]`,
		},
		{
			FieldFile, `[{"value":{"file_uuid":"u-1","version_uuid":"v-1","file_name":"a.pdf","file_size":10}}]`,
			[]TypedValue{File{UUID: "u-1", VersionUUID: "v-1", Name: "a.pdf", Size: 10}},
			`[{"value":{"file_uuid":"u-1","version_uuid":"v-1","file_name":"a.pdf","file_size":10}}]`,
		},
		{
			FieldPayer, `[{"value":{"name":"Acme","type":"legal","entity_id":3,"entity_type":"companies","email":"a@x.io","phone":15550001}}]`,
			[]TypedValue{Payer{Name: "Acme", Type: "legal", EntityID: new(int64(3)), EntityType: Companies, Email: "a@x.io", Phone: "15550001"}},
			`[{"value":{"name":"Acme","type":"legal","entity_id":3,"entity_type":"companies","phone":"15550001","email":"a@x.io"}}]`,
		},
		{
			FieldSupplier, `[{"value":{"entity_id":3,"name":"Acme","vat_id":"9","address":"Riga"}}]`,
			[]TypedValue{Supplier{EntityID: 3, Name: "Acme", VATID: "9", Address: "Riga"}},
			`[{"value":{"entity_id":3}}]`,
		},
	}
}

func readField(t *testing.T, kind FieldType, values string) FieldValue {
	t.Helper()
	var f FieldValue
	body := `{"field_id":55,"field_name":"F","field_code":null,"field_type":"` + string(kind) + `","values":` + values + `}`
	if err := json.Unmarshal([]byte(body), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFieldsOfEveryTypeReadAndWrite(t *testing.T) {
	for _, tt := range fieldCases() {
		t.Run(string(tt.kind), func(t *testing.T) {
			got, err := readField(t, tt.kind, tt.read).Typed()
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.typed) {
				t.Fatalf("read %#v, want %#v", got, tt.typed)
			}
			w, err := WriteField(55, tt.kind, got...)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, w, `{"field_id":55,"values":`+tt.writes+`}`)
		})
	}
}

func TestEveryTypeOfFieldIsCovered(t *testing.T) {
	seen := map[FieldType]bool{}
	for _, c := range fieldCases() {
		seen[c.kind] = true
	}
	const writable = 25
	if len(seen) != writable {
		t.Errorf("%d types are tested, want %d", len(seen), writable)
	}
}

func TestValuesGoBackWithoutReadOnlyKeys(t *testing.T) {
	tests := []struct {
		kind FieldType
		read string
		want string
	}{
		{FieldMultitext, `[{"value":"+15550001","enum_id":8,"enum_code":"WORK"}]`, `{"value":"+15550001","enum_id":8}`},
		{FieldMultitext, `[{"value":"+15550001","enum":"MOB"}]`, `{"value":"+15550001","enum_code":"MOB"}`},
		{FieldMultiselect, `[{"value":"Red","enum_id":9,"enum_code":"red"}]`, `{"enum_id":9}`},
		{FieldDate, `[{"value":1796126400}]`, `{"value":1796126400}`},
		{FieldSupplier, `[{"value":{"entity_id":3,"name":"Acme"}}]`, `{"value":{"entity_id":3}}`},
		{FieldChainedList, `[{"catalog_id":4,"catalog_element_id":77}]`, `{"catalog_id":4,"catalog_element_id":77}`},
		{FieldType("newest"), `[{"value":{"a":1}}]`, `{"value":{"a":1}}`},
	}
	for _, tt := range tests {
		f := readField(t, tt.kind, tt.read)
		sameJSON(t, f.Values[0].Back(f.Type), tt.want)
	}
}

func TestWriteFieldRefuses(t *testing.T) {
	tests := []struct {
		kind  FieldType
		value TypedValue
		says  string
	}{
		{FieldOrgName, Text("Acme"), "read-only"},
		{FieldCheckbox, Text("yes"), "does not take a kommo.Text"},
		{FieldNumeric, Decimal("12,5"), "not a number"},
		{FieldNumeric, Decimal("-"), "not a number"},
		{FieldMultiselect, Choice{Code: "red"}, "empty"},
		{FieldDate, Moment{}, "empty"},
		{FieldLegalEntity, LegalEntity{Kind: 2}, "empty"},
		{FieldFile, File{Name: "a.pdf"}, "empty"},
		{FieldSupplier, Supplier{Name: "Acme"}, "empty"},
		{FieldSmartAddress, AddressPart{Value: "Riga"}, "empty"},
	}
	for _, tt := range tests {
		if _, err := WriteField(55, tt.kind, tt.value); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s with %#v: error %v, want one that says %q", tt.kind, tt.value, err, tt.says)
		}
	}
}

func TestChoicesByLabelAndCode(t *testing.T) {
	byLabel, err := WriteField(55, FieldMultiselect, Choice{Label: "Red", Code: "red"})
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, byLabel, `{"field_id":55,"values":[{"value":"Red"}]}`)
	byCode, err := WriteField(55, FieldSelect, Choice{Code: "red"})
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, byCode, `{"field_id":55,"values":[{"enum_code":"red"}]}`)
}

func TestFieldsAreCleared(t *testing.T) {
	sameJSON(t, ClearField(55, FieldText), `{"field_id":55,"values":null}`)
	sameJSON(t, ClearField(55, FieldFile), `{"field_id":55,"values":[{"value":null}]}`)
	sameJSON(t, FieldValueWrite{FieldCode: CodePhone, Values: []ValueWrite{}}, `{"field_code":"PHONE","values":null}`)
}

func TestOddValuesRead(t *testing.T) {
	f := readField(t, FieldCheckbox, `[{"value":"1"}]`)
	if got, err := f.Typed(); err != nil || got[0] != Check(true) {
		t.Errorf("checkbox as text: %v, %v", got, err)
	}
	f = readField(t, FieldNumeric, `[{"value":12.5}]`)
	if got, err := f.Typed(); err != nil || got[0] != Decimal("12.5") {
		t.Errorf("number as number: %v, %v", got, err)
	}
	f = readField(t, FieldDate, `[{"value":"2026-12-01T00:00:00+03:00"}]`)
	got, err := f.Typed()
	if err != nil || got[0].(Moment).Unix() != 1796072400 {
		t.Errorf("date as text: %v, %v", got, err)
	}
	for _, odd := range []FieldValue{
		readField(t, FieldNumeric, `[{"value":"many"}]`), readField(t, FieldDate, `[{"value":"soon"}]`),
		readField(t, FieldSupplier, `[{"value":"Acme"}]`), readField(t, FieldType("newest"), `[{"value":1}]`),
	} {
		if got, err := odd.Typed(); err == nil {
			t.Errorf("%s: read as %#v, want an error", odd.Type, got)
		}
	}
}

func TestDecimals(t *testing.T) {
	if d := DecimalOf(1250.5); d != "1250.5" || d.Float() != 1250.5 {
		t.Errorf("1250.5 is %q, %v", d, d.Float())
	}
	if Decimal("").Float() != 0 {
		t.Error("none is not 0")
	}
	for raw, want := range map[string]Decimal{`12.5`: "12.5", `"12.50"`: "12.50", `null`: "", `""`: "", `-3`: "-3"} {
		var d Decimal
		if err := json.Unmarshal([]byte(raw), &d); err != nil || d != want {
			t.Errorf("%s reads as %q, %v", raw, d, err)
		}
	}
	sameJSON(t, []Decimal{"12.50", "-3", ""}, `[12.5,-3,null]`)
	var d Decimal
	if err := json.Unmarshal([]byte(`"many"`), &d); err == nil {
		t.Errorf("a word reads as %q", d)
	}
	if raw, err := json.Marshal(Decimal("12,5")); err == nil {
		t.Errorf("12,5 is written as %s", raw)
	}
}

func TestValueAccessors(t *testing.T) {
	f := readField(t, FieldMonetary, `[{"value":"999.12"},{"value":null},{"value":7},{"value":{"a":1}}]`)
	if n, ok := f.Values[0].Number(); !ok || n != 999.12 {
		t.Errorf("number is %v, %v", n, ok)
	}
	if _, ok := f.Values[1].Number(); ok {
		t.Error("null reads as a number")
	}
	if texts := f.Texts(); !reflect.DeepEqual(texts, []string{"999.12", "7"}) {
		t.Errorf("texts are %q", texts)
	}
	if f.Is(CodePhone) {
		t.Error("a field without code has one")
	}
}
