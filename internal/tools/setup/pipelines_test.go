package setup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/setup"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func newPipelineRig(t *testing.T) *toolstest.Rig {
	t.Helper()
	return toolstest.New(t, setup.ListPipelines, setup.CreatePipeline, setup.UpdatePipeline, setup.DeletePipeline,
		setup.CreateStage, setup.UpdateStage, setup.DeleteStage)
}

const partners = `{"name":"Partners","stages":["Lead in","Talks","Contract"],"incoming_leads":false}`

func TestPipelineLife(t *testing.T) {
	r := newPipelineRig(t)
	made := r.Do("GET POST GET", "create_pipeline", partners)
	if n := strings.Count(made.JSON("created"), `"kind":"stage"`); n != 3 || !strings.Contains(made.JSON("created"), `"kind":"pipeline"`) {
		t.Errorf("made %s", made.Text)
	}
	if s, err := r.Names.Stage(t.Context(), "Partners / Talks", nil); err != nil || s.PipelineName != "Partners" {
		t.Errorf("the directory does not know the new stage: %+v, %v", s, err)
	}
	r.Refused("GET", "duplicate", "create_pipeline", partners, "Partners")
	changed := r.Do("GET PATCH GET", "update_pipeline", `{"pipeline":"partners","name":"Resellers","main":true,"incoming_leads":false}`)
	if changed.JSON("before") != `{"main":false,"name":"Partners"}` || changed.JSON("after") != `{"main":true,"name":"Resellers"}` {
		t.Errorf("changed %s", changed.Text)
	}
	if same := r.Do("GET", "update_pipeline", `{"pipeline":"Resellers","main":true}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	r.Refused("GET", "invalid_argument", "update_pipeline", `{"pipeline":"Resellers","main":false}`, "another pipeline")
	if rows := r.Do("GET", "list_pipelines", `{"limit":100}`); !strings.Contains(rows.JSON("items"), `"Resellers"`) || !strings.Contains(rows.JSON("items"), `"kind":"won"`) {
		t.Errorf("rows %s", rows.Text)
	}
	r.Refused("GET", "duplicate", "update_pipeline", `{"pipeline":"Resellers","name":"roof repair"}`, "Roof repair")
	r.Refused("GET", "duplicate", "update_stage", `{"pipeline":"Resellers","stage":"Talks","name":"contract"}`, "Contract")
	gone := r.Do("GET DELETE GET", "delete_pipeline", `{"pipeline":"Resellers"}`)
	if gone.Keys["deleted"] != true || !strings.Contains(gone.JSON("before"), "Talks") {
		t.Errorf("gone %s", gone.Text)
	}
	if _, err := r.Names.Pipeline(t.Context(), "Resellers"); err == nil {
		t.Error("the directory still knows the deleted pipeline")
	}
}

func TestPipelineRefusals(t *testing.T) {
	r := newPipelineRig(t)
	r.Refused("", "invalid_argument", "create_pipeline", `{"name":"A","stages":["One","one"]}`, "one")
	r.Refused("GET DELETE", "unprocessable", "delete_pipeline", `{"pipeline":"Roof repair"}`, "move_lead_stage")
	r.Refused("GET", "not_found", "delete_pipeline", `{"pipeline":"Nowhere"}`, "Roof repair")
}

func TestStageLife(t *testing.T) {
	r := newPipelineRig(t)
	r.Do("GET POST GET", "create_pipeline", partners)
	made := r.Do("GET POST GET", "create_stage", `{"pipeline":"Partners","name":"Visit","color":"FFDBDB","position":2}`)
	if stages := order(t, r); stages != "Lead in, Visit, Talks, Contract" {
		t.Errorf("made %s: the order is %s", made.Text, stages)
	}
	r.Refused("GET", "duplicate", "create_stage", `{"pipeline":"Partners","name":"visit"}`, "Visit")
	moved := r.Do("GET PATCH GET", "update_stage", `{"pipeline":"Partners","stage":"Visit","name":"Site visit","color":"blue","position":9}`)
	if stages := order(t, r); stages != "Lead in, Talks, Contract, Site visit" {
		t.Errorf("moved %s: the order is %s", moved.Text, stages)
	}
	if moved.JSON("before") != `{"color":"#ffdbdb","name":"Visit","position":2}` || moved.JSON("after") != `{"color":"#98cbff","name":"Site visit","position":4}` {
		t.Errorf("moved %s", moved.Text)
	}
	if same := r.Do("GET", "update_stage", `{"pipeline":"Partners","stage":"site visit","color":"98CBFF","position":4}`); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	r.Do("GET PATCH GET", "update_stage", `{"pipeline":"Partners","stage":"Site visit","position":1}`)
	if stages := order(t, r); stages != "Site visit, Lead in, Talks, Contract" {
		t.Errorf("the order is %s", stages)
	}
	r.Do("GET PATCH GET", "update_stage", `{"pipeline":"Partners","stage":"won","name":"Signed"}`)
	r.Refused("GET", "invalid_argument", "update_stage", `{"pipeline":"Partners","stage":"won","color":"red"}`, "every pipeline")
	gone := r.Do("GET DELETE GET", "delete_stage", `{"pipeline":"Partners","stage":"Talks"}`)
	if gone.Keys["deleted"] != true || !strings.Contains(gone.JSON("before"), "Partners") {
		t.Errorf("gone %s", gone.Text)
	}
	r.Refused("GET", "unprocessable", "delete_stage", `{"pipeline":"Partners","stage":"lost"}`, "update_stage")
}

// order is the pipeline's own stages as the account shows them.
func order(t *testing.T, r *toolstest.Rig) string {
	t.Helper()
	all, err := r.API.Pipelines.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range all {
		for _, s := range p.Embedded.Statuses {
			if p.Name == "Partners" && s.Editable {
				names = append(names, s.Name)
			}
		}
	}
	return strings.Join(names, ", ")
}

func TestColorsAreCheckedBeforeSending(t *testing.T) {
	r := newPipelineRig(t)
	r.Refused("", "invalid_argument", "create_stage", `{"pipeline":"Roof repair","name":"A","color":"#fffeb3"}`, "#fffeb2")
	r.Refused("", "invalid_argument", "update_stage", `{"pipeline":"Roof repair","stage":"won","color":"sparkling"}`, "palette")
}

func TestPipelineLostAnswers(t *testing.T) {
	r := newPipelineRig(t)
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/leads/pipelines", Kind: sandbox.FaultLostAnswer})
	made := r.Do("GET POST GET GET", "create_pipeline", partners)
	if made.Keys["looked_up"] != true || strings.Count(made.JSON("created"), `"kind"`) != 4 {
		t.Errorf("made %s", made.Text)
	}
	r.Box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/leads/pipelines", Kind: sandbox.FaultReset})
	r.Refused("GET POST GET GET", "outcome_unknown", "create_stage", `{"pipeline":"Partners","name":"Visit"}`, "Visit")
	r.Box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/leads/pipelines", Kind: sandbox.FaultLostAnswer, Status: 504})
	if gone := r.Do("GET DELETE GET GET", "delete_pipeline", `{"pipeline":"Partners"}`); gone.Keys["looked_up"] != true {
		t.Errorf("gone %s", gone.Text)
	}
}

func TestCreatePipelineOnce(t *testing.T) {
	r := newPipelineRig(t)
	args := strings.Replace(partners, `{`, `{"idempotency_key":"k1",`, 1)
	first := r.Do("GET POST GET", "create_pipeline", args)
	if again := r.Do("", "create_pipeline", args); again.Keys["repeat"] != true || again.Keys["id"] != first.Keys["id"] {
		t.Errorf("again %s", again.Text)
	}
}

func TestDeleteStageMovesLeads(t *testing.T) {
	r := newPipelineRig(t)
	made := r.Do("GET POST GET", "create_pipeline", partners)
	id := int64(made.Keys["id"].(float64))
	p, err := r.API.Pipelines.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var talks, first int64
	for _, s := range p.Embedded.Statuses {
		switch s.Name {
		case "Talks":
			talks = s.ID
		case "Lead in":
			first = s.ID
		}
	}
	lead, err := r.API.Leads.Create(t.Context(), []kommo.LeadWrite{{Name: "Barn", PipelineID: id, StatusID: talks}})
	if err != nil {
		t.Fatal(err)
	}
	r.Do("GET DELETE GET", "delete_stage", fmt.Sprintf(`{"pipeline":"%d","stage":"%d"}`, id, talks))
	l, err := r.API.Leads.Get(t.Context(), lead[0].ID)
	if err != nil || l.StatusID != first {
		t.Errorf("the lead stands in %d, want %d: %v", l.StatusID, first, err)
	}
}

// Descriptions tell people what to do in a stage; those not named stay.
func TestStageDescriptions(t *testing.T) {
	r := toolstest.New(t, setup.ListPipelines, setup.CreateStage, setup.UpdateStage)
	r.Do("GET POST GET", "create_stage", `{"pipeline":"Roof repair","name":"Permit","description_newbie":"Ask the town hall.","description_master":"Call Ümit."}`)
	listed := r.Do("GET GET GET GET", "list_pipelines", `{"descriptions":true}`)
	if !strings.Contains(listed.JSON("items"), `"descriptions":{"master":"Call Ümit.","newbie":"Ask the town hall."}`) {
		t.Errorf("the list says %s", listed.Text)
	}
	args := `{"pipeline":"Roof repair","stage":"Permit","description_newbie":" Ask online. ","description_master":""}`
	changed := r.Do("GET GET PATCH GET", "update_stage", args)
	if changed.JSON("before") != `{"description_master":"Call Ümit.","description_newbie":"Ask the town hall."}` ||
		changed.JSON("after") != `{"description_newbie":"Ask online."}` {
		t.Errorf("changed %s", changed.Text)
	}
	if same := r.Do("GET GET", "update_stage", args); same.Keys["unchanged"] != true {
		t.Errorf("same %s", same.Text)
	}
	listed = r.Do("GET GET GET GET", "list_pipelines", `{"descriptions":true}`)
	if !strings.Contains(listed.JSON("items"), `"descriptions":{"newbie":"Ask online."}`) {
		t.Errorf("the list says %s", listed.Text)
	}
	r.Do("GET GET PATCH GET", "update_stage", `{"pipeline":"Roof repair","stage":"won","description_candidate":"Send flowers."}`)
	r.Refused("", "invalid_argument", "update_stage",
		`{"pipeline":"Roof repair","stage":"Permit","description_newbie":"`+strings.Repeat("ü", 1001)+`"}`, "description_newbie", "1000")
}
