package crm_test

import (
	"errors"
	"net/http"
	"slices"
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

// refusals are answers after which nothing was written, for good.
func refusals() map[string]sandbox.Fault {
	return map[string]sandbox.Fault{
		"400": {Kind: sandbox.FaultStatus, Status: 400}, "403": {Kind: sandbox.FaultStatus, Status: 403}, "422": {Kind: sandbox.FaultStatus, Status: 422},
	}
}

// absences are answers of a Kommo that takes nothing now: nothing was written, and
// later it may be.
func absences() map[string]sandbox.Fault {
	return map[string]sandbox.Fault{
		"401": {Kind: sandbox.FaultStatus, Status: 401}, "402": {Kind: sandbox.FaultStatus, Status: 402},
		"429": {Kind: sandbox.FaultStatus, Status: 429}, "429 in HTML": {Kind: sandbox.FaultStatus, Status: 429, Body: "<html>slow down</html>"},
		"a block": {Kind: sandbox.FaultStatus, Status: 403, Body: "<html>blocked</html>"},
		"504":     {Kind: sandbox.FaultStatus, Status: 504}, "500": {Kind: sandbox.FaultStatus, Status: 500},
		"reset": {Kind: sandbox.FaultReset}, "hang": {Kind: sandbox.FaultHang},
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

func TestSearchThatIsRefusedWritesNothing(t *testing.T) {
	r := newCallRig(t)
	for name, fault := range refusals() {
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

// TestAwayIsQueuedAndDeliveredOnce: wherever Kommo is away, the call is accepted,
// and delivered once and whole when Kommo is back.
func TestAwayIsQueuedAndDeliveredOnce(t *testing.T) {
	for name, fault := range absences() {
		for _, at := range []struct{ method, path string }{
			{http.MethodGet, "/contacts"}, {http.MethodGet, "/leads"}, {http.MethodPost, "/leads/notes"}, {http.MethodPost, "/tasks"}, {http.MethodPatch, "/leads"},
		} {
			if name == "hang" && at.method != http.MethodPost {
				continue // they take real time, and reads that hang end like those that break
			}
			t.Run(name+" on "+at.method+" "+at.path, func(t *testing.T) {
				t.Parallel()
				r := newCallRig(t)
				lead := r.lead(almeidaLead).ID
				r.box.Inject(on(fault, at.method, at.path))
				out := r.log(fullCall())
				if out.PendingID == 0 || out.Reason == "" || out.NextTryAt == "" || strings.Contains(out.Reason, "<") {
					t.Errorf("answer: %s", mustJSON(t, out))
				}
				rest := at.method == http.MethodPatch || at.path == "/tasks" // the notes are written, the rest waits
				if name != "a block" || !rest {                              // a block may catch the notes as well
					callEqual(t, "status", out.Status, map[bool]string{true: crm.CallLogged, false: crm.CallQueued}[rest])
				}
				r.box.ClearFaults()
				r.drain()
				r.wholeOnce("delivered", lead)
				callEqual(t, "the repeat", r.log(fullCall()).Status, crm.CallRepeat)
			})
		}
	}
}

// wholeOnce wants the full call on its card once.
func (r *callRig) wholeOnce(what string, lead int64) {
	r.Helper()
	callEqual(r, what+": calls", len(r.callNotes(kommo.Leads, lead, "c-1")), 1)
	callEqual(r, what+": tasks", len(r.tasks(lead, "Send the proposal")), 1)
	callEqual(r, what+": moves", r.moves(lead), 1)
	summaries := 0
	for _, n := range r.notes(kommo.Leads, lead) {
		if strings.Contains(n.Text(), "He wants two batteries") {
			summaries++
		}
	}
	callEqual(r, what+": summaries", summaries, 1)
	if v := r.box.Violations(); len(v) > 0 {
		r.Errorf("%s: requests leave Kommo's contract: %s", what, strings.Join(v, "; "))
	}
}

func TestTaskThatIsRefusedIsAWarning(t *testing.T) {
	for name, fault := range refusals() {
		r := newCallRig(t)
		lead := r.lead(almeidaLead)
		r.box.Inject(on(fault, http.MethodPost, "/tasks"))
		out := r.log(fullCall())
		callEqual(t, name, out.Status, crm.CallLogged)
		if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "create_task") || strings.Contains(strings.Join(out.Written, ";"), "task") {
			t.Errorf("%s: %s", name, mustJSON(t, out))
		}
		callEqual(t, name+": tasks", len(r.tasks(lead.ID, "Send the proposal")), 0)
		callEqual(t, name+": stage after", out.After.Stage, "Negotiation")
	}
}

func TestChangeThatIsRefusedIsAWarning(t *testing.T) {
	for name, fault := range refusals() {
		r := newCallRig(t)
		r.box.Inject(on(fault, http.MethodPatch, "/leads"))
		out := r.log(fullCall())
		callEqual(t, name, out.Status, crm.CallLogged)
		if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "Use move_lead_stage and update_lead on lead") || out.After.Stage != "" {
			t.Errorf("%s: %s", name, mustJSON(t, out))
		}
	}
}

func TestNotesThatAreRefusedAreAnErrorAndTheRestIsNotDoubled(t *testing.T) {
	for name, fault := range refusals() {
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
		r.wholeOnce(name, lead.ID)
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
	c := crm.Call{LeadID: lead.ID, Summary: "The same words.", StartedAt: "2026-01-05T10:30:00Z"}
	first := r.log(c)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: http.MethodPost, PathPrefix: "/leads/notes"})
	c.StartedAt = "2026-01-05T11:30:00Z"
	second := r.log(c)
	if second.ID == first.ID || !second.LookedUp {
		t.Errorf("the second call answers the first one's note: %s", mustJSON(t, second))
	}
	c.StartedAt = "2026-01-05T08:30:00-03:00"
	callEqual(t, "the same start in another zone", r.log(c).Status, crm.CallRepeat)
}

// TestSameWordsWithoutStart are one call for an hour, and two calls later.
func TestSameWordsWithoutStart(t *testing.T) {
	r := newCallRig(t)
	c := crm.Call{LeadID: r.lead(almeidaLead).ID, Summary: "No answer."}
	first := r.log(c)
	callEqual(t, "at once", r.log(c).Status, crm.CallRepeat)
	r.clock.After(61 * time.Minute)
	second := r.log(c)
	if second.Status != crm.CallLogged || second.ID == first.ID {
		t.Errorf("an hour later: %s", mustJSON(t, second))
	}
	callEqual(t, "and again", r.log(c).ID, second.ID)
}

// TestWriteOfUnknownOutcome is sent again only when a look-up that comes 30 seconds
// later finds nothing.
func TestWriteOfUnknownOutcome(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultReset}, http.MethodPost, "/leads/notes"))
	out := r.log(fullCall())
	callEqual(t, "status", out.Status, crm.CallQueued)
	sent := strings.Count(strings.Join(r.writes(), ","), "POST /leads/notes")
	callEqual(t, "sent", sent, 1)
	r.box.ClearFaults()
	r.forget()
	callEqual(t, "at once", r.log(fullCall()).Status, crm.CallQueued)
	callEqual(t, "writes of the repeat", strings.Join(r.writes(), ", "), "")
	r.clock.After(31 * time.Second)
	r.drain()
	r.wholeOnce("later", lead.ID)
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

// TestMergeThatIsRefused leaves the call logged as it was.
func TestMergeThatIsRefused(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	plain := fullCall()
	plain.Stage = ""
	first := r.log(plain)
	wrong := plain
	wrong.Stage = "Nowhere"
	if err := r.fails(wrong); !strings.Contains(err.Error(), "Nowhere") {
		t.Errorf("error: %v", err)
	}
	again := r.log(plain)
	callEqual(t, "the repeat", again.Status, crm.CallRepeat)
	callEqual(t, "its id", again.ID, first.ID)
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || list.Waiting+list.Dead != 0 {
		t.Errorf("left over: %s, %v", mustJSON(t, list), err)
	}
	callEqual(t, "the right stage", r.log(fullCall()).Status, crm.CallMerged)
	r.wholeOnce("in the end", lead.ID)
}

// TestOrderOnOneCard: calls that reach one card by different ways are written in
// the order in which they were accepted, whatever waits in between.
func TestOrderOnOneCard(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 402}, http.MethodGet, "/"))
	stages := []string{"Negotiation", "Site survey", "Proposal sent", "Negotiation"}
	for i, stage := range stages {
		c := crm.Call{Phone: "+55 11 95555-0142", Summary: "Call about the roof.", Stage: stage, CallID: itoa(int64(i))}
		if i%2 == 1 {
			c.Phone, c.LeadID = "", lead.ID
		}
		callEqual(t, stage, r.log(c).Status, crm.CallQueued)
	}
	r.box.ClearFaults()
	r.drain()
	notes := r.notes(kommo.Leads, lead.ID)
	slices.Reverse(notes)
	var order []string
	for _, n := range notes {
		if c, ok := n.Call(); ok && len(c.Unique) == 1 {
			order = append(order, c.Unique)
		}
	}
	callEqual(t, "order of the calls", strings.Join(order, ""), "0123")
	callEqual(t, "moves", r.moves(lead.ID), len(stages))
}
