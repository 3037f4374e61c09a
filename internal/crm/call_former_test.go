package crm_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestCallsOfAHiddenContactShareACard: Kommo does not find the contact of an
// incoming lead until somebody accepts it. The second call of that number goes on
// the same card all the same; when the lead is gone, a new one is made.
func TestCallsOfAHiddenContactShareACard(t *testing.T) {
	r := newCallRig(t)
	call := crm.Call{Phone: "+12025550187", Summary: "Wants a quote.", UnknownCaller: crm.UnknownIncomingLead}
	log := func(id, rule string) crm.CallResult {
		t.Helper()
		call.CallID, call.UnknownCaller = id, rule
		return r.log(call)
	}
	first := log("one", crm.UnknownIncomingLead)
	for i, rule := range []string{crm.UnknownIncomingLead, crm.UnknownCreateLead, crm.UnknownContactOnly, crm.UnknownReject} {
		again := log("again"+itoa(int64(i)), rule)
		if again.Card != first.Card || len(again.Created) != 2 || !strings.Contains(again.Why, "earlier call") {
			t.Errorf("%s: %s", rule, mustJSON(t, again))
		}
	}
	page, err := r.api.Unsorted.List(t.Context(), kommo.UnsortedFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range page.Items {
		if u.LeadID() == first.Card.ID {
			if _, err := r.api.Unsorted.Decline(t.Context(), u.UID, r.userID(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if anew := log("after", crm.UnknownIncomingLead); anew.Card == first.Card {
		t.Errorf("the call is on a lead that was declined: %s", mustJSON(t, anew))
	}
}

// TestRememberedContactWithAnotherNumber: once a person has given the contact another
// number, its card is nobody's of the old one.
func TestRememberedContactWithAnotherNumber(t *testing.T) {
	r := newCallRig(t)
	call := crm.Call{Phone: "+12025550186", Summary: "Wants a quote.", UnknownCaller: crm.UnknownContactOnly, CallID: "one"}
	first := r.log(call)
	if _, err := r.api.Contacts.Update(t.Context(), first.Card.ID, kommo.ContactWrite{Fields: []kommo.FieldValueWrite{{
		FieldCode: kommo.CodePhone, Values: []kommo.ValueWrite{{Value: "+12025550111", EnumCode: "WORK"}},
	}}}); err != nil {
		t.Fatal(err)
	}
	call.CallID = "two"
	if second := r.log(call); second.Card == first.Card {
		t.Errorf("on the card with another number: %s", mustJSON(t, second))
	}
}

// TestDropForgetsTheCardOfItsNumber: a call whose card was made and that is dropped
// leaves nothing behind by which its number leads to that card; with another call
// of the number it stays known.
func TestDropForgetsTheCardOfItsNumber(t *testing.T) {
	for _, others := range []bool{false, true} {
		r := newCallRig(t)
		call := crm.Call{Phone: "+12025550187", Summary: "Wants a quote.", UnknownCaller: crm.UnknownIncomingLead, CallID: "one"}
		var first int64
		if others {
			call.CallID = "zero"
			first = r.log(call).Card.ID
			call.CallID = "one"
		}
		r.box.Inject(on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}, http.MethodPost, "/leads/notes"))
		queued := r.log(call)
		callEqual(t, "status", queued.Status, crm.CallQueued)
		r.box.ClearFaults()
		dropped, err := r.jobs.DropPending(t.Context(), queued.PendingID)
		if err != nil || dropped.CallID != "one" {
			t.Fatalf("%v %s", err, mustJSON(t, dropped))
		}
		call.CallID = "two"
		again := r.log(call)
		callEqual(t, "known by an earlier call", strings.Contains(again.Why, "earlier call"), others)
		callEqual(t, "on its card", again.Card.ID == first, others)
	}
}

func (r *callRig) userID(t *testing.T) int64 {
	t.Helper()
	page, err := r.api.Users.List(t.Context(), kommo.ListOptions{})
	if err != nil || len(page.Items) == 0 {
		t.Fatal("no users", err)
	}
	return page.Items[0].ID
}
