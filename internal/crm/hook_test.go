package crm_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

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
