package directory

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// everyType is one field of each type.
func everyType() List[Field] {
	var list List[Field]
	for i, kind := range []string{
		"text", "textarea", "streetaddress", "url", "tracking_data", "numeric", "price", "monetary", "checkbox", "date", "birthday",
		"date_time", "select", "radiobutton", "multiselect", "category", "multitext", "smart_address", "legal_entity", "payer",
		"items", "linked_entity", "supplier", "file", "chained_list", "org_legal_name", "brand_new",
	} {
		f := Field{ID: int64(1000 + i), Name: "My " + kind, Type: kommo.FieldType(kind), Entity: kommo.Leads}
		switch kind {
		case "select", "radiobutton", "multiselect", "category":
			f.Options = []FieldOption{{ID: 1, Label: "Rojo"}, {ID: 2, Label: "Verde claro"}, {ID: 3, Label: "Verde"}, {ID: 4, Label: "2026"}}
		case "multitext":
			f.Code = "PHONE"
			f.Options = []FieldOption{{ID: 7, Label: "WORK"}, {ID: 8, Label: "MOB"}}
		}
		list.Items = append(list.Items, f)
	}
	list.Items = append(list.Items, Field{ID: 2000, Name: "Sum", Type: "numeric", Computed: true})
	return list
}

func mexico(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Mexico_City")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func parseForTest(zone *time.Location) ParseDate {
	return func(s string) (time.Time, bool, error) {
		if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
			return t, true, nil
		}
		t, err := time.Parse(time.RFC3339, s)
		return t, false, err
	}
}

func TestEncodeEveryType(t *testing.T) {
	zone := mexico(t)
	for _, tt := range []struct {
		kind  string
		plain string // as JSON, the way an argument arrives
		want  []kommo.ValueWrite
	}{
		{"text", `"abc"`, []kommo.ValueWrite{{Value: "abc"}}},
		{"text", `12`, []kommo.ValueWrite{{Value: "12"}}},
		{"textarea", `"a\nb"`, []kommo.ValueWrite{{Value: "a\nb"}}},
		{"streetaddress", `"Main 1"`, []kommo.ValueWrite{{Value: "Main 1"}}},
		{"url", `"https://x.io"`, []kommo.ValueWrite{{Value: "https://x.io"}}},
		{"tracking_data", `"utm"`, []kommo.ValueWrite{{Value: "utm"}}},
		{"brand_new", `"x"`, []kommo.ValueWrite{{Value: "x"}}},
		{"numeric", `12.5`, []kommo.ValueWrite{{Value: "12.5"}}},
		{"numeric", `" 1250.50 "`, []kommo.ValueWrite{{Value: "1250.50"}}},
		{"numeric", `-3`, []kommo.ValueWrite{{Value: "-3"}}},
		{"price", `1e21`, []kommo.ValueWrite{{Value: "1000000000000000000000"}}},
		{"monetary", `0`, []kommo.ValueWrite{{Value: "0"}}},
		{"checkbox", `true`, []kommo.ValueWrite{{Value: true}}},
		{"checkbox", `"No"`, []kommo.ValueWrite{{Value: false}}},
		{"checkbox", `1`, []kommo.ValueWrite{{Value: true}}},
		{"date", `"2026-12-01"`, []kommo.ValueWrite{{Value: "2026-12-01T00:00:00-06:00"}}},
		{"birthday", `"1990-05-17"`, []kommo.ValueWrite{{Value: "1990-05-17T00:00:00-06:00"}}},
		{"date", `"2026-12-01T03:00:00Z"`, []kommo.ValueWrite{{Value: "2026-11-30T00:00:00-06:00"}}},
		{"date_time", `"2026-12-01T21:30:00Z"`, []kommo.ValueWrite{{Value: "2026-12-01T15:30:00-06:00"}}},
		{"date_time", `"2026-12-01"`, []kommo.ValueWrite{{Value: "2026-12-01T00:00:00-06:00"}}},
		{"select", `"rojo"`, []kommo.ValueWrite{{EnumID: 1}}},
		{"select", `"verde"`, []kommo.ValueWrite{{EnumID: 3}}},
		{"radiobutton", `["Verde claro"]`, []kommo.ValueWrite{{EnumID: 2}}},
		{"select", `2026`, []kommo.ValueWrite{{EnumID: 4}}},
		{"select", `2`, []kommo.ValueWrite{{EnumID: 2}}},
		{"multiselect", `["Rojo","verde"]`, []kommo.ValueWrite{{EnumID: 1}, {EnumID: 3}}},
		{"multiselect", `"Rojo"`, []kommo.ValueWrite{{EnumID: 1}}},
		{"category", `"Rojo"`, []kommo.ValueWrite{{EnumID: 1}}},
		{"multitext", `"+521"`, []kommo.ValueWrite{{Value: "+521", EnumCode: "WORK"}}},
		{"multitext", `["+521",{"value":"+522","code":"mob"}]`, []kommo.ValueWrite{{Value: "+521", EnumCode: "WORK"}, {Value: "+522", EnumID: 8}}},
		{"multitext", `{"value":"+522","enum_code":"MOB"}`, []kommo.ValueWrite{{Value: "+522", EnumID: 8}}},
		{"smart_address", `"Main 1"`, []kommo.ValueWrite{{Value: "Main 1", EnumCode: "address_line_1"}}},
		{"smart_address", `{"country":"MX","city":"Puebla"}`, []kommo.ValueWrite{{Value: "Puebla", EnumCode: "city"}, {Value: "MX", EnumCode: "country"}}},
		{"legal_entity", `"Acme SA"`, []kommo.ValueWrite{{Value: map[string]any{"name": "Acme SA"}}}},
		{"legal_entity", `{"name":"A","vat_id":"1"}`, []kommo.ValueWrite{{Value: map[string]any{"name": "A", "vat_id": "1"}}}},
		{"payer", `"Acme"`, []kommo.ValueWrite{{Value: map[string]any{"name": "Acme"}}}},
		{"items", `[{"description":"a"},{"description":"b"}]`, []kommo.ValueWrite{{Value: map[string]any{"description": "a"}}, {Value: map[string]any{"description": "b"}}}},
		{"linked_entity", `3`, []kommo.ValueWrite{{Value: map[string]any{"entity_id": int64(3)}}}},
		{"supplier", `"3"`, []kommo.ValueWrite{{Value: map[string]any{"entity_id": int64(3)}}}},
		{"file", `{"file_uuid":"9a7f3c1e-0000-4000-8000-000000000001","file_name":"a.pdf"}`, []kommo.ValueWrite{{Value: map[string]any{"file_uuid": "9a7f3c1e-0000-4000-8000-000000000001", "file_name": "a.pdf"}}}},
		{"chained_list", `[{"catalog_id":4,"catalog_element_id":77}]`, []kommo.ValueWrite{{CatalogID: 4, CatalogElementID: 77}}},
		{"text", `null`, nil},
		{"select", `null`, nil},
		{"file", `null`, []kommo.ValueWrite{{Value: json.RawMessage("null")}}},
	} {
		got, err := encodeJSON(t, tt.kind, tt.plain, zone)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s %s = %+v, %v; want %+v", tt.kind, tt.plain, got, err, tt.want)
		}
	}
}

func encodeJSON(t *testing.T, kind, plain string, zone *time.Location) ([]kommo.ValueWrite, error) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(plain), &v); err != nil {
		t.Fatal(err)
	}
	f, err := field(everyType(), kommo.Leads, "my "+kind)
	if err != nil {
		t.Fatal(err)
	}
	return encoder{field: f, argument: "fields.X", zone: zone, parse: parseForTest(zone)}.encode(v)
}

func TestEncodeRefuses(t *testing.T) {
	zone := mexico(t)
	for _, tt := range []struct{ kind, plain, says string }{
		{"text", `""`, "empty"},
		{"text", `true`, "text"},
		{"text", `["a","b"]`, "one value"},
		{"text", `[]`, "empty list"},
		{"numeric", `"1,200"`, "number"},
		{"numeric", `"0x10"`, "number"},
		{"numeric", `"NaN"`, "number"},
		{"numeric", `true`, "number"},
		{"checkbox", `"maybe"`, "true or false"},
		{"date", `"soon"`, "date"},
		{"date", `17`, "date"},
		{"select", `"Azul"`, "Azul"},
		{"select", `["Rojo","Verde"]`, "one value"},
		{"select", `{"a":1}`, "option"},
		{"multiselect", `["Rojo","Azul"]`, "Azul"},
		{"multitext", `{"value":"1","code":"HOME"}`, "HOME"},
		{"multitext", `{"code":"MOB"}`, "value"},
		{"multitext", `{"MOB":"+521"}`, "MOB"},
		{"multitext", `{"value":"+521","enum_code":"FAX"}`, "FAX"},
		{"multitext", `{"value":"+521","code":8}`, "kind"},
		{"file", `"roof.pdf"`, "roof.pdf"},
		{"file", `{"file_uuid":7}`, "file"},
		{"smart_address", `{"street":"x"}`, "street"},
		{"smart_address", `{}`, "without any part"},
		{"legal_entity", `{"vat_id":"1"}`, "name"},
		{"legal_entity", `{"name":"A","shoe_size":4}`, "shoe_size"},
		{"items", `true`, "text"},
		{"chained_list", `"x"`, "objects"},
		{"chained_list", `{"catalog_id":4}`, "ids"},
		{"org_legal_name", `"x"`, "computed"},
	} {
		got, err := encodeJSON(t, tt.kind, tt.plain, zone)
		p, ok := errors.AsType[*problem.Problem](err)
		if !ok || p.Field != "fields.X" || !strings.Contains(p.Message, tt.says) || p.Next == "" {
			t.Errorf("%s %s = %+v, %#v; want a refusal with %q and a next step", tt.kind, tt.plain, got, err, tt.says)
		}
	}
	_, err := encodeJSON(t, "select", `"Azul"`, zone)
	if got := candidateNames(t, err, problem.NotFound, "fields.X"); len(got) != 4 {
		t.Errorf("the valid labels are %q", got)
	}
}

func TestPlainEveryType(t *testing.T) {
	zone := mexico(t)
	for _, tt := range []struct{ kind, values, want string }{
		{"text", `null`, `null`},
		{"text", `[{"value":"abc"}]`, `"abc"`},
		{"numeric", `[{"value":"12.50"}]`, `12.5`},
		{"monetary", `[{"value":"1200"}]`, `1200`},
		{"price", `[{"value":3}]`, `3`},
		{"numeric", `[{"value":"n/a"}]`, `"n/a"`},
		{"numeric", `[{"value":"Inf"}]`, `"Inf"`},
		{"checkbox", `[{"value":true}]`, `true`},
		{"checkbox", `[{"value":"0"}]`, `false`},
		{"date", `[{"value":1796104800}]`, `"2026-12-01"`}, // midnight in Mexico
		{"date", `[{"value":1796083200}]`, `"2026-12-01"`}, // midnight in UTC
		{"birthday", `[{"value":"1990-05-17T00:00:00-06:00"}]`, `"1990-05-17"`},
		{"date", `[{"value":"soon"}]`, `"soon"`},
		{"date_time", `[{"value":1796159400}]`, `"2026-12-01T15:10:00-06:00"`},
		{"select", `[{"value":"Red","enum_id":1}]`, `"Rojo"`},
		{"select", `[{"value":"Gone","enum_id":99}]`, `"Gone"`},
		{"multiselect", `[{"value":"Rojo","enum_id":1},{"enum_id":3}]`, `["Rojo","Verde"]`},
		{"multitext", `[{"value":"+521","enum_code":"WORK"},{"value":52}]`, `["+521","52"]`},
		{"smart_address", `[{"value":"Main 1","enum_code":"address_line_1"},{"value":"MX","enum_id":6},{"value":""}]`, `{"address_line_1":"Main 1","country":"MX"}`},
		{"legal_entity", `[{"value":{"name":"A","kpp":"","unp":null}}]`, `{"name":"A"}`},
		{"legal_entity", `[{"value":{"name":"A","entity_type":"2","vat_id":"0123"}}]`, `{"entity_type":2,"name":"A","vat_id":"0123"}`},
		{"linked_entity", `[{"value":{"entity_id":"5","entity_type":"contacts"}}]`, `{"entity_id":5,"entity_type":"contacts"}`},
		{"file", `[{"value":null}]`, `null`},
		{"items", `[{"value":{"sku":"1"}},{"value":{"sku":"2"}}]`, `[{"sku":"1"},{"sku":"2"}]`},
		{"chained_list", `[{"catalog_id":4,"catalog_element_id":77}]`, `[{"catalog_element_id":77,"catalog_id":4}]`},
	} {
		f, err := field(everyType(), kommo.Leads, "my "+tt.kind)
		if err != nil {
			t.Fatal(err)
		}
		var held kommo.FieldValue
		if err := json.Unmarshal([]byte(tt.values), &held.Values); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(Plain(f, held, zone))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s %s = %s, %v; want %s", tt.kind, tt.values, got, err, tt.want)
		}
	}
}

func TestFieldsAreNamedOnce(t *testing.T) {
	zone := mexico(t)
	_, err := fieldWrites(everyType(), kommo.Leads, map[string]any{"my text": "a", "1000": "b"}, zone, parseForTest(zone))
	candidateNames(t, err, problem.InvalidArgument, "fields.my text")
	_, err = fieldWrites(everyType(), kommo.Leads, map[string]any{"My txet": "a"}, zone, parseForTest(zone))
	if got := candidateNames(t, err, problem.NotFound, "fields.My txet"); got[0] != "My text|text" {
		t.Errorf("candidates %q", got)
	}
	_, err = fieldWrites(everyType(), kommo.Leads, map[string]any{"Sum": 1.0}, zone, parseForTest(zone))
	candidateNames(t, err, problem.InvalidArgument, "fields.Sum")
	_, err = fieldWrites(List[Field]{Unavailable: "Kommo says no."}, kommo.Leads, map[string]any{"Sum": 1.0}, zone, parseForTest(zone))
	candidateNames(t, err, problem.Unavailable, "fields.Sum")
}

func FuzzEncode(f *testing.F) {
	for _, seed := range []string{`"abc"`, `12.5`, `[1,"a",null]`, `{"value":"1","code":"MOB"}`, `{"name":{}}`, `[[]]`, `{"catalog_id":"4"}`} {
		f.Add(seed)
	}
	types := everyType().Items
	f.Fuzz(func(t *testing.T, plain string) {
		var v any
		if json.Unmarshal([]byte(plain), &v) != nil {
			return
		}
		for _, one := range types {
			values, err := encoder{field: one, argument: "fields.X", zone: time.UTC, parse: parseForTest(time.UTC)}.encode(v)
			if err != nil {
				if _, ok := errors.AsType[*problem.Problem](err); !ok {
					t.Errorf("%s %s: %v explains nothing", one.Type, plain, err)
				}
				continue
			}
			if _, err := json.Marshal(kommo.FieldValueWrite{FieldID: 1, Values: values}); err != nil {
				t.Errorf("%s %s gave values that cannot be sent: %v", one.Type, plain, err)
			}
			if v != nil && len(values) == 0 {
				t.Errorf("%s %s would clear the field", one.Type, plain)
			}
		}
	})
}
