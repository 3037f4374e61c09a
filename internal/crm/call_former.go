package crm

import (
	"context"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// formerCalls is how many earlier calls of a number are looked through.
const formerCalls = 5

// formerCard is the card that an earlier call of the same number has made, if it
// is still there. Kommo's search does not know everything that is: the contact of
// an incoming lead is hidden until somebody accepts it, and what was made a moment
// ago may not be indexed yet. Without this each further call would make another.
func (s *Service) formerCard(ctx context.Context, p *callPlan) (c callCard, ok bool, err error) {
	made, err := s.madeBefore(ctx, p)
	if err != nil || made == nil {
		return callCard{}, false, err
	}
	const why = "An earlier call of this number made this card."
	if made.Kind == KindLead {
		lead, err := s.api.Leads.Get(ctx, made.ID)
		if gone(err) || err == nil && (lead.Deleted || lead.Closed()) {
			return callCard{}, false, nil
		}
		c := s.onLead(lead, why)
		c.former = true
		return c, err == nil, err
	}
	contact, err := s.api.Contacts.Get(ctx, made.ID)
	if gone(err) || err == nil && phoneStrength(contact.Fields, p.Phone, p.region) == phone.None { // or it has another number by now
		return callCard{}, false, nil
	}
	one := contactCaller(contact)
	return callCard{
		card: one.card, name: one.name, responsible: one.responsible, why: why, former: true,
		found: []Record{s.record(KindContact, one.id, one.name)},
	}, err == nil, err
}

func gone(err error) bool { return kommo.HasCode(err, kommo.CodeNotFound) }

// madeBefore finds the newest card that was made for the number.
func (s *Service) madeBefore(ctx context.Context, p *callPlan) (*keptCard, error) {
	line := p.Call.line() // not the number as the note shows it
	if line == "" {
		return nil, nil
	}
	st, _ := s.journal.store()
	ops, err := st.Former(ctx, s.journal.account, CallKind, line, formerCalls)
	if err != nil {
		return nil, stateFailed(err)
	}
	for _, op := range ops {
		rec, err := readRecord(op.Body)
		if err == nil && rec.Card.madeForCall() {
			return rec.Card, nil
		}
	}
	return nil, nil
}

// madeForCall tells whether no search has found the card: this call has made it, or
// one before.
func (k *keptCard) madeForCall() bool {
	return k != nil && (k.Former || slices.ContainsFunc(k.Created, func(r Record) bool { return r.Kind == k.Kind && r.ID == k.ID }))
}
