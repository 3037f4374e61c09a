package crm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// Calls of one new caller that are delivered at the same moment make one contact.
func TestCallsAtTheSameMomentMakeOneCaller(t *testing.T) {
	r := newCallRig(t)
	cards := make([]int64, 6)
	errs := make([]error, len(cards))
	var wg sync.WaitGroup
	for i := range cards {
		wg.Go(func() {
			tel := []string{"+1 202 555 0199", "2025550199", "(202) 555-0199"}[i%3]
			out, err := r.jobs.LogCall(t.Context(), crm.Call{Phone: tel, Summary: "Hello.", CallID: fmt.Sprint("burst-", i)})
			cards[i], errs[i] = out.Card.ID, err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, id := range cards {
		callEqual(t, "card", id, cards[0])
	}
	callEqual(t, "contacts", len(r.people("2025550199")), 1)
}

func TestLeadsAtTheSameMomentShareTheirContact(t *testing.T) {
	r := newCallRig(t)
	errs := make([]error, 5)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = r.jobs.CreateLead(t.Context(), crm.NewLead{
				Name: fmt.Sprint("Burst ", i), ContactPhone: "+12025550198", ContactEmail: "burst@example.com", CompanyName: "Burst Ltd",
			})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	callEqual(t, "contacts", len(r.people("2025550198")), 1)
	companies, err := r.api.Companies.List(t.Context(), kommo.CardListFilter{CardFilter: kommo.CardFilter{Query: "Burst Ltd"}})
	if err != nil {
		t.Fatal(err)
	}
	callEqual(t, "companies", len(companies.Items), 1)
}

// A call that waits in vain for its turn is kept, and delivered after the others.
func TestWaitingForOthersEndsWithTheCall(t *testing.T) {
	r := newCallRig(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	r.box.Inject(sandbox.Fault{Times: -1, Match: func(*http.Request) bool {
		once.Do(func() { close(entered); <-leave })
		return false
	}})
	done := make(chan error)
	go func() {
		_, err := r.jobs.LogCall(t.Context(), crm.Call{Phone: strangersPhone, Summary: "First."})
		done <- err
	}()
	<-entered
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	second := crm.Call{Phone: strangersPhone, Summary: "Second."}
	out, err := r.jobs.LogCall(ctx, second)
	if err != nil || out.Status != crm.CallQueued {
		t.Errorf("the second call: %s, %v", out.Status, err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Errorf("the first call: %v", err)
	}
	r.drain()
	callEqual(t, "the second call, delivered", r.log(second).Status, crm.CallRepeat)
	callEqual(t, "contacts", len(r.people("2025550199")), 1)
}

func (r *callRig) people(digits string) []kommo.Contact {
	r.Helper()
	page, err := r.api.Contacts.List(r.Context(), kommo.CardListFilter{CardFilter: kommo.CardFilter{Query: digits}})
	if err != nil {
		r.Fatal(err)
	}
	return page.Items
}
