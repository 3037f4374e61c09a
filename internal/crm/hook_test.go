package crm_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// hookURL is where the platforms post.
const hookURL = "https://crm.example.com/v1/calls/"

// knownNumber is that of the contact of the lead almeidaLead.
const knownNumber = "+5511955550142"

// hookBody is a sample body; the caller is replaced by one whom the demo account
// knows.
func hookBody(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../hooks/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("+15005550006", knownNumber, "%2B15005550006", "%2B"+knownNumber[1:], "+1 500-555-0006", knownNumber).Replace(string(raw))
	return []byte(text)
}

func (r *callRig) keepHook(platform string, body []byte) crm.HookReceipt {
	r.Helper()
	return r.keepWith(platform, body, crm.HookOptions{})
}

func (r *callRig) keepWith(platform string, body []byte, o crm.HookOptions) crm.HookReceipt {
	r.Helper()
	out, err := r.jobs.KeepHook(r.Context(), crm.HookDelivery{
		Platform: platform, Method: http.MethodPost, URL: hookURL + platform, Body: body, Options: o,
	})
	if err != nil {
		r.Fatal(err)
	}
	return out
}

// theCall is the one call of a card with that uniq.
func (r *callRig) theCall(lead int64, uniq string) kommo.CallParams {
	r.Helper()
	calls := r.callNotes(kommo.Leads, lead, uniq)
	if len(calls) != 1 {
		r.Fatalf("%d calls %q on the card", len(calls), uniq)
	}
	return calls[0]
}

// withText counts the notes of a card that hold a text.
func (r *callRig) withText(lead int64, text string) (n int) {
	r.Helper()
	for _, note := range r.notes(kommo.Leads, lead) {
		if strings.Contains(note.Text(), text) {
			n++
		}
	}
	return n
}

func samples() map[string]struct{ platform, id string } {
	return map[string]struct{ platform, id string }{
		"aircall_ended.json": {"aircall", "aircall 9007199254740993"}, "bland_outbound.json": {"bland", "c1"}, "elevenlabs_inbound.json": {"elevenlabs", "c1"},
		"retell_ended.json": {"retell", "c1"}, "retell_analyzed.json": {"retell", "c1"}, "synthflow_completed.json": {"synthflow", "c1"},
		"twilio_completed.form": {"twilio", "CA1"}, "vapi_inbound.json": {"vapi", "c1"},
	}
}

// TestEverySampleReachesItsCard: a post of each platform ends as one call on the
// caller's card, also when it comes four times at the same instant.
func TestEverySampleReachesItsCard(t *testing.T) {
	for name, want := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newCallRig(t)
			lead := r.lead(almeidaLead).ID
			r.forget()
			body := hookBody(t, name)
			var posts sync.WaitGroup
			for range 4 {
				posts.Go(func() { r.keepHook(want.platform, body) })
			}
			posts.Wait()
			callEqual(t, "requests before the worker", len(r.requests()), 0)
			r.drain()
			if c := r.theCall(lead, want.id); c.Phone != knownNumber {
				t.Errorf("phone %q", c.Phone)
			}
			callEqual(t, "kept again", r.keepHook(want.platform, body).Again, true)
		})
	}
}

// TestEarlyAndFinalReportsAreOneCall, in either order.
func TestEarlyAndFinalReportsAreOneCall(t *testing.T) {
	for _, order := range [][]string{{"retell_ended.json", "retell_analyzed.json"}, {"retell_analyzed.json", "retell_ended.json"}} {
		for _, between := range []bool{false, true} {
			t.Run(order[0], func(t *testing.T) {
				r := newCallRig(t)
				lead := r.lead(almeidaLead).ID
				for _, name := range order {
					r.keepHook("retell", hookBody(t, name))
					if between {
						r.drain()
					}
				}
				r.drain()
				r.theCall(lead, "c1")
				callEqual(t, "summaries", r.withText(lead, "AI-written"), 1)
				callEqual(t, "transcripts", r.withText(lead, "Transcript of the call"), 1)
			})
		}
	}
}

// TestRecordingComesFirstOrLast: it is added to its call in either order, and
// makes no call on its own.
func TestRecordingComesFirstOrLast(t *testing.T) {
	for _, order := range [][]string{{"twilio_completed.form", "twilio_recording.form"}, {"twilio_recording.form", "twilio_completed.form"}} {
		t.Run(order[0], func(t *testing.T) {
			r := newCallRig(t)
			lead := r.lead(almeidaLead).ID
			for _, name := range order {
				r.keepHook("twilio", hookBody(t, name))
				r.jobs.DeliverDue(t.Context())
			}
			r.drain()
			if c := r.theCall(lead, "CA1"); !strings.HasSuffix(c.Link, ".mp3") {
				t.Errorf("the call has the link %q", c.Link)
			}
		})
	}
}

// TestPartsOfNoCallEndAsDeadLetters: they wait, then somebody is shown them.
func TestPartsOfNoCallEndAsDeadLetters(t *testing.T) {
	r := newCallRig(t)
	r.keepHook("twilio", hookBody(t, "twilio_recording.form"))
	r.jobs.DeliverDue(t.Context())
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || list.Waiting != 1 || list.Items[0].Platform != "twilio" || list.Items[0].CallID != "CA1" || !strings.Contains(list.Items[0].Reason, "has not come") {
		t.Fatalf("%v %s", err, mustJSON(t, list))
	}
	r.drain()
	list, _ = r.jobs.Pending(t.Context(), 10)
	if list.Dead != 1 || !strings.Contains(list.Items[0].Reason, "within an hour") {
		t.Errorf("%s", mustJSON(t, list))
	}
	callEqual(t, "requests", len(r.requests()), 0)
	if _, err := r.jobs.DropPending(t.Context(), list.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	list, _ = r.jobs.Pending(t.Context(), 10)
	callEqual(t, "left after the drop", len(list.Items), 0)
}

// TestReportComesAfterItsPartsWereGivenUp: a recording that waited in vain for an hour
// is added all the same when its call comes, as a report or directly.
func TestReportComesAfterItsPartsWereGivenUp(t *testing.T) {
	for name, come := range map[string]func(*callRig){
		"report": func(r *callRig) { r.keepHook("twilio", hookBody(r.T, "twilio_completed.form")) },
		"directly": func(r *callRig) {
			r.log(crm.Call{Phone: knownNumber, Summary: "Asked for an offer.", CallID: "CA1"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCallRig(t)
			lead := r.lead(almeidaLead).ID
			r.keepHook("twilio", hookBody(t, "twilio_recording.form"))
			r.drain()
			list, err := r.jobs.Pending(t.Context(), 10)
			if err != nil || list.Dead != 1 {
				t.Fatalf("%v %s", err, mustJSON(t, list))
			}
			come(r)
			r.jobs.DeliverDue(t.Context()) // reads the call, if it was reported
			r.jobs.DeliverDue(t.Context()) // and what was given up
			r.jobs.DeliverDue(t.Context())
			if c := r.theCall(lead, "CA1"); !strings.HasSuffix(c.Link, ".mp3") {
				t.Errorf("the call has the link %q", c.Link)
			}
			list, _ = r.jobs.Pending(t.Context(), 10)
			callEqual(t, "left", len(list.Items), 0)
		})
	}
}

// TestToolCallThenWebhook: what the agent logged during the call is completed by
// the webhook, in place.
func TestToolCallThenWebhook(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	live := crm.Call{Phone: knownNumber, Summary: "Wants a demo.", CallID: "c1", FollowUpText: "Send the proposal"}
	callEqual(t, "live", r.log(live).Status, crm.CallLogged)
	before := len(r.notes(kommo.Leads, lead))
	r.keepWith("vapi", hookBody(t, "vapi_inbound.json"), crm.HookOptions{FollowUpText: "Call back", Tags: []string{"phone"}})
	r.drain()
	c := r.theCall(lead, "c1")
	if c.Duration != 125 || c.Link == "" {
		t.Errorf("the call is %+v", c)
	}
	callEqual(t, "summaries", r.withText(lead, "AI-written"), 1)
	callEqual(t, "the longer summary", r.withText(lead, "demo on Friday"), 1)
	callEqual(t, "notes more: the transcript", len(r.notes(kommo.Leads, lead))-before, 1)
	callEqual(t, "tasks", len(r.tasks(lead, "Send the proposal")), 1)
	callEqual(t, "second tasks", len(r.tasks(lead, "Call back")), 0)
}

// TestSpokenNumberDoesNotPartTheCall: the agent noted a wrong number; the webhook
// with the same id still completes that call.
func TestSpokenNumberDoesNotPartTheCall(t *testing.T) {
	r := newCallRig(t)
	r.log(crm.Call{Phone: "+1 202 555 0199", Summary: "Wants a demo.", CallID: "c1"})
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.drain()
	list, _ := r.jobs.Pending(t.Context(), 10)
	if len(list.Items) > 0 {
		t.Errorf("%s", mustJSON(t, list))
	}
	callEqual(t, "calls on the other card", len(r.callNotes(kommo.Leads, r.lead(almeidaLead).ID, "c1")), 0)
}

// TestTestsMakeNoContact: nothing is sent for them.
func TestTestsMakeNoContact(t *testing.T) {
	r := newCallRig(t)
	web := strings.Replace(string(hookBody(t, "vapi_inbound.json")), "inboundPhoneCall", "webCall", 1)
	r.keepHook("vapi", []byte(web))
	r.drain()
	callEqual(t, "requests", len(r.requests()), 0)
	if out := r.keepHook("vapi", []byte(`{"message":{"type":"status-update"}}`)); out.Kept || out.Ignored == "" {
		t.Errorf("an event that is no report: %+v", out)
	}
}

// TestCallersWithoutNumberAreShown: nobody is made of them, and they are not lost.
func TestCallersWithoutNumberAreShown(t *testing.T) {
	r := newCallRig(t)
	hidden := strings.Replace(string(hookBody(t, "vapi_inbound.json")), knownNumber, "anonymous", 1)
	r.keepHook("vapi", []byte(hidden))
	r.drain()
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || list.Dead != 1 || !strings.Contains(list.Items[0].Reason, "withheld") {
		t.Fatalf("%v %s", err, mustJSON(t, list))
	}
	lead := r.lead(almeidaLead).ID
	out, err := r.jobs.RetryPending(t.Context(), list.Items[0].ID, lead)
	if err != nil || out.Status != crm.CallLogged {
		t.Fatalf("%v %s", err, mustJSON(t, out))
	}
	r.theCall(lead, "c1")
}

// TestUnreadableBodyIsADeadLetter: its platform hears that it is wrong, and
// somebody can look at it.
func TestUnreadableBodyIsADeadLetter(t *testing.T) {
	r := newCallRig(t)
	_, err := r.jobs.KeepHook(t.Context(), crm.HookDelivery{Platform: "twilio", Method: http.MethodPost, URL: hookURL + "twilio", Body: []byte("CallStatus=completed")})
	if !errors.Is(err, hooks.ErrBody) {
		t.Fatal(err)
	}
	list, err := r.jobs.Pending(t.Context(), 10)
	if err != nil || list.Dead != 1 || list.Items[0].Platform != "twilio" || list.Items[0].Reason == "" {
		t.Errorf("%v %s", err, mustJSON(t, list))
	}
}

// TestHookOptionsApply: what the URL asks for is done once.
func TestHookOptionsApply(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	o, err := crm.ReadHookOptions(map[string][]string{"stage": {fullCall().Stage}, "follow_up_text": {"Send the proposal"}, "tags": {"phone, ai"}})
	if err != nil {
		t.Fatal(err)
	}
	r.keepWith("retell", hookBody(t, "retell_ended.json"), o)
	r.drain()
	r.keepWith("retell", hookBody(t, "retell_analyzed.json"), o)
	r.drain()
	callEqual(t, "tasks", len(r.tasks(lead, "Send the proposal")), 1)
	callEqual(t, "moves", r.moves(lead), 1)
}

func TestHookOptionsAreAClosedSet(t *testing.T) {
	for name, query := range map[string]map[string][]string{
		"unknown": {"stagee": {"x"}}, "twice": {"stage": {"x", "y"}}, "wrong word": {"unknown_caller": {"create"}},
		"no pipeline": {"several_leads": {"in_pipeline"}}, "no text": {"follow_up_due": {"tomorrow"}}, "fields": {"fields": {"Budget"}},
	} {
		if _, err := crm.ReadHookOptions(query); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := crm.ReadHookOptions(map[string][]string{"bodySHA256": {"ab"}, "several_leads": {"newest"}}); err != nil {
		t.Error(err)
	}
}

// TestDataNeverSetsFields: what callers said is noted, no field is written.
func TestDataNeverSetsFields(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.drain()
	callEqual(t, "noted", r.withText(lead, "budget: 8000"), 1)
	for _, line := range r.writes() {
		if strings.HasPrefix(line, "PATCH") {
			t.Errorf("sent %s", line)
		}
	}
}

// TestHookWaitsForKommoAndARestart: accepted while Kommo is away, delivered by the
// next process from the same directory.
func TestHookWaitsForKommoAndARestart(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	dir := t.TempDir()
	first := store.New(dir, r.clock.Now)
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(first))
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.jobs.DeliverDue(t.Context())
	r.keepHook("bland", hookBody(t, "bland_outbound.json")) // kept, and the process ends before anything is done
	r.jobs.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	r.box.ClearFaults()
	second := store.New(dir, r.clock.Now)
	t.Cleanup(func() { _ = second.Close() })
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(second))
	t.Cleanup(r.jobs.Close)
	r.drain()
	r.theCall(lead, "c1")
}

// TestDropErasesWhatPlatformsSent: raw bodies go with their call.
func TestDropErasesWhatPlatformsSent(t *testing.T) {
	r := newCallRig(t)
	st := store.NewMemory(r.clock.Now)
	t.Cleanup(func() { _ = st.Close() })
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(st))
	t.Cleanup(r.jobs.Close)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.jobs.DeliverDue(t.Context())
	all := []store.State{store.Running, store.Waiting, store.Done, store.Dead}
	kept, err := st.List(t.Context(), r.api.Host(), crm.HookKind, 10, all...)
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v, %d kept", err, len(kept))
	}
	var d crm.HookDelivery
	if err := json.Unmarshal(kept[0].Body, &d); err != nil || len(d.Body) == 0 {
		t.Fatal(err, "no raw body")
	}
	list, _ := r.jobs.Pending(t.Context(), 10)
	if _, err := r.jobs.DropPending(t.Context(), list.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	kept, _ = st.List(t.Context(), r.api.Host(), crm.HookKind, 10, all...)
	callEqual(t, "raw bodies left", len(kept), 0)
}

// TestRetention: bodies go after their days, records after theirs, what waits never.
func TestRetention(t *testing.T) {
	r := newCallRig(t)
	st := store.NewMemory(r.clock.Now)
	t.Cleanup(func() { _ = st.Close() })
	names := directory.New(r.api)
	t.Cleanup(names.Close)
	r.jobs = crm.New(r.api, names, r.clock, crm.WithStore(st), crm.WithRetention(2*24*time.Hour, 5*24*time.Hour))
	t.Cleanup(r.jobs.Close)
	r.keepHook("vapi", hookBody(t, "vapi_inbound.json"))
	r.drain()
	count := func(kind string) int {
		counts, err := st.Counts(t.Context(), r.api.Host(), kind)
		if err != nil {
			t.Fatal(err)
		}
		return counts[store.Done] + counts[store.Dead] + counts[store.Waiting]
	}
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	for _, want := range []struct{ after, hooks, calls int }{{1, 1, 1}, {2, 0, 1}, {3, 0, 0}} {
		r.clock.After(time.Duration(want.after) * 24 * time.Hour)
		r.runOnce()
		callEqual(t, "bodies", count(crm.HookKind), want.hooks)
		callEqual(t, "records", count(crm.CallKind), want.calls)
	}
	r.keepHook("bland", hookBody(t, "bland_outbound.json"))
	r.jobs.DeliverDue(t.Context())
	r.clock.After(100 * 24 * time.Hour)
	r.runOnce()
	callEqual(t, "what waits", count(crm.CallKind), 1)
}

// runOnce starts a worker and ends it.
func (r *callRig) runOnce() {
	r.Helper()
	ctx, stop := context.WithTimeout(r.Context(), 200*time.Millisecond)
	defer stop()
	r.jobs.RunOutbox(ctx)
}
