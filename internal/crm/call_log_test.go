package crm_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

const almeidaLead = "Almeida: solar and battery"

// fullCall is a call of Thiago Almeida, who has one active lead, with all there
// is to write.
func fullCall() crm.Call {
	started := time.Now().Add(-time.Hour).Truncate(time.Hour)
	return crm.Call{
		Phone: "+55 11 95555-0142", Summary: "Booked a site visit. He wants two batteries and asked about financing.",
		StartedAt: started.UTC().Format(time.RFC3339), DurationSeconds: 125, Outcome: "conversation", CallID: "c-1",
		RecordingURL: "https://calls.example.com/c-1.mp3", Transcript: "AI: Hello\nCustomer: Hi", ActionItems: []string{"Send the price list", "Check the roof"},
		AgentName: "Iris", Stage: "Negotiation", Tags: []string{"hot"}, Fields: map[string]any{"Budget": 12000, "Roof type": "Flat"},
		FollowUpText: "Send the proposal", FollowUpDue: "tomorrow 15:00", FollowUpResponsible: "Marcus Reed",
	}
}

func TestKnownCallerCostsFewRequests(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(delayed())
	for name, c := range map[string]crm.Call{
		"note, task and stage": {
			Phone: "+34 600 000 144", Summary: "Wants a quote.", Stage: "Estimate sent", FollowUpText: "Send the quote", FollowUpDue: "tomorrow 15:00",
		},
		"everything": fullCall(),
	} {
		r.forget()
		out := r.log(c)
		r.mu.Lock()
		waves := r.waves
		r.mu.Unlock()
		t.Logf("%s: %d requests in %d round trips: %s", name, len(r.requests()), waves, strings.Join(r.requests(), ", "))
		if n := len(r.requests()); n > 6 || waves > 3 || name == "note, task and stage" && n != 5 {
			t.Errorf("%s: %d requests in %d round trips", name, n, waves)
		}
		callEqual(t, "status", out.Status, crm.CallLogged)
		if len(out.Warnings)+len(out.Skipped) > 0 {
			t.Errorf("unexpected words: %s", mustJSON(t, out))
		}
	}
}

func TestLogsEverything(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	c := fullCall()
	out := r.log(c)
	t.Log(mustJSON(t, out))
	callEqual(t, "card", out.Card.ID, lead.ID)
	callEqual(t, "url", out.URL, out.Card.URL)
	callEqual(t, "before", out.Before, crm.CallStage{Stage: "Site survey"})
	callEqual(t, "after", out.After, crm.CallStage{Stage: "Negotiation"})
	if out.Why == "" || len(out.Found) != 2 || len(out.Created) != 4 {
		t.Errorf("answer: %s", mustJSON(t, out))
	}
	calls := r.callNotes(kommo.Leads, lead.ID, "c-1")
	want := kommo.CallParams{
		Unique: "c-1", Duration: 125, Source: "kommo-mcp", Link: c.RecordingURL, Phone: "+5511955550142",
		Responsible: "Iris", Result: "Booked a site visit", Status: kommo.CallTalked,
	}
	if len(calls) != 1 || calls[0] != want {
		t.Errorf("call note: got %+v, want %+v", calls, want)
	}
	notes := r.notes(kommo.Leads, lead.ID)
	var texts []string
	for _, n := range notes {
		if slices.ContainsFunc(out.Created, func(c crm.Record) bool { return c.ID == n.ID }) {
			texts = append(texts, n.Text())
			callEqual(t, "date of the note", n.CreatedAt.Time().Format(time.RFC3339), c.StartedAt)
		}
	}
	all := strings.Join(texts, "\n---\n")
	for _, part := range []string{
		"Call in, 2:05 - Booked a site visit\nOutcome: conversation · +5511955550142 · ", " · Iris\n",
		"\n\nHe wants two batteries and asked about financing.\n\nAction items:\n- Send the price list\n- Check the roof\n\nNext: Send the proposal (Marcus Reed, by ",
		"\nRecording: https://calls.example.com/c-1.mp3\n(AI-written summary)", "Transcript of the call:\nAI: Hello\nCustomer: Hi",
	} {
		if !strings.Contains(all, part) {
			t.Errorf("the notes lack %q:\n%s", part, all)
		}
	}
	callEqual(t, "tasks", len(r.tasks(lead.ID, "Send the proposal")), 1)
	after := r.lead(almeidaLead)
	if after.StatusID == lead.StatusID || !slices.ContainsFunc(after.Embedded.Tags, func(t kommo.Tag) bool { return t.Name == "hot" }) {
		t.Errorf("lead was not changed: %+v", after)
	}
	for _, f := range after.Fields {
		if f.Name == "Roof type" && f.Texts()[0] != "Flat" || f.Name == "Budget" && f.Texts()[0] != "12000" {
			t.Errorf("field %s: %v", f.Name, f.Texts())
		}
	}
}

func TestFindsTheCallerInEverySpelling(t *testing.T) {
	r := newCallRig(t)
	r.contact("Ivy Stone", "(712) 555-0161") // in Iowa; with +44 the same digits are a British mobile
	for spelling, lead := range map[string]string{
		"+5511955550142": almeidaLead, "551195550142 ": "", "+55 (11) 5555-0142": "", "whatsapp:+5511955550142": almeidaLead,
		"011 55 11 95555 0142": almeidaLead, "0055 11 95555 0142": almeidaLead, "+44 7125 550161": "", "+525555550143": "Robles: new home solar", "+521 55 5555 0143": "Robles: new home solar",
		"tel:+34-600-000-144": "Peñalver: tile roof inspection", "011 34 600000144": "Peñalver: tile roof inspection",
		"+7 900 000-01-45": "Sokolov: 12 kW ground mount", "8 900 000 01 45": "Sokolov: 12 kW ground mount",
	} {
		out := r.log(crm.Call{Phone: spelling, Summary: "Called about the date.", UnknownCaller: crm.UnknownReject})
		switch {
		case lead == "" && out.Status != crm.CallRejected:
			t.Errorf("%q is another number, but the call is on %s", spelling, out.Card.Name)
		case lead != "" && out.Card.Name != lead:
			t.Errorf("%q: %s %s (%s)", spelling, out.Status, out.Card.Name, out.Why)
		}
	}
}

func TestRepeatsAreLoggedOnce(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	first := r.log(fullCall())
	r.forget()
	again := r.log(fullCall())
	callEqual(t, "status", again.Status, crm.CallRepeat)
	callEqual(t, "id", again.ID, first.ID)
	callEqual(t, "requests of the repeat", len(r.requests()), 0)
	callEqual(t, "warnings", len(again.Warnings), 0)

	poorer := fullCall()
	poorer.Summary, poorer.Transcript = "Short.", ""
	callEqual(t, "a poorer one", r.log(poorer).Status, crm.CallRepeat)
	other := fullCall()
	other.Phone = "+12025550101"
	if _, err := r.jobs.LogCall(t.Context(), other); err == nil || !strings.Contains(err.Error(), "c-1") || !strings.Contains(err.Error(), first.URL) {
		t.Errorf("a call_id of another number was taken: %v", err)
	}
	callEqual(t, "calls", len(r.callNotes(kommo.Leads, lead.ID, "c-1")), 1)
}

func TestDuplicatesAtTheSameInstantRunOnce(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	results := make(chan crm.CallResult)
	const n = 8
	for range n {
		go func() {
			out, err := r.jobs.LogCall(t.Context(), fullCall())
			if err != nil {
				t.Error(err)
			}
			results <- out
		}()
	}
	statuses := map[string]int{}
	for range n {
		statuses[(<-results).Status]++
	}
	callEqual(t, "logged", statuses[crm.CallLogged], 1)
	callEqual(t, "repeat", statuses[crm.CallRepeat], n-1)
	callEqual(t, "calls", len(r.callNotes(kommo.Leads, lead.ID, "c-1")), 1)
	callEqual(t, "tasks", len(r.tasks(lead.ID, "Send the proposal")), 1)
}

func TestClientThatHangsUpDoesNotHalveACall(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	ctx, hangUp := context.WithCancel(t.Context())
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Times: -1, Match: func(q *http.Request) bool {
		if q.Method == http.MethodPost {
			hangUp()
		}
		return false
	}})
	if _, err := r.jobs.LogCall(ctx, fullCall()); err != nil {
		t.Errorf("the writing was broken off: %v", err)
	}
	callEqual(t, "repeat", r.log(fullCall()).Status, crm.CallRepeat)
	callEqual(t, "calls", len(r.callNotes(kommo.Leads, lead.ID, "c-1")), 1)
	callEqual(t, "tasks", len(r.tasks(lead.ID, "Send the proposal")), 1)
}

func TestDeliveryWhoseTwinIsGivenUpLogsTheCall(t *testing.T) {
	r := newCallRig(t)
	ctx, hangUp := context.WithCancel(t.Context())
	searching, done := make(chan struct{}), make(chan crm.CallResult)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultHang, Match: func(*http.Request) bool { close(searching); return true }})
	go func() { _, _ = r.jobs.LogCall(ctx, fullCall()) }()
	<-searching
	go func() {
		out, err := r.jobs.LogCall(t.Context(), fullCall())
		if err != nil {
			t.Error(err)
		}
		done <- out
	}()
	hangUp()
	callEqual(t, "status", (<-done).Status, crm.CallLogged)
}
