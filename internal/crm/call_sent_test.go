package crm_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// notesUnreadable is a Kommo that does not list the notes of a lead.
func notesUnreadable() sandbox.Fault {
	return sandbox.Fault{
		Kind: sandbox.FaultStatus, Status: 503, Method: http.MethodGet, PathPrefix: "/leads/", Times: -1,
		Match: func(q *http.Request) bool { return strings.HasSuffix(q.URL.Path, "/notes") },
	}
}

// TestMoreComesWhileTheNotesAreInDoubt: the notes were sent, nobody knows whether
// they arrived, and a later delivery brings a longer summary and a transcript.
// Whether they had arrived or not, each text is on the card once, the longer one.
func TestMoreComesWhileTheNotesAreInDoubt(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"arrived": {Kind: sandbox.FaultLostAnswer, Status: 504, Times: 1}, "lost": {Kind: sandbox.FaultReset, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCallRig(t)
			lead := r.lead(almeidaLead).ID
			fault.Method, fault.PathPrefix = http.MethodPost, "/leads/notes"
			r.box.Inject(fault)
			r.box.Inject(notesUnreadable())
			first := fullCall()
			first.Transcript, first.Summary = "", "Booked a site visit."
			callEqual(t, "first", r.log(first).Status, crm.CallQueued)
			callEqual(t, "second", r.log(fullCall()).Status, crm.CallQueued)
			r.box.ClearFaults()
			r.clock.After(31 * time.Second)
			r.drain()
			r.wholeOnce(name, lead)
			callEqual(t, "transcripts", r.withText(lead, "Transcript of the call"), 1)
			callEqual(t, "summaries of any length", r.withText(lead, "AI-written"), 1)
			callEqual(t, "calls", len(r.callNotes(kommo.Leads, lead, "c-1")), 1)
		})
	}
}

// TestSecondTranscriptComesWhileTheFirstIsInDoubt: a call is logged, a delivery adds
// a transcript of which nobody knows whether it arrived, and the next one brings a
// longer transcript. Only the longer one is on the card, once.
func TestSecondTranscriptComesWhileTheFirstIsInDoubt(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"arrived": {Kind: sandbox.FaultLostAnswer, Status: 504, Times: 1}, "lost": {Kind: sandbox.FaultReset, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCallRig(t)
			lead := r.lead(almeidaLead).ID
			call := fullCall()
			call.Transcript = ""
			callEqual(t, "first", r.log(call).Status, crm.CallLogged)
			fault.Method, fault.PathPrefix = http.MethodPost, "/leads/notes"
			r.box.Inject(fault)
			r.box.Inject(notesUnreadable())
			call.Transcript = "Caller: the roof."
			first := r.log(call)
			call.Transcript = "Caller: the roof. Agent: we come on Monday."
			second := r.log(call)
			if first.PendingID == 0 || second.PendingID == 0 {
				t.Errorf("answers: %s %s", mustJSON(t, first), mustJSON(t, second))
			}
			r.box.ClearFaults()
			r.clock.After(31 * time.Second)
			r.drain()
			r.wholeOnce(name, lead)
			callEqual(t, "transcripts", r.withText(lead, "Transcript of the call"), 1)
			callEqual(t, "of the longer one", r.withText(lead, "we come on Monday"), 1)
		})
	}
}

// TestNextTryOfACallBehindAnother is not before that of the one it waits for.
func TestNextTryOfACallBehindAnother(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultReset}, http.MethodPost, "/leads/notes"))
	r.box.Inject(notesUnreadable())
	first := r.log(fullCall())
	second := fullCall()
	second.CallID = "c-2"
	behind := r.log(second)
	if first.Status != crm.CallQueued || !strings.Contains(behind.Reason, "earlier call") || behind.NextTryAt != first.NextTryAt {
		t.Errorf("answers: %s %s", mustJSON(t, first), mustJSON(t, behind))
	}
	list, err := r.jobs.Pending(t.Context(), 2)
	if err != nil || list.Items[1].NextTryAt != first.NextTryAt || list.Items[1].Tries != 0 {
		t.Errorf("%v %s", err, mustJSON(t, list))
	}
	for range 8 { // finds Kommo away each time: the pauses grow
		r.clock.After(5 * time.Minute)
		r.jobs.DeliverDue(t.Context())
	}
	list, _ = r.jobs.Pending(t.Context(), 2)
	for _, p := range list.Items {
		at, err := time.Parse(time.RFC3339, p.NextTryAt)
		if err != nil || at.Before(r.clock.Now().Add(2*time.Minute)) {
			t.Errorf("%v %s at %v", err, mustJSON(t, p), r.clock.Now())
		}
	}
}

// TestSameTranscriptOfTwoCalls: a transcript whose request was lost is not taken for
// that of another call with the same words.
func TestSameTranscriptOfTwoCalls(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	one, other := fullCall(), fullCall()
	one.Transcript, other.CallID, other.StartedAt = "", "c-2", "2026-01-02T10:00:00Z"
	other.FollowUpText, other.Stage = "Call back", ""
	r.log(one)
	other.Transcript = "Caller: wrong number."
	r.log(other)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Times: 1, Method: http.MethodPost, PathPrefix: "/leads/notes"})
	one.Transcript = other.Transcript
	r.log(one)
	r.clock.After(31 * time.Second)
	r.drain()
	callEqual(t, "transcripts", r.withText(lead, "wrong number"), 2)
}

// TestRestOfACallBehindAnotherOrWithoutNames: the notes are written and the rest
// waits; a try that comes to nothing before it has looked at anything, since the call
// stands behind another one or since Kommo tells no names, answers with what is known.
func TestRestOfACallBehindAnotherOrWithoutNames(t *testing.T) {
	for _, name := range []string{"behind another", "without names"} {
		t.Run(name, func(t *testing.T) {
			r := newCallRig(t)
			lead := r.lead(almeidaLead).ID
			st := store.NewMemory(r.clock.Now)
			t.Cleanup(func() { _ = st.Close() })
			first, _, err := st.Begin(t.Context(), store.Op{Account: r.api.Host(), Kind: crm.CallKind, Key: "first", Body: []byte("{}")})
			if err != nil {
				t.Fatal(err)
			}
			r.jobs = crm.New(r.api, r.jobs.Directory(), r.clock, crm.WithStore(st))
			r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}, http.MethodPatch, "/leads"))
			logged := r.log(fullCall())
			if logged.Status != crm.CallLogged || logged.PendingID == 0 {
				t.Fatalf("answer: %s", mustJSON(t, logged))
			}
			r.box.ClearFaults()
			if name == "behind another" { // it has come to the same card meanwhile
				first.Line = "lead " + itoa(lead)
				if err := st.Save(t.Context(), first); err != nil {
					t.Fatal(err)
				}
			} else {
				r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}, http.MethodGet, "/"))
			}
			afresh := directory.New(r.api)
			t.Cleanup(afresh.Close)
			r.jobs = crm.New(r.api, afresh, r.clock, crm.WithStore(st), crm.WithCallWait(300*time.Millisecond))
			again := r.log(fullCall())
			if again.Status != crm.CallLogged || again.ID != logged.ID || again.Card != logged.Card || again.PendingID != logged.PendingID || len(again.Skipped) > 0 {
				t.Errorf("answer: %s", mustJSON(t, again))
			}
			r.box.ClearFaults()
			if err := st.Drop(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			r.drain()
			r.wholeOnce("in the end", lead)
		})
	}
}

// TestPausesOfACallGrow from five seconds to a minute.
func TestPausesOfACallGrow(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 402}, http.MethodGet, "/contacts"))
	id := r.log(crm.Call{Phone: knownNumber, Summary: "Asked.", CallID: "p-1"}).PendingID
	for _, want := range []time.Duration{10, 20, 40, 60, 60} {
		out, err := r.jobs.RetryPending(t.Context(), id, 0)
		at, parseErr := time.Parse(time.RFC3339, out.NextTryAt)
		wait := at.Sub(r.clock.Now())
		if err != nil || parseErr != nil || out.Status != crm.CallQueued || wait < want*time.Second-2*time.Second || wait > want*time.Second+time.Second {
			t.Errorf("after %v, want %d s: %v %s", wait, want, err, mustJSON(t, out))
		}
		r.clock.After(10 * time.Minute)
	}
}
