package crm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

const strangersPhone = "+1 202 555 0199"

func TestUnknownCallerGetsALead(t *testing.T) {
	r := newCallRig(t)
	out := r.log(crm.Call{
		Phone: strangersPhone, Summary: "Wants solar panels.", CallID: "u-1", Pipeline: "Roof repair", Stage: "Inspection",
		Tags: []string{"ai call"}, Fields: map[string]any{"Budget": 900}, FollowUpText: "Call back",
	})
	t.Log(mustJSON(t, out))
	callEqual(t, "requests", strings.Join(sortedTexts(r.requests()), ", "), "GET /companies, GET /contacts, POST /leads/complex, POST /leads/notes, POST /tasks")
	callEqual(t, "name", out.Card.Name, "Call from +12025550199")
	callEqual(t, "created", len(out.Created), 5) // lead, contact, call, summary, task
	lead, err := r.api.Leads.Get(t.Context(), out.Card.ID, "contacts")
	if err != nil || len(lead.Embedded.Contacts) != 1 || lead.Embedded.Contacts[0].ID != out.Created[1].ID {
		t.Fatalf("lead %+v: %v", lead, err)
	}
	if !slices.ContainsFunc(lead.Fields, func(f kommo.FieldValue) bool { return f.Name == "Budget" && f.Texts()[0] == "900" }) || len(lead.Embedded.Tags) != 1 {
		t.Errorf("fields %v, tags %v", lead.Fields, lead.Embedded.Tags)
	}
	for _, part := range []string{"call", "summary", "follow-up task, due ", "stage", "fields: Budget", "tags: ai call"} {
		if !strings.Contains(strings.Join(out.Written, "; "), part) {
			t.Errorf("written lacks %q: %v", part, out.Written)
		}
	}
	again := r.log(crm.Call{Phone: "(202) 555-0199", Summary: "Called again.", CallID: "u-2"})
	callEqual(t, "the second call's card", again.Card.ID, out.Card.ID)
}

func TestUnknownCallerAsTold(t *testing.T) {
	r := newCallRig(t)
	out := r.log(crm.Call{Phone: strangersPhone, Summary: "Hello.", UnknownCaller: crm.UnknownReject})
	callEqual(t, "reject", out.Status, crm.CallRejected)
	callEqual(t, "writes", len(r.writes()), 0)

	out = r.log(crm.Call{Phone: strangersPhone, Summary: "Hello.", UnknownCaller: crm.UnknownContactOnly, Stage: "Qualified"})
	callEqual(t, "contact_only", out.Card.Kind, crm.KindContact)
	callEqual(t, "writes", strings.Join(r.writes(), ", "), "POST /contacts, POST /contacts/notes")
	callEqual(t, "skipped", len(out.Skipped), 1)

	r.forget()
	out = r.log(crm.Call{
		Phone: "+1 202 555 0198", Summary: "Hello.", UnknownCaller: crm.UnknownIncomingLead, CallID: "in-1", DurationSeconds: 30,
		Stage: "Qualified", Tags: []string{"ai call"}, StartedAt: "2026-01-05T10:00",
	})
	t.Log(mustJSON(t, out))
	callEqual(t, "incoming_lead", out.Card.Kind, crm.KindLead)
	callEqual(t, "writes", strings.Join(r.writes(), ", "), "POST /leads/unsorted/sip, POST /leads/notes")
	callEqual(t, "skipped", len(out.Skipped), 1)
	callEqual(t, "calls", len(r.callNotes(kommo.Leads, out.Card.ID, "in-1")), 1)
}

func TestNumbersOfNobody(t *testing.T) {
	r := newCallRig(t)
	for _, number := range []string{"anonymous", "Restricted", "+266696687", "911", "*100#", "hello", "+15550001", "0161 496 0000"} {
		r.forget()
		out := r.log(crm.Call{Phone: number, Summary: "Hello."})
		callEqual(t, number, out.Status, crm.CallRejected)
		callEqual(t, "writes for "+number, len(r.writes()), 0)
		if !strings.Contains(out.Why, "lead_id") {
			t.Errorf("%s: %s", number, out.Why)
		}
	}
}

func TestLostAnswerWhenTheCardIsMade(t *testing.T) {
	for rule, path := range map[string]string{
		crm.UnknownCreateLead: "/leads/complex", crm.UnknownContactOnly: "/contacts", crm.UnknownIncomingLead: "/leads/unsorted/sip",
	} {
		for name, fault := range lostAnswers() {
			r := newCallRig(t)
			fault.Method, fault.PathPrefix = "POST", path
			r.box.Inject(fault)
			out := r.log(crm.Call{Phone: strangersPhone, Summary: "Hello.", UnknownCaller: rule, CallID: "lost"})
			if out.Status != crm.CallLogged || !out.LookedUp || out.Card.ID == 0 {
				t.Errorf("%s, %s: %s", rule, name, mustJSON(t, out))
			}
			made := 0
			for _, w := range r.writes() {
				if w == "POST "+path {
					made++
				}
			}
			callEqual(t, rule+" sent", made, 1)
		}
	}
}

func lostAnswers() map[string]sandbox.Fault {
	return map[string]sandbox.Fault{
		"504":       {Kind: sandbox.FaultLostAnswer, Status: 504},
		"reset":     {Kind: sandbox.FaultLostAnswer},
		"truncated": {Kind: sandbox.FaultTruncatedBody},
		"html":      {Kind: sandbox.FaultHTMLBody, ApplyFirst: true},
	}
}
