package setup_test

import (
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/setup"
)

func newFieldRig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, setup.ListCustomFields, setup.CreateCustomField, setup.UpdateCustomField, setup.DeleteCustomField,
		setup.CreateFieldGroup, setup.UpdateFieldGroup, setup.DeleteFieldGroup)
}

func TestFieldLife(t *testing.T) {
	r := newFieldRig(t)
	group := r.do("GET POST", "create_field_group", `{"name":"Survey"}`)
	if group.keys["group_id"] == nil || !strings.Contains(group.json("created"), "Survey") {
		t.Errorf("group %s", group.text)
	}
	made := r.do("GET GET POST GET", "create_custom_field", `{"name":"Slope","type":"select","options":["Flat","Steep"],"group":"survey","code":"SLOPE"}`)
	f, err := r.names.Field(t.Context(), kommo.Leads, "slope")
	if err != nil || len(f.Options) != 2 || float64(f.ID) != made.keys["id"] {
		t.Fatalf("the directory knows %+v, %v", f, err)
	}
	lead, err := r.api.Leads.Create(t.Context(), []kommo.LeadWrite{{
		Name: "Barn", Fields: []kommo.FieldValueWrite{{FieldID: f.ID, Values: []kommo.ValueWrite{{EnumID: f.Options[1].ID}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	changed := r.do("GET PATCH GET", "update_custom_field",
		`{"field":"SLOPE","name":"Roof slope","add_options":["Dome","flat"],"rename_options":["Steep => Very steep"]}`)
	if changed.json("before") != `{"name":"Slope","options":["Flat","Steep"]}` || changed.json("after") != `{"name":"Roof slope","options":["Flat","Very steep","Dome"]}` {
		t.Errorf("changed %s", changed.text)
	}
	l, err := r.api.Leads.Get(t.Context(), lead[0].ID)
	if err != nil || len(l.Fields) != 1 || l.Fields[0].Values[0].EnumID == nil || *l.Fields[0].Values[0].EnumID != f.Options[1].ID {
		t.Errorf("the lead lost its value: %+v, %v", l.Fields, err)
	}
	if same := r.do("GET", "update_custom_field", `{"field":"Roof slope","add_options":["Dome"]}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	removed := r.do("GET PATCH GET", "update_custom_field", `{"field":"Roof slope","remove_options":["flat"]}`)
	if removed.json("after") != `{"options":["Very steep","Dome"]}` {
		t.Errorf("removed %s", removed.text)
	}
	moved := r.do("GET GET PATCH GET", "update_custom_field", `{"field":"Roof slope","group":"Main","api_only":true}`)
	if moved.json("before") != `{"api_only":false,"group":"Survey"}` || moved.json("after") != `{"api_only":true,"group":"Main"}` {
		t.Errorf("moved %s", moved.text)
	}
	rows := r.do("GET GET", "list_custom_fields", `{"limit":100}`)
	if !strings.Contains(rows.json("items"), `"options":["Very steep","Dome"]`) || !strings.Contains(rows.json("groups"), "Survey") {
		t.Errorf("rows %s", rows.text)
	}
	r.refused("GET", "duplicate", "update_custom_field", `{"field":"Roof slope","name":"roof type"}`, "Roof type")
	r.refused("GET", "duplicate", "update_field_group", `{"group":"Survey","name":"main"}`, "Main")
	gone := r.do("GET DELETE GET", "delete_custom_field", `{"field":"Roof slope"}`)
	if gone.keys["deleted"] != true || gone.json("before") != `{"options":["Very steep","Dome"],"type":"select"}` {
		t.Errorf("gone %s", gone.text)
	}
	if _, err := r.names.Field(t.Context(), kommo.Leads, "Roof slope"); err == nil {
		t.Error("the directory still knows the deleted field")
	}
}

func TestFieldRefusals(t *testing.T) {
	r := newFieldRig(t)
	r.refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"select"}`, "options")
	r.refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"text","options":["a"]}`, "no options")
	r.refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"select","options":["a","A"]}`, "twice")
	r.refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"multitext"}`, "Leads")
	r.refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"text","currency":"USD"}`, "monetary")
	r.refused("GET", "duplicate", "create_custom_field", `{"name":"roof type","type":"text"}`, "Roof type")
	r.refused("GET", "not_found", "create_custom_field", `{"name":"A","type":"text","group":"Nowhere"}`, "Main")
	r.refused("GET", "not_found", "update_custom_field", `{"field":"Roof type","remove_options":["Thatched"]}`, "Thatched", "Metal")
	r.refused("GET", "invalid_argument", "update_custom_field", `{"field":"Roof type","rename_options":["Metal"]}`, "=>")
	r.refused("GET", "invalid_argument", "update_custom_field", `{"field":"Budget","add_options":["a"]}`, "no options")
	r.refused("GET", "unprocessable", "delete_custom_field", `{"kind":"contact","field":"Phone"}`, "belongs to Kommo")
}

func TestFieldLostAnswers(t *testing.T) {
	r := newFieldRig(t)
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/leads/custom_fields", Kind: sandbox.FaultLostAnswer})
	if made := r.do("GET POST GET GET", "create_custom_field", `{"name":"Slope","type":"numeric"}`); made.keys["looked_up"] != true {
		t.Errorf("made %s", made.text)
	}
	r.box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/leads/custom_fields", Kind: sandbox.FaultLostAnswer})
	if gone := r.do("GET DELETE GET GET", "delete_custom_field", `{"field":"Slope"}`); gone.keys["looked_up"] != true {
		t.Errorf("gone %s", gone.text)
	}
}

func TestGroupLife(t *testing.T) {
	r := newFieldRig(t)
	made := r.do("GET POST", "create_field_group", `{"kind":"company","name":"Survey"}`)
	r.refused("GET", "duplicate", "create_field_group", `{"kind":"company","name":"SURVEY"}`, "Survey")
	changed := r.do("GET PATCH", "update_field_group", `{"kind":"company","group":"Survey","name":"Site"}`)
	if changed.json("before") != `{"name":"Survey"}` || changed.json("after") != `{"name":"Site"}` || changed.keys["group_id"] != made.keys["group_id"] {
		t.Errorf("changed %s", changed.text)
	}
	if same := r.do("GET", "update_field_group", `{"kind":"company","group":"Site","name":"Site"}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	if gone := r.do("GET DELETE", "delete_field_group", `{"kind":"company","group":"site"}`); gone.keys["deleted"] != true {
		t.Errorf("gone %s", gone.text)
	}
	r.refused("GET", "unprocessable", "delete_field_group", `{"group":"Main"}`, "Kommo")
}
