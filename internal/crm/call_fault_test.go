package crm_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// delayed holds every request back a little, so that those sent at once are seen
// under way together.
func delayed() sandbox.Fault {
	return sandbox.Fault{Kind: sandbox.FaultDelay, Latency: 20 * time.Millisecond, Times: -1}
}

// failures are answers after which nothing was written, for good.
func failures() map[string]sandbox.Fault {
	return map[string]sandbox.Fault{
		"400": {Kind: sandbox.FaultStatus, Status: 400}, "401": {Kind: sandbox.FaultStatus, Status: 401},
		"402": {Kind: sandbox.FaultStatus, Status: 402}, "403": {Kind: sandbox.FaultStatus, Status: 403},
		"422": {Kind: sandbox.FaultStatus, Status: 422}, "429": {Kind: sandbox.FaultStatus, Status: 429},
		"429 in HTML": {Kind: sandbox.FaultStatus, Status: 429, Body: "<html>slow down</html>"},
	}
}

// on is the fault for all requests of a method to a path.
func on(f sandbox.Fault, method, path string) sandbox.Fault {
	f.Method, f.PathPrefix, f.Times = method, path, -1
	return f
}

func (r *callRig) fails(c crm.Call) error {
	r.Helper()
	out, err := r.jobs.LogCall(r.Context(), c)
	if err == nil {
		r.Fatalf("logged: %s", mustJSON(r, out))
	}
	return err
}

func TestSearchThatFailsWritesNothing(t *testing.T) {
	r := newCallRig(t)
	for name, fault := range failures() {
		for _, path := range []string{"/contacts", "/leads"} {
			r.box.Inject(on(fault, http.MethodGet, path))
			if err := r.fails(fullCall()); strings.Contains(err.Error(), "<") {
				t.Errorf("%s: %v", name, err)
			}
			callEqual(t, name+" on "+path+": writes", len(r.writes()), 0)
			r.box.ClearFaults()
		}
	}
	callEqual(t, "the next try", r.log(fullCall()).Status, crm.CallLogged)
}

func TestFollowUpThatFailsIsAWarning(t *testing.T) {
	faults := failures()
	faults["reset"] = sandbox.Fault{Kind: sandbox.FaultReset}
	faults["hang"] = sandbox.Fault{Kind: sandbox.FaultHang}
	for name, fault := range faults {
		r := newCallRig(t)
		lead := r.lead(almeidaLead)
		r.box.Inject(on(fault, http.MethodPost, "/tasks"))
		out := r.log(fullCall())
		callEqual(t, name, out.Status, crm.CallLogged)
		if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "_task") || strings.Contains(strings.Join(out.Written, ";"), "task") {
			t.Errorf("%s: %s", name, mustJSON(t, out))
		}
		callEqual(t, name+": tasks", len(r.tasks(lead.ID, "Send the proposal")), 0)
		callEqual(t, name+": stage after", out.After.Stage, "Negotiation")
	}
}

func TestChangeThatFailsIsAWarning(t *testing.T) {
	for name, fault := range failures() {
		r := newCallRig(t)
		r.box.Inject(on(fault, http.MethodPatch, "/leads"))
		out := r.log(fullCall())
		callEqual(t, name, out.Status, crm.CallLogged)
		if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "Use move_lead_stage and update_lead on lead") || out.After.Stage != "" {
			t.Errorf("%s: %s", name, mustJSON(t, out))
		}
	}
}

func TestNotesThatFailAreAnErrorAndTheRestIsNotDoubled(t *testing.T) {
	for name, fault := range failures() {
		r := newCallRig(t)
		lead := r.lead(almeidaLead)
		r.box.Inject(on(fault, http.MethodPost, "/leads/notes"))
		err := r.fails(fullCall())
		for _, part := range []string{"not logged", "follow-up task", "stage", "same call_id"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error lacks %q: %v", name, part, err)
			}
		}
		r.box.ClearFaults()
		r.forget()
		out := r.log(fullCall())
		callEqual(t, name+": second try", out.Status, crm.CallLogged)
		callEqual(t, name+": its requests", strings.Join(r.requests(), ", "), "POST /leads/notes")
		if len(out.Created) != 4 || out.After.Stage != "Negotiation" {
			t.Errorf("%s: %s", name, mustJSON(t, out))
		}
		callEqual(t, name+": calls", len(r.callNotes(kommo.Leads, lead.ID, "c-1")), 1)
		callEqual(t, name+": tasks", len(r.tasks(lead.ID, "Send the proposal")), 1)
	}
}

func TestNewLeadIsNotMadeTwice(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, Method: http.MethodPost, PathPrefix: "/leads/notes"})
	c := crm.Call{Phone: strangersPhone, Summary: "Hello.", CallID: "half"}
	if err := r.fails(c); !strings.Contains(err.Error(), "lead 4") {
		t.Errorf("the error does not name the lead that was made: %v", err)
	}
	r.forget()
	other := c
	other.Phone = gracePhone
	if err := r.fails(other); !problem.HasCode(err, problem.Conflict) || len(r.requests()) > 0 {
		t.Errorf("another number went on with the call: %v", err)
	}
	out := r.log(c)
	callEqual(t, "requests", strings.Join(r.requests(), ", "), "POST /leads/notes")
	callEqual(t, "created", len(out.Created), 4)
}

func TestLostAnswersAreLookedUp(t *testing.T) {
	for name, fault := range lostAnswers() {
		for _, path := range []string{"/leads/notes", "/tasks"} {
			r := newCallRig(t)
			lead := r.lead(almeidaLead)
			fault.Method, fault.PathPrefix = http.MethodPost, path
			r.box.Inject(fault)
			out := r.log(fullCall())
			if out.Status != crm.CallLogged || !out.LookedUp || len(out.Created) != 4 || out.ID == 0 || len(out.Warnings) > 0 {
				t.Errorf("%s on %s: %s", name, path, mustJSON(t, out))
			}
			callEqual(t, name+": calls", len(r.callNotes(kommo.Leads, lead.ID, "c-1")), 1)
			callEqual(t, name+": tasks", len(r.tasks(lead.ID, "Send the proposal")), 1)
		}
	}
}

func TestLostAnswerWithoutCallIDIsLookedUp(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	c := crm.Call{LeadID: lead.ID, Summary: "The same words."}
	first := r.log(c)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodPost, PathPrefix: "/leads/notes"})
	second := r.log(c)
	if second.ID == first.ID || !second.LookedUp {
		t.Errorf("the second call answers the first one's note: %s", mustJSON(t, second))
	}
}

func TestWriteOfUnknownOutcomeIsNotRepeated(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultReset}, http.MethodPost, "/leads/notes"))
	err := r.fails(fullCall())
	if !problem.HasCode(err, problem.OutcomeUnknown) || !strings.Contains(err.Error(), "follow-up task") {
		t.Errorf("error: %v", err)
	}
	r.box.ClearFaults()
	r.forget()
	if err := r.fails(fullCall()); !problem.HasCode(err, problem.OutcomeUnknown) {
		t.Errorf("second try: %v", err)
	}
	callEqual(t, "requests of the second try", len(r.requests()), 0)
	callEqual(t, "tasks", len(r.tasks(lead.ID, "Send the proposal")), 1)
}

func TestPatchIsSentAgainAfterABrokenConnection(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Method: http.MethodPatch})
	out := r.log(fullCall())
	callEqual(t, "warnings", len(out.Warnings), 0)
	callEqual(t, "after", out.After.Stage, "Negotiation")
}

func TestStageThatWasDeletedIsResolvedAfresh(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(sandbox.Fault{
		Kind: sandbox.FaultStatus, Status: 400, Method: http.MethodPatch,
		Body: `{"title":"Bad Request","status":400,"detail":"Request validation failed","validation-errors":[{"request_id":"0","errors":[
			{"code":"NotSupportedChoice","path":"status_id","detail":"The value you selected is not a valid choice."}]}]}`,
	})
	out := r.log(fullCall())
	callEqual(t, "warnings", len(out.Warnings), 0)
	callEqual(t, "after", out.After.Stage, "Negotiation")
}

func TestNamesAreCheckedBeforeAnythingIsWritten(t *testing.T) {
	r := newCallRig(t)
	for field, change := range map[string]func(*crm.Call){
		"stage":                 func(c *crm.Call) { c.Stage = "Nowhere" },
		"pipeline":              func(c *crm.Call) { c.Pipeline = "Nowhere" },
		"fields.Roof type":      func(c *crm.Call) { c.Fields = map[string]any{"Roof type": "Straw"} },
		"follow_up_responsible": func(c *crm.Call) { c.FollowUpResponsible = "Nobody" },
		"follow_up_due":         func(c *crm.Call) { c.FollowUpDue = "some day" },
		"started_at":            func(c *crm.Call) { c.StartedAt = "some day" },
		"summary":               func(c *crm.Call) { c.Summary = " " },
		"duration_seconds":      func(c *crm.Call) { c.DurationSeconds = -1 },
		"direction":             func(c *crm.Call) { c.Direction = "sideways" },
		"outcome":               func(c *crm.Call) { c.Outcome = "fine" },
		"unknown_caller":        func(c *crm.Call) { c.UnknownCaller = "guess" },
		"several_leads":         func(c *crm.Call) { c.SeveralLeads = "all" },
		"phone":                 func(c *crm.Call) { c.Phone = "" },
		"follow_up_text":        func(c *crm.Call) { c.FollowUpText = "" },
	} {
		for _, tel := range []string{"+55 11 95555-0142", strangersPhone} {
			c := fullCall()
			c.Phone = tel
			change(&c)
			err := r.fails(c)
			p, ok := errors.AsType[*problem.Problem](err)
			if !ok || p.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	callEqual(t, "writes", len(r.writes()), 0)
}
