package setup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/setup"
)

func newPipelineRig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, setup.ListPipelines, setup.CreatePipeline, setup.UpdatePipeline, setup.DeletePipeline,
		setup.CreateStage, setup.UpdateStage, setup.DeleteStage)
}

const partners = `{"name":"Partners","stages":["Lead in","Talks","Contract"],"incoming_leads":false}`

func TestPipelineLife(t *testing.T) {
	r := newPipelineRig(t)
	made := r.do("GET POST GET", "create_pipeline", partners)
	if n := strings.Count(made.json("created"), `"kind":"stage"`); n != 3 || !strings.Contains(made.json("created"), `"kind":"pipeline"`) {
		t.Errorf("made %s", made.text)
	}
	if s, err := r.names.Stage(t.Context(), "Partners / Talks", nil); err != nil || s.PipelineName != "Partners" {
		t.Errorf("the directory does not know the new stage: %+v, %v", s, err)
	}
	r.refused("GET", "duplicate", "create_pipeline", partners, "Partners")
	changed := r.do("GET PATCH GET", "update_pipeline", `{"pipeline":"partners","name":"Resellers","main":true,"incoming_leads":false}`)
	if changed.json("before") != `{"main":false,"name":"Partners"}` || changed.json("after") != `{"main":true,"name":"Resellers"}` {
		t.Errorf("changed %s", changed.text)
	}
	if same := r.do("GET", "update_pipeline", `{"pipeline":"Resellers","main":true}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	r.refused("GET", "invalid_argument", "update_pipeline", `{"pipeline":"Resellers","main":false}`, "another pipeline")
	if rows := r.do("GET", "list_pipelines", `{"limit":100}`); !strings.Contains(rows.json("items"), `"Resellers"`) || !strings.Contains(rows.json("items"), `"kind":"won"`) {
		t.Errorf("rows %s", rows.text)
	}
	r.refused("GET", "duplicate", "update_pipeline", `{"pipeline":"Resellers","name":"roof repair"}`, "Roof repair")
	r.refused("GET", "duplicate", "update_stage", `{"pipeline":"Resellers","stage":"Talks","name":"contract"}`, "Contract")
	gone := r.do("GET DELETE GET", "delete_pipeline", `{"pipeline":"Resellers"}`)
	if gone.keys["deleted"] != true || !strings.Contains(gone.json("before"), "Talks") {
		t.Errorf("gone %s", gone.text)
	}
	if _, err := r.names.Pipeline(t.Context(), "Resellers"); err == nil {
		t.Error("the directory still knows the deleted pipeline")
	}
}

func TestPipelineRefusals(t *testing.T) {
	r := newPipelineRig(t)
	r.refused("", "invalid_argument", "create_pipeline", `{"name":"A","stages":["One","one"]}`, "one")
	r.refused("GET DELETE", "unprocessable", "delete_pipeline", `{"pipeline":"Roof repair"}`, "move_lead_stage")
	r.refused("GET", "not_found", "delete_pipeline", `{"pipeline":"Nowhere"}`, "Roof repair")
}

func TestStageLife(t *testing.T) {
	r := newPipelineRig(t)
	r.do("GET POST GET", "create_pipeline", partners)
	made := r.do("GET POST GET", "create_stage", `{"pipeline":"Partners","name":"Visit","color":"FFDBDB","position":2}`)
	if stages := order(t, r); stages != "Lead in, Visit, Talks, Contract" {
		t.Errorf("made %s: the order is %s", made.text, stages)
	}
	r.refused("GET", "duplicate", "create_stage", `{"pipeline":"Partners","name":"visit"}`, "Visit")
	moved := r.do("GET PATCH GET", "update_stage", `{"pipeline":"Partners","stage":"Visit","name":"Site visit","color":"blue","position":9}`)
	if stages := order(t, r); stages != "Lead in, Talks, Contract, Site visit" {
		t.Errorf("moved %s: the order is %s", moved.text, stages)
	}
	if moved.json("before") != `{"color":"#ffdbdb","name":"Visit","position":2}` || moved.json("after") != `{"color":"#98cbff","name":"Site visit","position":4}` {
		t.Errorf("moved %s", moved.text)
	}
	if same := r.do("GET", "update_stage", `{"pipeline":"Partners","stage":"site visit","color":"98CBFF","position":4}`); same.keys["unchanged"] != true {
		t.Errorf("same %s", same.text)
	}
	r.do("GET PATCH GET", "update_stage", `{"pipeline":"Partners","stage":"Site visit","position":1}`)
	if stages := order(t, r); stages != "Site visit, Lead in, Talks, Contract" {
		t.Errorf("the order is %s", stages)
	}
	r.do("GET PATCH GET", "update_stage", `{"pipeline":"Partners","stage":"won","name":"Signed"}`)
	r.refused("GET", "invalid_argument", "update_stage", `{"pipeline":"Partners","stage":"won","color":"red"}`, "every pipeline")
	gone := r.do("GET DELETE GET", "delete_stage", `{"pipeline":"Partners","stage":"Talks"}`)
	if gone.keys["deleted"] != true || !strings.Contains(gone.json("before"), "Partners") {
		t.Errorf("gone %s", gone.text)
	}
	r.refused("GET", "unprocessable", "delete_stage", `{"pipeline":"Partners","stage":"lost"}`, "update_stage")
}

// order is the pipeline's own stages as the account shows them.
func order(t *testing.T, r *rig) string {
	t.Helper()
	all, err := r.api.Pipelines.List(t.Context())
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
	r.refused("", "invalid_argument", "create_stage", `{"pipeline":"Roof repair","name":"A","color":"#fffeb3"}`, "#fffeb2")
	r.refused("", "invalid_argument", "update_stage", `{"pipeline":"Roof repair","stage":"won","color":"sparkling"}`, "palette")
}

func TestPipelineLostAnswers(t *testing.T) {
	r := newPipelineRig(t)
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/leads/pipelines", Kind: sandbox.FaultLostAnswer})
	made := r.do("GET POST GET GET", "create_pipeline", partners)
	if made.keys["looked_up"] != true || strings.Count(made.json("created"), `"kind"`) != 4 {
		t.Errorf("made %s", made.text)
	}
	r.box.Inject(sandbox.Fault{Method: "POST", PathPrefix: "/leads/pipelines", Kind: sandbox.FaultReset})
	r.refused("GET POST GET GET", "outcome_unknown", "create_stage", `{"pipeline":"Partners","name":"Visit"}`, "Visit")
	r.box.Inject(sandbox.Fault{Method: "DELETE", PathPrefix: "/leads/pipelines", Kind: sandbox.FaultLostAnswer, Status: 504})
	if gone := r.do("GET DELETE GET GET", "delete_pipeline", `{"pipeline":"Partners"}`); gone.keys["looked_up"] != true {
		t.Errorf("gone %s", gone.text)
	}
}

func TestCreatePipelineOnce(t *testing.T) {
	r := newPipelineRig(t)
	args := strings.Replace(partners, `{`, `{"idempotency_key":"k1",`, 1)
	first := r.do("GET POST GET", "create_pipeline", args)
	if again := r.do("", "create_pipeline", args); again.keys["repeat"] != true || again.keys["id"] != first.keys["id"] {
		t.Errorf("again %s", again.text)
	}
}

func TestDeleteStageMovesLeads(t *testing.T) {
	r := newPipelineRig(t)
	made := r.do("GET POST GET", "create_pipeline", partners)
	id := int64(made.keys["id"].(float64))
	p, err := r.api.Pipelines.Get(t.Context(), id)
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
	lead, err := r.api.Leads.Create(t.Context(), []kommo.LeadWrite{{Name: "Barn", PipelineID: id, StatusID: talks}})
	if err != nil {
		t.Fatal(err)
	}
	r.do("GET DELETE GET", "delete_stage", fmt.Sprintf(`{"pipeline":"%d","stage":"%d"}`, id, talks))
	l, err := r.api.Leads.Get(t.Context(), lead[0].ID)
	if err != nil || l.StatusID != first {
		t.Errorf("the lead stands in %d, want %d: %v", l.StatusID, first, err)
	}
}
