package automation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func TestTheToolsAreWellDefined(t *testing.T) {
	r := newRig(t)
	toolstest.CheckDefinitions(t, "automation", r.Tools)
	if h := r.Tool("run_bot").Spec().Hints(); !h.OpenWorld || h.ReadOnly || h.Idempotent {
		t.Errorf("a bot writes to customers: %+v", h)
	}
	if r.Tool("delete_loss_reason").Spec().Class != registry.Delete {
		t.Error("deleting is not of class delete")
	}
}

func TestBotsAreListed(t *testing.T) {
	r := newRig(t)
	out := r.do("list_bots", `{}`, "GET")
	items := out["items"].([]any)
	if len(items) != 3 || toolstest.Part(items[0], "name") != "Welcome message" || toolstest.Part(items[0], "type") != "greeting" || toolstest.Part(items[2], "active") != false {
		t.Errorf("%v", out)
	}
	page := r.do("list_bots", `{"limit":2}`, "GET")
	rest := r.do("list_bots", fmt.Sprintf(`{"limit":2,"cursor":%q}`, page["next_cursor"]), "GET")
	if page["has_more"] != true || len(rest["items"].([]any)) != 1 || rest["has_more"] != false {
		t.Errorf("%v\n%v", page, rest)
	}
}

func (r *rig) aLead() kommo.Lead {
	r.Helper()
	page, err := r.API.Leads.List(r.Context(), kommo.LeadFilter{CardFilter: kommo.CardFilter{With: []string{"contacts"}}, ListOptions: kommo.ListOptions{Limit: 50}})
	if err != nil {
		r.Fatal(err)
	}
	for _, l := range page.Items {
		if len(l.Embedded.Contacts) > 0 && !l.Closed() {
			return l
		}
	}
	r.Fatal("no lead with a contact")
	return kommo.Lead{}
}

// runs counts the answers of robots on a card.
func (r *rig) runs(of string, id int64) int {
	r.Helper()
	page, err := r.API.Events.List(r.Context(), kommo.EventFilter{Types: []string{"robot_replied"}, ListOptions: kommo.ListOptions{Limit: 100}})
	if err != nil {
		r.Fatal(err)
	}
	n := 0
	for _, e := range page.Items {
		if e.EntityID == id && strings.HasPrefix(of, e.EntityType) {
			n++
		}
	}
	return n
}

func TestABotIsStartedAndStopped(t *testing.T) {
	r := newRig(t)
	lead := r.aLead()
	args := fmt.Sprintf(`{"bot":"reminder","lead_id":%d,"idempotency_key":"k"}`, lead.ID)
	before := r.runs("leads", lead.ID)
	out := r.do("run_bot", args, "GET GET POST")
	if out["status"] != "queued" || toolstest.Part(out, "bot", "name") != "Appointment reminder" || toolstest.Part(out, "on", "name") == nil || out["id"] != float64(lead.ID) || out["note"] == nil || out["warnings"] != nil {
		t.Errorf("%v", out)
	}
	if r.runs("leads", lead.ID) != before+1 {
		t.Error("the bot did not start")
	}
	if again := r.do("run_bot", args, ""); again["repeat"] != true {
		t.Errorf("%v", again)
	}
	if stopped := r.do("stop_bot", fmt.Sprintf(`{"bot":"reminder","lead_id":%d}`, lead.ID), "GET GET POST"); stopped["status"] != "queued" || stopped["note"] == out["note"] {
		t.Errorf("%v", stopped)
	}
	contact := lead.Embedded.Contacts[0].ID
	if off := r.do("run_bot", fmt.Sprintf(`{"bot":"How did we do?","contact_id":%d}`, contact), "GET GET POST"); off["warnings"] == nil || toolstest.Part(off, "on", "kind") != "contact" {
		t.Errorf("a bot that is switched off: %v", off)
	}
}

// TestABotIsNotSentWhatWouldFailInSilence: bot and card are checked first.
func TestABotIsNotSentWhatWouldFailInSilence(t *testing.T) {
	r := newRig(t)
	lead := r.aLead().ID
	for args, code := range map[string]string{
		fmt.Sprintf(`{"bot":"No such bot","lead_id":%d}`, lead):                 "not_found",
		`{"bot":"reminder","lead_id":99}`:                                       "not_found",
		`{"bot":"reminder","contact_id":99}`:                                    "not_found",
		`{"bot":"reminder"}`:                                                    "invalid_argument",
		fmt.Sprintf(`{"bot":"reminder","lead_id":%d,"contact_id":%d}`, lead, 1): "invalid_argument",
		fmt.Sprintf(`{"bot":" ","lead_id":%d}`, lead):                           "invalid_argument",
	} {
		if _, sent := r.refused(code, "run_bot", args); strings.Contains(sent, "POST") {
			t.Errorf("%s sent %s", args, sent)
		}
	}
	r.refused("not_found", "stop_bot", `{"bot":"reminder","lead_id":99}`)
}

// TestALostStartIsNotRepeated: nothing tells whether a bot has run, so the answer
// says so and the request is sent once.
func TestALostStartIsNotRepeated(t *testing.T) {
	for tool, word := range map[string]string{"run_bot": "twice", "stop_bot": "no harm"} {
		r := newRig(t)
		r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Method: http.MethodPost})
		res, sent := r.Raw(tool, fmt.Sprintf(`{"bot":"reminder","lead_id":%d}`, r.aLead().ID))
		if !res.IsError || sent != "GET GET POST" || !strings.Contains(res.Text, word) || !strings.Contains(string(res.Structured), "outcome_unknown") {
			t.Errorf("%s sent %s: %s", tool, sent, res.Text)
		}
	}
}

func TestLossReasonsAreMadeListedAndDeleted(t *testing.T) {
	r := newRig(t)
	list := r.do("list_loss_reasons", `{}`, "GET")
	count := len(list["items"].([]any))
	if count == 0 || toolstest.Part(list["items"].([]any)[0], "position") == nil {
		t.Fatalf("%v", list)
	}
	made := r.do("create_loss_reason", `{"name":"Moved  away","idempotency_key":"k"}`, "GET POST")
	if toolstest.Part(made["created"].([]any)[0], "name") != "Moved away" || len(made["found"].([]any)) != 0 {
		t.Errorf("%v", made)
	}
	if again := r.do("create_loss_reason", `{"name":"Moved away","idempotency_key":"k"}`, ""); again["repeat"] != true {
		t.Errorf("%v", again)
	}
	if found := r.do("create_loss_reason", `{"name":"moved away"}`, "GET"); found["id"] != made["id"] || len(found["created"].([]any)) != 0 {
		t.Errorf("%v", found)
	}
	// What the account calls its reasons is known at once.
	if reason, err := r.Names.LossReason(t.Context(), "moved away"); err != nil || float64(reason.ID) != made["id"] {
		t.Errorf("%+v, %v", reason, err)
	}
	if msg, sent := r.refused("not_found", "delete_loss_reason", `{"loss_reason":"Too blue"}`); sent != "GET" || !strings.Contains(msg, "Too blue") {
		t.Errorf("%s: %s", sent, msg)
	}
	gone := r.do("delete_loss_reason", `{"loss_reason":"Moved away"}`, "GET DELETE")
	if gone["id"] != made["id"] || toolstest.Part(gone, "before", "name") != "Moved away" {
		t.Errorf("%v", gone)
	}
	if left := r.do("list_loss_reasons", `{}`, "GET"); len(left["items"].([]any)) != count {
		t.Errorf("%v", left)
	}
}

func TestLossReasonsSurviveLostAnswers(t *testing.T) {
	r := newRig(t)
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Method: http.MethodPost})
	if out := r.do("create_loss_reason", `{"name":"Moved away"}`, "GET POST GET"); out["looked_up"] != true || out["id"] == 0.0 {
		t.Errorf("%v", out)
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodDelete})
	if out := r.do("delete_loss_reason", `{"loss_reason":"Moved away"}`, "GET DELETE GET"); out["looked_up"] != true {
		t.Errorf("%v", out)
	}
	r = newRig(t)
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Method: http.MethodPost})
	if _, sent := r.refused("outcome_unknown", "create_loss_reason", `{"name":"Moved away"}`); sent != "GET POST GET GET" {
		t.Errorf("sent %s", sent)
	}
}

func TestLossReasonsTakeAnAdministrator(t *testing.T) {
	admin := newRig(t)
	users, err := admin.Names.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var seller int64
	for _, u := range users.Items {
		if !u.Admin && u.Active {
			seller = u.ID
		}
	}
	r := newRig(t, func(s *sandbox.Sandbox) string { return s.UserToken(sandbox.DefaultHost, seller) })
	r.refused("forbidden", "create_loss_reason", `{"name":"Moved away"}`)
}
