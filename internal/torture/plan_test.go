package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// caller is somebody who calls an account, once or several times.
type caller struct {
	account *account
	phone   string
	unknown string // what to do if nobody knows the number; empty: somebody does
	contact int64
	leads   []int64
	stage   string // the stage to which one of the calls moves the lead
	calls   []*planned
}

// planned is a call and how it is to be delivered.
type planned struct {
	crm.Call

	token    string // a word that only this call says
	caller   *caller
	twice    bool
	together bool // both at the same instant
	news     bool // the second one brings a transcript

	accepted bool
	lastSaid string
}

type account struct {
	host, token string
	api         *kommo.Client // of the test: no faults meet it, as it reads before and after
	contacts    int
	leads       int
	began       time.Time
	callers     []*caller
}

// known makes the people that the account knows: each caller with one lead, or
// several, or none.
func (a *account) known(ctx context.Context, dice *rand.Rand, n int) error {
	for i := range n {
		c := &caller{account: a, phone: number(i)}
		a.callers = append(a.callers, c)
		contact := kommo.ContactWrite{Name: "Customer " + c.phone, Fields: []kommo.FieldValueWrite{{
			FieldCode: kommo.CodePhone, Values: []kommo.ValueWrite{{Value: c.phone, EnumCode: "WORK"}},
		}}}
		made, err := a.api.Contacts.Create(ctx, []kommo.ContactWrite{contact})
		if err != nil {
			return err
		}
		c.contact = made[0].ID
		a.contacts++
		for range [...]int{1, 1, 2, 3, 0}[dice.IntN(5)] {
			lead, err := a.api.Leads.CreateComplex(ctx, []kommo.ComplexLead{{
				Name: "Deal of " + c.phone, Embedded: kommo.ComplexParts{Contacts: []kommo.ContactWrite{{ID: c.contact}}},
			}})
			if err != nil {
				return err
			}
			c.leads = append(c.leads, lead[0].ID)
			a.leads++
		}
	}
	return nil
}

func (a *account) unknown(dice *rand.Rand, n int) {
	ways := []string{crm.UnknownCreateLead, crm.UnknownCreateLead, crm.UnknownContactOnly, crm.UnknownIncomingLead}
	for i := range n {
		a.callers = append(a.callers, &caller{account: a, phone: number(50 + i), unknown: ways[dice.IntN(len(ways))]})
	}
}

func number(i int) string { return fmt.Sprintf("+120255501%02d", i) }

// hasLead tells whether the caller's calls are on a lead that has stages.
func (c *caller) hasLead() bool { return len(c.leads) > 0 || c.unknown == crm.UnknownCreateLead }

// call plans one more call of a caller.
func (c *caller) call(dice *rand.Rand, n int, started time.Time) *planned {
	p := &planned{token: fmt.Sprintf("Token%dx", n), caller: c}
	c.calls = append(c.calls, p)
	p.Phone, p.UnknownCaller = c.phone, c.unknown
	p.Summary = "About " + p.token + ". They want an offer for the roof and ask what it costs."
	p.Direction = [...]string{"inbound", "outbound"}[dice.IntN(2)]
	p.DurationSeconds = 30 + dice.Int64N(600)
	if dice.IntN(4) > 0 {
		p.StartedAt = started.Format(time.RFC3339)
	}
	if dice.IntN(3) > 0 {
		p.CallID = fmt.Sprintf("call-%d", n)
	}
	if dice.IntN(2) == 0 {
		p.FollowUpText = "Send the offer of " + p.token
	}
	if len(c.leads) > 1 {
		p.SeveralLeads = [...]string{crm.LeadsNewest, crm.LeadsMostRecent}[dice.IntN(2)]
	}
	if dice.IntN(4) == 0 {
		p.Transcript = "Caller: this is " + p.token + " speaking."
	}
	if c.hasLead() && len(c.leads) <= 1 {
		if dice.IntN(3) == 0 {
			p.Tags = []string{"tag-" + p.token}
		}
		if c.stage == "" && dice.IntN(3) == 0 {
			c.stage = [...]string{"Discussion", "Contract"}[dice.IntN(2)]
			p.Stage = c.stage
		}
	}
	p.twice = dice.IntN(10) < 3
	p.together = dice.IntN(2) == 0
	p.news = p.twice && p.CallID != "" && p.Transcript == "" && dice.IntN(3) == 0
	return p
}

// again is what the second delivery of the call says.
func (p *planned) again() crm.Call {
	c := p.Call
	if p.news {
		c.Transcript = "Caller: later " + p.token + " was written down."
	}
	return c
}

// planCalls spreads calls over the callers of all accounts, in an order in which
// callers mix.
func planCalls(dice *rand.Rand, accounts []*account, n int) []*planned {
	var out []*planned
	started := time.Now().Add(-time.Hour)
	for i := range n {
		a := accounts[i%len(accounts)]
		out = append(out, a.callers[dice.IntN(len(a.callers))].call(dice, i, started.Add(time.Duration(i)*time.Second)))
	}
	return out
}

// checkAccount compares what is in Kommo with what was to be written.
func checkAccount(t *testing.T, a *account) {
	t.Helper()
	have, err := read(t.Context(), a)
	if err != nil {
		t.Fatalf("%s: %v", a.host, err)
	}
	contacts, leads, notes, tasks, incoming := a.contacts, a.leads, 0, 0, 0
	for _, c := range a.callers {
		if len(c.calls) == 0 {
			continue
		}
		switch c.unknown {
		case crm.UnknownCreateLead:
			contacts, leads = contacts+1, leads+1
		case crm.UnknownContactOnly:
			contacts++
		case crm.UnknownIncomingLead:
			incoming, leads = incoming+1, leads+1
		}
		for _, p := range c.calls {
			n, k := have.checkCall(t, p)
			notes, tasks = notes+n, tasks+k
		}
		have.checkOneCard(t, c)
	}
	same(t, a.host+": contacts", len(have.contacts), contacts)
	same(t, a.host+": leads", len(have.leads), leads)
	same(t, a.host+": incoming leads", len(have.incoming), incoming)
	same(t, a.host+": notes", len(have.notes), notes)
	same(t, a.host+": tasks", len(have.tasks), tasks)
}

func same(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

// onCard is a note with the kind of card that it is on.
type onCard struct {
	kommo.Note

	of kommo.Entity
}

func (n onCard) card() string { return fmt.Sprintf("%s %d", n.of, n.EntityID) }

// checkCall wants the call once, on one card, with what it asked for.
func (h *holding) checkCall(t *testing.T, p *planned) (notes, tasks int) {
	t.Helper()
	if !p.accepted {
		t.Errorf("%s %s was never accepted: %s", p.caller.account.host, p.token, p.lastSaid)
		return 0, 0
	}
	name := p.caller.account.host + " " + p.token + " of " + p.Phone + " " + p.caller.unknown
	var calls, summaries, transcripts []onCard
	for _, n := range h.notes {
		if call, ok := n.Call(); ok {
			if strings.Contains(call.Result, p.token) {
				calls = append(calls, n)
			}
			continue
		}
		switch text := n.Text(); {
		case !strings.Contains(text, p.token):
		case strings.HasPrefix(text, "Transcript"):
			transcripts = append(transcripts, n)
		default:
			summaries = append(summaries, n)
		}
	}
	notes = 2
	wantTranscripts := 0
	if p.Transcript != "" || p.news {
		notes, wantTranscripts = 3, 1
	}
	same(t, name+": calls", len(calls), 1)
	same(t, name+": summaries", len(summaries), 1)
	same(t, name+": transcripts", len(transcripts), wantTranscripts)
	cards := map[string]bool{}
	for _, n := range slices.Concat(calls, summaries, transcripts) {
		cards[n.card()] = true
	}
	for _, task := range h.tasks {
		if p.FollowUpText != "" && task.Text == p.FollowUpText {
			tasks++
			cards[fmt.Sprintf("%s %d", task.EntityType, task.EntityID)] = true
		}
	}
	want := 0
	if p.FollowUpText != "" {
		want = 1
	}
	same(t, name+": tasks", tasks, want)
	if len(cards) != 1 {
		t.Errorf("%s is on %d cards: %v", name, len(cards), cards)
	}
	h.checkLead(t, name, p, calls)
	return notes, want
}

// checkLead wants the call on a lead of its caller, with its tags.
func (h *holding) checkLead(t *testing.T, name string, p *planned, calls []onCard) {
	t.Helper()
	if len(calls) != 1 {
		return
	}
	on := calls[0]
	c := p.caller
	switch {
	case len(c.leads) > 0 && (on.of != kommo.Leads || !slices.Contains(c.leads, on.EntityID)):
		t.Errorf("%s is on %s, not on one of the leads %v", name, on.card(), c.leads)
	case c.unknown == "" && len(c.leads) == 0 && (on.of != kommo.Contacts || on.EntityID != c.contact):
		t.Errorf("%s is on %s, not on the contact %d", name, on.card(), c.contact)
	case c.unknown == crm.UnknownContactOnly && on.of != kommo.Contacts,
		(c.unknown == crm.UnknownCreateLead || c.unknown == crm.UnknownIncomingLead) && on.of != kommo.Leads:
		t.Errorf("%s is on %s", name, on.card())
	}
	for _, tag := range p.Tags {
		lead := h.leads[on.EntityID]
		if !slices.ContainsFunc(lead.Embedded.Tags, func(have kommo.Tag) bool { return have.Name == tag }) {
			t.Errorf("%s: the lead %d misses the tag %s", name, lead.ID, tag)
		}
	}
}

// checkOneCard wants all calls of somebody unknown on the one card that was made,
// and the lead moved once if a call asked for it.
func (h *holding) checkOneCard(t *testing.T, c *caller) {
	t.Helper()
	cards, moves := map[string]bool{}, 0
	for _, n := range h.notes {
		call, ok := n.Call()
		if !ok || call.Phone != c.phone {
			continue
		}
		if !cards[n.card()] {
			moves += h.moves[n.EntityID]
		}
		cards[n.card()] = true
	}
	if c.unknown != "" && len(cards) != 1 {
		t.Errorf("%s %s (%s): calls on %d cards: %v", c.account.host, c.phone, c.unknown, len(cards), cards)
	}
	want := 0
	if c.stage != "" {
		want = 1
	}
	if c.unknown != "" && c.stage != "" && c.calls[0].Stage != "" {
		return // the lead may have been made in that stage: then nothing was moved
	}
	if c.unknown != "" && moves == 0 {
		want = 0 // as well: the calls of one number may have been delivered in another order
	}
	same(t, c.account.host+" "+c.phone+": moves", moves, want)
}

// holding is what an account holds.
type holding struct {
	contacts []kommo.Contact
	leads    map[int64]kommo.Lead
	incoming []kommo.Unsorted
	notes    []onCard
	tasks    []kommo.Task
	moves    map[int64]int
}

func read(ctx context.Context, a *account) (*holding, error) {
	h := &holding{leads: map[int64]kommo.Lead{}, moves: map[int64]int{}}
	for c, err := range a.api.Contacts.All(ctx, kommo.CardListFilter{}) {
		if err != nil {
			return nil, err
		}
		h.contacts = append(h.contacts, c)
	}
	for l, err := range a.api.Leads.All(ctx, kommo.LeadFilter{}) {
		if err != nil {
			return nil, err
		}
		h.leads[l.ID] = l
	}
	for u, err := range a.api.Unsorted.All(ctx, kommo.UnsortedFilter{}) {
		if err != nil {
			return nil, err
		}
		h.incoming = append(h.incoming, u)
	}
	for _, of := range []kommo.Entity{kommo.Leads, kommo.Contacts} {
		for n, err := range a.api.Notes.All(ctx, of, kommo.NoteFilter{}) {
			if err != nil {
				return nil, err
			}
			h.notes = append(h.notes, onCard{n, of})
		}
	}
	for task, err := range a.api.Tasks.All(ctx, kommo.TaskFilter{}) {
		if err != nil {
			return nil, err
		}
		h.tasks = append(h.tasks, task)
	}
	for e, err := range a.api.Events.All(ctx, kommo.EventFilter{Types: []string{"lead_status_changed"}, CreatedAt: kommo.Between(a.began, time.Time{})}) {
		if err != nil {
			return nil, err
		}
		h.moves[e.EntityID]++
	}
	return h, nil
}
