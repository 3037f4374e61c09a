package setup_test

import (
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/setup"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func newFieldRig(t *testing.T) *toolstest.Rig {
	t.Helper()
	return toolstest.New(t, setup.ListCustomFields, setup.CreateCustomField, setup.UpdateCustomField, setup.DeleteCustomField,
		setup.CreateFieldGroup, setup.UpdateFieldGroup, setup.DeleteFieldGroup)
}

// What a lead must have in a stage, and what it hides there, is set by the names of
// pipelines and stages, and changed as a whole.
func TestFieldBoundToStages(t *testing.T) {
	r := newFieldRig(t)
	r.Do("GET POST GET", "create_custom_field",
		`{"name":"Slope","type":"text","required_stages":["Residential solar / Proposal sent","Roof repair / won"],"hidden_stages":["Qualified"]}`)
	row := r.Do("GET GET", "list_custom_fields", `{"limit":100}`).JSON("items")
	want := `"required_stages":["Residential solar / Proposal sent","Roof repair / Closed - won"]`
	if !strings.Contains(row, want) || !strings.Contains(row, `"hidden_stages":["Residential solar / Qualified"]`) {
		t.Errorf("the list says %s", row)
	}
	same := r.Do("GET", "update_custom_field", `{"field":"Slope","required_stages":["Roof repair / won","residential solar/proposal sent"]}`)
	if same.Keys["unchanged"] != true || same.Keys["warnings"] != nil {
		t.Errorf("same %s", same.Text)
	}
	changed := r.Do("GET PATCH GET", "update_custom_field", `{"field":"Slope","required_stages":[],"hidden_stages":["Site survey"]}`)
	if changed.JSON("after") != `{"hidden_stages":["Residential solar / Site survey"],"required_stages":[]}` {
		t.Errorf("changed %s", changed.Text)
	}
	if row := r.Do("GET GET", "list_custom_fields", `{"limit":100}`).JSON("items"); strings.Contains(row, "required_stages") {
		t.Errorf("the list still says %s", row)
	}
	r.Refused("GET", "ambiguous", "update_custom_field", `{"field":"Slope","required_stages":["Negotiation"]}`, "required_stages", "Roof repair")
	// An unknown name is looked up anew once.
	r.Refused("GET GET", "not_found", "update_custom_field", `{"field":"Slope","hidden_stages":["Qualifed"]}`, "hidden_stages", "Qualified")
	r.Refused("", "invalid_argument", "create_custom_field", `{"kind":"contact","name":"Age","type":"numeric","required_stages":["Qualified"]}`, "leads")
}

func TestFieldLife(t *testing.T) {
	r := newFieldRig(t)
	group := r.Do("GET POST", "create_field_group", `{"name":"Survey"}`)
	if group.Keys["group_id"] == nil || !strings.Contains(group.JSON("created"), "Survey") {
		t.Errorf("group %s", group.Text)
	}
	made := r.Do("GET GET POST GET", "create_custom_field", `{"name":"Slope","type":"select","options":["Flat","Steep"],"group":"survey","code":"SLOPE"}`)
	f, err := r.Names.Field(t.Context(), kommo.Leads, "slope")
	if err != nil || len(f.Options) != 2 || float64(f.ID) != made.Keys["id"] {
		t.Fatalf("the directory knows %+v, %v", f, err)
	}
	lead, err := r.API.Leads.Create(t.Context(), []kommo.LeadWrite{{
		Name: "Barn", Fields: []kommo.FieldValueWrite{{FieldID: f.ID, Values: []kommo.ValueWrite{{EnumID: f.Options[1].ID}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	changed := r.Do("GET PATCH GET", "update_custom_field",
		`{"field":"SLOPE","name":"Roof slope","add_options":["Dome","flat"],"rename_options":["Steep => Very steep"]}`)
	if changed.JSON("before") != `{"name":"Slope","options":["Flat","Steep"]}` || changed.JSON("after") != `{"name":"Roof slope","options":["Flat","Very steep","Dome"]}` {
		t.Errorf("changed %s", changed.Text)
	}
	l, err := r.API.Leads.Get(t.Context(), lead[0].ID)
	if err != nil || len(l.Fields) != 1 || l.Fields[0].Values[0].EnumID == nil || *l.Fields[0].Values[0].EnumID != f.Options[1].ID {
		t.Errorf("the lead lost its value: %+v, %v", l.Fields, err)
	}
	if same := r.Do("GET", "update_custom_field", `{"field":"Roof slope","add_options":["Dome"]}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	removed := r.Do("GET PATCH GET", "update_custom_field", `{"field":"Roof slope","remove_options":["flat"]}`)
	if removed.JSON("after") != `{"options":["Very steep","Dome"]}` {
		t.Errorf("removed %s", removed.Text)
	}
	moved := r.Do("GET GET PATCH GET", "update_custom_field", `{"field":"Roof slope","group":"Main","api_only":true}`)
	if moved.JSON("before") != `{"api_only":false,"group":"Survey"}` || moved.JSON("after") != `{"api_only":true,"group":"Main"}` {
		t.Errorf("moved %s", moved.Text)
	}
	rows := r.Do("GET GET", "list_custom_fields", `{"limit":100}`)
	if !strings.Contains(rows.JSON("items"), `"options":["Very steep","Dome"]`) || !strings.Contains(rows.JSON("groups"), "Survey") {
		t.Errorf("rows %s", rows.Text)
	}
	r.Refused("GET", "duplicate", "update_custom_field", `{"field":"Roof slope","name":"roof type"}`, "Roof type")
	r.Refused("GET", "duplicate", "update_field_group", `{"group":"Survey","name":"main"}`, "Main")
	gone := r.Do("GET DELETE GET", "delete_custom_field", `{"field":"Roof slope"}`)
	if gone.Keys["deleted"] != true || gone.JSON("before") != `{"options":["Very steep","Dome"],"type":"select"}` {
		t.Errorf("gone %s", gone.Text)
	}
	if _, err := r.Names.Field(t.Context(), kommo.Leads, "Roof slope"); err == nil {
		t.Error("the directory still knows the deleted field")
	}
}

func TestFieldRefusals(t *testing.T) {
	r := newFieldRig(t)
	r.Refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"select"}`, "options")
	r.Refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"text","options":["a"]}`, "no options")
	r.Refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"select","options":["a","A"]}`, "twice")
	r.Refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"multitext"}`, "Leads")
	r.Refused("", "invalid_argument", "create_custom_field", `{"name":"A","type":"text","currency":"USD"}`, "monetary")
	r.Refused("GET", "duplicate", "create_custom_field", `{"name":"roof type","type":"text"}`, "Roof type")
	r.Refused("GET", "not_found", "create_custom_field", `{"name":"A","type":"text","group":"Nowhere"}`, "Main")
	r.Refused("GET", "not_found", "update_custom_field", `{"field":"Roof type","remove_options":["Thatched"]}`, "Thatched", "Metal")
	r.Refused("GET", "invalid_argument", "update_custom_field", `{"field":"Roof type","rename_options":["Metal"]}`, "=>")
	r.Refused("GET", "invalid_argument", "update_custom_field", `{"field":"Budget","add_options":["a"]}`, "no options")
	r.Refused("GET", "unprocessable", "delete_custom_field", `{"kind":"contact","field":"Phone"}`, "belongs to Kommo")
}

func TestFieldLostAnswers(t *testing.T) {
	r := newFieldRig(t)
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/leads/custom_fields", Kind: sandbox.FaultLostAnswer})
	if made := r.Do("GET POST GET GET", "create_custom_field", `{"name":"Slope","type":"numeric"}`); made.Keys["looked_up"] != true {
		t.Errorf("made %s", made.Text)
	}
	r.Box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/leads/custom_fields", Kind: sandbox.FaultLostAnswer})
	if gone := r.Do("GET DELETE GET GET", "delete_custom_field", `{"field":"Slope"}`); gone.Keys["looked_up"] != true {
		t.Errorf("gone %s", gone.Text)
	}
}

func TestGroupLife(t *testing.T) {
	r := newFieldRig(t)
	made := r.Do("GET POST", "create_field_group", `{"kind":"company","name":"Survey"}`)
	r.Refused("GET", "duplicate", "create_field_group", `{"kind":"company","name":"SURVEY"}`, "Survey")
	changed := r.Do("GET PATCH", "update_field_group", `{"kind":"company","group":"Survey","name":"Site"}`)
	if changed.JSON("before") != `{"name":"Survey"}` || changed.JSON("after") != `{"name":"Site"}` || changed.Keys["group_id"] != made.Keys["group_id"] {
		t.Errorf("changed %s", changed.Text)
	}
	if same := r.Do("GET", "update_field_group", `{"kind":"company","group":"Site","name":"Site"}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	if gone := r.Do("GET DELETE", "delete_field_group", `{"kind":"company","group":"site"}`); gone.Keys["deleted"] != true {
		t.Errorf("gone %s", gone.Text)
	}
	r.Refused("GET", "unprocessable", "delete_field_group", `{"group":"Main"}`, "Kommo")
}
