package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func (r reply) array() []map[string]any {
	r.t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal(r.raw, &rows); err != nil {
		r.t.Fatalf("%v in %s", err, r.raw)
	}
	return rows
}

const annWithPhone = `{"name":"Roof %s","_embedded":{"contacts":[{"first_name":"Ann","request_id":"c","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"+1 555 010 2030"}]}]}],"companies":[{"name":"Acme"}]}}`

func TestComplexLeadMakesAndLinksAllThree(t *testing.T) {
	g := newRig(t)
	rows := g.post("/leads/complex", `[`+fmt.Sprintf(annWithPhone, "1")+`,{"name":"Bare","request_id":"w-7"}]`).want(200).array()
	if string(mustJSON(rows[0]["request_id"])) != `["0"]` || string(mustJSON(rows[1]["request_id"])) != `["w-7"]` {
		t.Errorf("request ids %v, %v", rows[0]["request_id"], rows[1]["request_id"])
	}
	if rows[0]["merged"] != false || rows[1]["contact_id"] != nil {
		t.Errorf("rows %v", rows)
	}
	contact := int64(rows[0]["contact_id"].(float64))
	r := g.get(fmt.Sprintf("/leads/%.0f?with=contacts", rows[0]["id"])).want(200)
	r.eq(contact, "_embedded", "contacts", 0, "id")
	r.eq(true, "_embedded", "contacts", 0, "is_main")
	r.eq(rows[0]["company_id"], "_embedded", "companies", 0, "id")
	g.get(fmt.Sprintf("/contacts/%d", contact)).eq(rows[0]["company_id"], "_embedded", "companies", 0, "id")
	g.get("/leads?query=5550102030").eq(rows[0]["id"], "_embedded", "leads", 0, "id")
	again := g.post("/leads/complex", fmt.Sprintf(`[{"_embedded":{"contacts":[{"id":%d}]}}]`, contact)).want(200).array()
	if again[0]["contact_id"] != float64(contact) {
		t.Errorf("an existing contact is reused, got %v", again[0])
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func TestComplexLeadIsChecked(t *testing.T) {
	g := newRig(t)
	values := strings.TrimSuffix(strings.Repeat(`{"field_code":"POSITION","values":[{"value":"x"}]},`, 41), ",")
	for body, want := range map[string][2]string{
		`{"_embedded":{"contacts":[{"id":5}]}}`:                                                 {"NotSupportedChoice", "_embedded.contacts.0.id"},
		`{"_embedded":{"contacts":[{"name":"a"},{"name":"b"}]}}`:                                {"TooMany", "_embedded.contacts"},
		`{"_embedded":{"contacts":[{"responsible_user_id":"x"}]}}`:                              {"InvalidType", "_embedded.contacts.0.responsible_user_id"},
		`{"_embedded":{"metadata":{"category":"chats"}}}`:                                       {"NotSupportedChoice", "_embedded.metadata"},
		`{"_embedded":{"contacts":[{"custom_fields_values":[` + values + `]}]}}`:                {"TooMany", "_embedded.contacts.0.custom_fields_values"},
		`{"_embedded":{"companies":[{"custom_fields_values":[{"field_id":1,"values":null}]}]}}`: {"NotSupportedChoice", "_embedded.companies.0.custom_fields_values.0.field_id"},
	} {
		r := g.post("/leads/complex", "["+body+"]").want(400)
		r.eq(want[0], "validation-errors", 0, "errors", 0, "code")
		r.eq(want[1], "validation-errors", 0, "errors", 0, "path")
	}
	g.post("/leads/complex", "["+strings.TrimSuffix(strings.Repeat(`{"name":"x"},`, 51), ",")+"]").want(422)
	g.get("/leads").want(204)
	g.get("/contacts").want(204)
}

func TestComplexLeadWithMetadataIsIncoming(t *testing.T) {
	g := newRig(t)
	a := g.s.byHost[g.host]
	p := mainPipeline(a)
	body := fmt.Sprintf(`[{"status_id":%d,"_embedded":{"metadata":{"category":"forms","form_name":"Site","ip":"192.0.2.4"},"contacts":[{"name":"Ann"}]}}]`, p.first().ID)
	row := g.post("/leads/complex", body).want(200).array()[0]
	g.get(fmt.Sprintf("/leads/%.0f", row["id"])).eq(p.Statuses[0].ID, "status_id")
	for _, in := range incomings(a).all() {
		if in.Category != "forms" || in.Metadata["ip"] != "192.0.2.4" || float64(in.ContactID) != row["contact_id"] {
			t.Errorf("incoming lead %+v", in)
		}
		return
	}
	t.Error("no incoming lead was stored")
}

func TestDuplicateControlMergesOnlyWhenItIsOn(t *testing.T) {
	for _, on := range []bool{false, true} {
		g := newRig(t, WithSwitches(Switches{DuplicateControl: on}))
		both := `[` + fmt.Sprintf(annWithPhone, "1") + `,` + fmt.Sprintf(annWithPhone, "2") + `]`
		first := g.post("/leads/complex", both).want(200).array()
		if first[0]["id"] == first[1]["id"] {
			t.Error("items of one request are never merged")
		}
		next := g.post("/leads/complex", `[`+fmt.Sprintf(annWithPhone, "3")+`]`).want(200).array()[0]
		if next["merged"] != on || (next["id"] == first[1]["id"]) != on {
			t.Errorf("control %v: %v after %v", on, next, first)
		}
		name := map[bool]string{false: "Roof 2", true: "Roof 3"}[on]
		g.get(fmt.Sprintf("/leads/%.0f", first[1]["id"])).eq(name, "name")
	}
}
