package crm_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// away makes Kommo answer 503 to everything.
func (r *callRig) away() {
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}, "", "/"))
}

// TestRepeatSaysWhatItDidNotDo: a second delivery that asks for something else
// moves nothing twice, and says so.
func TestRepeatSaysWhatItDidNotDo(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	r.log(fullCall())
	other := fullCall()
	other.Stage, other.FollowUpText, other.Fields, other.LeadID = "Site survey", "Send a card", map[string]any{"Budget": 99}, r.lead("Holloway: 8 kW rooftop solar").ID
	check := func(out crm.CallResult, status string) {
		t.Helper()
		callEqual(t, "status", out.Status, status)
		all := strings.Join(out.Skipped, "\n")
		for _, part := range []string{`stage: an earlier delivery of this call had "Negotiation"; use move_lead_stage`, "follow_up_text: ", "create_task", "fields.Budget: ", `"12000"`, "lead_id: the call is on lead " + itoa(lead)} {
			if !strings.Contains(all, part) {
				t.Errorf("%s: skipped lacks %q:\n%s", status, part, all)
			}
		}
	}
	check(r.log(other), crm.CallRepeat)
	other.Tags = []string{"new"}
	check(r.log(other), crm.CallMerged)
	callEqual(t, "skipped of the same again", len(r.log(fullCall()).Skipped), 0)
	r.wholeOnce("in the end", lead)
}

func TestTagsAreSetOnceEach(t *testing.T) {
	r := newCallRig(t)
	out := r.log(crm.Call{LeadID: r.lead(almeidaLead).ID, Summary: "x", Tags: []string{"hot", " Hot", "", "AI", "hot"}})
	callEqual(t, "written", strings.Join(out.Written, "; "), "call; summary; tags: hot, AI")
}

// TestLaterDeliveryCorrectsAWaitingCall: nothing of it is written yet, so that a
// choice, a direction or a corrected name counts, and what it lacks stays.
func TestLaterDeliveryCorrectsAWaitingCall(t *testing.T) {
	r := newCallRig(t)
	roof := r.lead("Holloway: garage roof leak")
	r.away()
	call := crm.Call{Phone: gracePhone, Summary: "Asked about the roof. It leaks.", CallID: "w-1", Stage: "Nowhere", Tags: []string{"leak"}}
	callEqual(t, "first", r.log(call).Status, crm.CallQueued)
	later := crm.Call{Phone: gracePhone, Summary: "Roof.", CallID: "w-1", Direction: "outbound", SeveralLeads: crm.LeadsInPipeline, Pipeline: "Roof repair"}
	callEqual(t, "second", r.log(later).Status, crm.CallQueued)
	r.box.ClearFaults()
	r.drain()
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || list.Dead != 1 || !strings.Contains(list.Items[0].Reason, "Nowhere") {
		t.Fatalf("a wrong stage is refused for good: %s, %v", mustJSON(t, list), err)
	}
	out := r.log(crm.Call{Phone: gracePhone, Summary: "Roof.", CallID: "w-1", Stage: "Scheduled"})
	callEqual(t, "status", out.Status, crm.CallLogged)
	callEqual(t, "card", out.Card.ID, roof.ID)
	callEqual(t, "stage", out.After.Stage, "Scheduled")
	notes := r.notes(kommo.Leads, roof.ID)
	i := slices.IndexFunc(notes, func(n kommo.Note) bool { return n.ID == out.ID })
	if i < 1 || notes[i].Type != kommo.NoteCallOut || !strings.Contains(notes[i-1].Text(), "It leaks.") {
		t.Errorf("the richer summary of an outgoing call is missing: %s", mustJSON(t, notes[:min(len(notes), 2)]))
	}
}

// TestLeadChosenForAWaitingCallStays although a poorer delivery follows.
func TestLeadChosenForAWaitingCallStays(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead("Holloway: garage roof leak").ID
	r.away()
	call := crm.Call{Phone: gracePhone, Summary: "Asked about the roof.", CallID: "w-2", LeadID: lead}
	callEqual(t, "first", r.log(call).Status, crm.CallQueued)
	call.LeadID = 0
	callEqual(t, "second", r.log(call).Status, crm.CallQueued)
	r.box.ClearFaults()
	r.drain()
	callEqual(t, "calls on the lead", len(r.callNotes(kommo.Leads, lead, "w-2")), 1)
}

func TestCallThatIsPartlyWrittenIsNotPlacedElsewhere(t *testing.T) {
	r := newCallRig(t)
	lead, other := r.lead(almeidaLead).ID, r.lead("Holloway: garage roof leak").ID
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}, http.MethodPost, "/leads/notes"))
	if err := r.fails(fullCall()); !strings.Contains(err.Error(), "this was written") {
		t.Fatalf("error: %v", err)
	}
	r.box.ClearFaults()
	list, err := r.jobs.Pending(t.Context(), 1)
	if err != nil || list.Dead != 1 {
		t.Fatalf("%s, %v", mustJSON(t, list), err)
	}
	id := list.Items[0].ID
	if _, err := r.jobs.RetryPending(t.Context(), id, other); !problem.HasCode(err, problem.Conflict) || !strings.Contains(err.Error(), "lead "+itoa(lead)) {
		t.Errorf("it went elsewhere: %v", err)
	}
	if list, _ = r.jobs.Pending(t.Context(), 1); list.Dead != 1 {
		t.Errorf("it is no longer dead: %s", mustJSON(t, list))
	}
	if _, err := r.jobs.RetryPending(t.Context(), id, 0); err != nil {
		t.Error(err)
	}
	r.wholeOnce("in the end", lead)
}

// TestDeliveryWhileAKilledProcessHoldsTheCall: it is accepted, and what it brings
// anew is merged once the lease of the dead has ended.
func TestDeliveryWhileAKilledProcessHoldsTheCall(t *testing.T) {
	for name, steps := range map[string]map[string]any{"nothing written": nil, "something written": {"card": map[string]any{"done": true}}} {
		t.Run(name, func(t *testing.T) { deliverWhileHeld(t, steps) })
	}
}

func deliverWhileHeld(t *testing.T, steps map[string]any) {
	t.Helper()
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	st := store.New(t.TempDir(), r.clock.Now)
	t.Cleanup(func() { _ = st.Close() })
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(st), crm.WithCallWait(300*time.Millisecond))
	body, err := json.Marshal(map[string]any{"call": fullCall(), "uniq": "c-1", "accepted": r.clock.Now(), "steps": steps})
	if err != nil {
		t.Fatal(err)
	}
	if _, begun, err := st.Begin(t.Context(), store.Op{Account: r.api.Host(), Kind: crm.CallKind, Key: "c-1", Line: "x", Body: body}); err != nil || begun != store.Fresh {
		t.Fatal(begun, err)
	}
	out := r.log(fullCall())
	if out.Status != crm.CallQueued || out.PendingID == 0 || out.NextTryAt == "" || !strings.Contains(out.Reason, "another delivery") {
		t.Errorf("answer: %s", mustJSON(t, out))
	}
	richer := fullCall()
	richer.Tags = append(richer.Tags, "more")
	richer.Transcript, richer.Stage = richer.Transcript+"\nCaller: is it more?", "Scheduled"
	for range 2 {
		more := r.log(richer)
		if more.Status != crm.CallQueued || more.PendingID <= out.PendingID || !strings.Contains(more.Reason, "added then") || len(more.Skipped) != 1 {
			t.Errorf("answer: %s", mustJSON(t, more))
		}
	}
	other := fullCall()
	other.Phone = "+12025550111"
	if err := r.fails(other); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("error: %v", err)
	}
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || list.Waiting != 2 || list.Items[1].CallID != "c-1" || list.Items[1].Summary == "" {
		t.Errorf("%v %s", err, mustJSON(t, list))
	}
	r.clock.After(store.Lease + time.Second)
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(st))
	r.drain()
	r.wholeOnce("after the lease", lead)
	callEqual(t, "transcripts", r.withText(lead, "is it more?"), 1)
	if !slices.ContainsFunc(r.lead(almeidaLead).Embedded.Tags, func(tag kommo.Tag) bool { return tag.Name == "more" }) {
		t.Error("the tag of the richer delivery is missing")
	}
}

// TestDeliveryBehindOneThatIsRefused: the call that held it wrote nothing and is
// forgotten, and what was kept behind it is logged as a call of its own.
func TestDeliveryBehindOneThatIsRefused(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	st := store.NewMemory(r.clock.Now)
	t.Cleanup(func() { _ = st.Close() })
	r.jobs = crm.New(r.api, r.jobs.Directory(), r.clock, crm.WithStore(st), crm.WithCallWait(100*time.Millisecond))
	poor := fullCall()
	poor.Stage = "Nowhere"
	body, err := json.Marshal(map[string]any{"call": poor, "uniq": "c-1", "accepted": r.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	held, _, err := st.Begin(t.Context(), store.Op{Account: r.api.Host(), Kind: crm.CallKind, Key: "c-1", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	callEqual(t, "status", r.log(fullCall()).Status, crm.CallQueued)
	if err := st.Drop(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	r.drain()
	r.wholeOnce("in the end", lead)
}

func TestReasonsSayWhatToDo(t *testing.T) {
	r := newCallRig(t)
	leads := map[int]int64{401: r.lead("Holloway: 8 kW rooftop solar").ID, 402: r.lead("Holloway: garage roof leak").ID}
	for status, part := range map[int]string{401: "KOMMO_ACCESS_TOKEN", 402: "Pay for"} {
		r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: status}, "", "/"))
		out := r.log(crm.Call{LeadID: leads[status], Summary: "x", CallID: itoa(int64(status))})
		if out.Status != crm.CallQueued || !strings.Contains(out.Reason, part) {
			t.Errorf("%d: %s", status, mustJSON(t, out))
		}
		r.box.ClearFaults()
	}
	r.jobs = crm.New(r.api, r.jobs.Directory(), r.clock, crm.WithCallWait(0))
	if out := r.log(fullCall()); out.Status != crm.CallQueued || !strings.Contains(out.Reason, "no time") {
		t.Errorf("without a moment to wait: %s", mustJSON(t, out))
	}
}

// TestUnknownOutcomeUnderAKeyIsRepeated: with a key repeating is safe, and the
// answer says when.
func TestUnknownOutcomeUnderAKeyIsRepeated(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultReset}, http.MethodPost, "/leads/notes"))
	for key, part := range map[string]string{"": "Do not repeat", "k": "Repeat the call with the same key"} {
		_, err := r.jobs.AddNote(t.Context(), crm.NewNote{Target: crm.Target{LeadID: lead}, Text: "Likes mornings. " + key, Key: key})
		p, ok := errors.AsType[*problem.Problem](err)
		if !ok || p.Code != problem.OutcomeUnknown || !strings.Contains(p.Next, part) || (p.RetryAfter > 0) != (key != "") {
			t.Errorf("key %q: %v", key, err)
		}
	}
}
