package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestEveryFieldTypeIsStoredAndRead(t *testing.T) {
	g := newRig(t)
	for _, tc := range []struct{ entity, typ, write, read string }{
		{"leads", "text", `[{"value":"abc","enum_id":null,"enum_code":null}]`, `[{"value":"abc"}]`},
		{"leads", "text", `[{"value":5}]`, `[{"value":"5"}]`},
		{"leads", "textarea", `[{"value":"a\nb"}]`, `[{"value":"a\nb"}]`},
		{"leads", "streetaddress", `[{"value":"Main 1"}]`, `[{"value":"Main 1"}]`},
		{"leads", "url", `[{"value":"https://x.io"}]`, `[{"value":"https://x.io"}]`},
		{"leads", "tracking_data", `[{"value":"google"}]`, `[{"value":"google"}]`},
		{"leads", "numeric", `[{"value":12.5}]`, `[{"value":"12.5"}]`},
		{"leads", "monetary", `[{"value":"100"}]`, `[{"value":"100"}]`},
		{"leads", "checkbox", `[{"value":true}]`, `[{"value":true}]`},
		{"leads", "date", `[{"value":"2025-10-09T00:00:00+00:00"}]`, `[{"value":1759968000}]`},
		{"leads", "birthday", `[{"value":1759968000}]`, `[{"value":1759968000}]`},
		{"leads", "date_time", `[{"value":"2025-10-09T02:00:00+02:00"}]`, `[{"value":1759968000}]`},
		{"contacts", "multitext", `[{"value":"+1 555"},{"value":"2","enum_code":"HOME"}]`, `[{"value":"+1 555","enum_id":E,"enum_code":"WORK"},{"value":"2","enum_id":E,"enum_code":"HOME"}]`},
		{"companies", "smart_address", `[{"value":"Riga","enum_code":"city"},{"value":"LV","enum_id":6}]`, `[{"value":"Riga","enum_id":3,"enum_code":"city"},{"value":"LV","enum_id":6,"enum_code":"country"}]`},
		{"leads", "file", `[{"value":{"file_uuid":"u","version_uuid":"v","file_name":"a.pdf","file_size":10}}]`, `[{"value":{"file_uuid":"u","version_uuid":"v","file_name":"a.pdf","file_size":10}}]`},
		{"leads", "chained_list", `[{"catalog_id":4,"catalog_element_id":77}]`, `[{"catalog_id":4,"catalog_element_id":77}]`},
	} {
		id, _ := g.field(tc.entity, fmt.Sprintf(`{"name":"F","type":"%s"}`, tc.typ))
		made := g.made(tc.entity, "/"+tc.entity, fmt.Sprintf(`[{"custom_fields_values":[{"field_id":%d,"field_code":null,"values":%s}]}]`, id, tc.write))
		path := fmt.Sprintf("/%s/%d", tc.entity, made[0])
		r := g.get(path).want(200)
		r.eq(tc.typ, "custom_fields_values", 0, "field_type")
		sameValues(t, tc.typ, r.at("custom_fields_values", 0, "values"), tc.read)
		g.patch(path, fmt.Sprintf(`{"custom_fields_values":[{"field_id":%d,"values":null}]}`, id)).want(200)
		g.get(path).eq(nil, "custom_fields_values")
	}
}

// sameValues compares as JSON; E in want stands for any id.
func sameValues(t *testing.T, what string, got any, want string) {
	t.Helper()
	var exp any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(want, "E,", "0,")), &exp); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(want, "E,") {
		for _, v := range got.([]any) {
			v.(map[string]any)["enum_id"] = 0.0
		}
	}
	x, _ := json.Marshal(got)
	y, _ := json.Marshal(exp)
	if string(x) != string(y) {
		t.Errorf("%s reads %s, want %s", what, x, y)
	}
}

func TestLegalEntityReadsEveryKeyAndRefusesForeignOnes(t *testing.T) {
	g := newRig(t)
	id, _ := g.field("companies", `{"name":"Legal","type":"legal_entity"}`)
	write := `[{"custom_fields_values":[{"field_id":%d,"values":[{"value":%s}]}]}]`
	made := g.made("companies", "/companies", fmt.Sprintf(write, id, `{"name":"Acme","entity_type":2,"vat_id":"1","kpp":null}`))
	r := g.get(fmt.Sprintf("/companies/%d", made[0]))
	r.eq("Acme", "custom_fields_values", 0, "values", 0, "value", "name")
	r.eq(nil, "custom_fields_values", 0, "values", 0, "value", "oked")
	bad := g.post("/companies", fmt.Sprintf(write, id, `{"name":"Acme","unp":"1"}`)).want(400)
	bad.eq("FieldNotExpected", "validation-errors", 0, "errors", 0, "code")
	bad.eq("custom_fields_values.0.values.0.value.unp", "validation-errors", 0, "errors", 0, "path")
	g.post("/companies", fmt.Sprintf(write, id, `{"vat_id":"1"}`)).want(400).eq("FieldMissing", "validation-errors", 0, "errors", 0, "code")
}

func TestChoicesByValueIDAndCode(t *testing.T) {
	g := newRig(t)
	enums := `"enums":[{"value":"Red","sort":1,"code":"red"},{"value":"Blue","sort":2}]`
	sel, ids := g.field("leads", `{"name":"S","type":"select",`+enums+`}`)
	multi, mids := g.field("leads", `{"name":"M","type":"multiselect",`+strings.ReplaceAll(enums, `"red"`, `"r2"`)+`}`)
	write := `[{"custom_fields_values":[{"field_id":%d,"values":%s}]}]`
	for _, v := range []string{`[{"value":"Red"}]`, `[{"enum_code":"red"}]`, fmt.Sprintf(`[{"enum_id":%d,"value":null}]`, ids[0])} {
		lead := g.made("leads", "/leads", fmt.Sprintf(write, sel, v))[0]
		r := g.get(fmt.Sprintf("/leads/%d", lead))
		r.eq(map[string]any{"value": "Red", "enum_id": ids[0], "enum_code": "red"}, "custom_fields_values", 0, "values", 0)
	}
	for _, tc := range []struct {
		id               int64
		v, code, subpath string
	}{
		{sel, `[{"value":"Green"}]`, "NotSupportedChoice", "values.0.value"},
		{sel, `[{"enum_id":1}]`, "NotSupportedChoice", "values.0.enum_id"},
		{sel, `[{"enum_code":"no"}]`, "NotSupportedChoice", "values.0.enum_code"},
		{sel, `[{}]`, "FieldMissing", "values.0.value"},
		{sel, `[]`, "TooFew", "values"},
		{sel, `"Red"`, "InvalidType", "values"},
		{multi, `[{"enum_code":"r2"}]`, "FieldNotExpected", "values.0.enum_code"},
		{999, `[{"value":"x"}]`, "NotSupportedChoice", "field_id"},
	} {
		r := g.post("/leads", fmt.Sprintf(write, tc.id, tc.v)).want(400)
		r.eq(tc.code, "validation-errors", 0, "errors", 0, "code")
		r.eq("custom_fields_values.0."+tc.subpath, "validation-errors", 0, "errors", 0, "path")
	}
	g.made("leads", "/leads", fmt.Sprintf(write, multi, fmt.Sprintf(`[{"enum_id":%d},{"value":"Red"}]`, mids[1])))
	filter := fmt.Sprintf("/leads?filter[custom_fields_values][%d][]=%%d", multi)
	g.get(fmt.Sprintf(filter, mids[1])).want(200).eq("Blue", "_embedded", "leads", 0, "custom_fields_values", 0, "values", 0, "value")
	g.get(fmt.Sprintf(filter, ids[0])).want(204)
}

func TestPhonesAreFoundByTheirDigits(t *testing.T) {
	g := newRig(t)
	body := `[{"name":"Ann","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"+1 (555) 010-2030","enum_code":"%s"}]}]}]`
	id := g.made("contacts", "/contacts", fmt.Sprintf(body, "MOB"))[0]
	for _, q := range []string{"5550102030", "15550102030", "%2B1+555+010-20-30", "0102"} {
		g.get("/contacts?query="+q).want(200).eq(id, "_embedded", "contacts", 0, "id")
	}
	g.get("/contacts?query=85550102030").want(204)
	r := g.post("/contacts", fmt.Sprintf(body, "PRIV")).want(400)
	r.eq("custom_fields_values.0.values.0.enum_code", "validation-errors", 0, "errors", 0, "path")
	g.post("/contacts", `[{"custom_fields_values":[]}]`).want(400).eq("TooFew", "validation-errors", 0, "errors", 0, "code")
}
