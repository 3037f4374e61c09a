package crm

import (
	"context"
	"encoding/json"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// rememberedCard is what is remembered of a card that was made for a number.
type rememberedCard struct {
	Kind string `json:"kind"`
	ID   int64  `json:"id"`
}

// remember keeps which card was made for the caller's number. Kommo's search does
// not know everything that is: the contact of an incoming lead is hidden until
// somebody accepts it, and what was made a moment ago may not be indexed yet.
// Without this each further call would make another.
func (s *Service) remember(ctx context.Context, p *callPlan, c callCard) error {
	value, err := json.Marshal(rememberedCard{c.kind, c.id})
	if err != nil {
		return stateFailed(err)
	}
	for _, name := range p.keys() {
		st, _ := s.journal.store()
		if err := st.Remember(ctx, s.journal.account, name, value); err != nil {
			return stateFailed(err)
		}
	}
	return nil
}

// formerCard is the card that was made for the number, if it is still there.
func (s *Service) formerCard(ctx context.Context, p *callPlan) (c callCard, ok bool, err error) {
	const why = "An earlier call of this number made this card."
	var made rememberedCard
	for _, name := range p.keys() {
		st, _ := s.journal.store()
		value, found, err := st.Recall(ctx, s.journal.account, name)
		if err != nil {
			return callCard{}, false, stateFailed(err)
		}
		if !found {
			return callCard{}, false, nil
		}
		if err := json.Unmarshal(value, &made); err != nil {
			return callCard{}, false, stateFailed(err)
		}
	}
	switch made.Kind {
	case KindLead:
		lead, err := s.api.Leads.Get(ctx, made.ID)
		if gone(err) || err == nil && (lead.Deleted || lead.Closed()) {
			return callCard{}, false, nil
		}
		return s.onLead(lead, why), err == nil, err
	case KindContact:
		contact, err := s.api.Contacts.Get(ctx, made.ID)
		otherNumber := phoneStrength(contact.Fields, p.Phone, p.region) == phone.None // by now
		if gone(err) || err == nil && otherNumber {
			return callCard{}, false, nil
		}
		one := contactCaller(contact)
		return callCard{
			card: one.card, name: one.name, responsible: one.responsible, why: why,
			found: []Record{s.record(KindContact, one.id, one.name)},
		}, err == nil, err
	}
	return callCard{}, false, nil
}

// forgetCard erases which card was made for the number of a call that is dropped,
// unless other calls are known by which the number is known as well.
func (s *Service) forgetCard(ctx context.Context, h *hold) error {
	rec, err := readRecord(h.Body)
	if err != nil {
		return nil //nolint:nilerr // nothing can be read of it, so nothing can be followed
	}
	for _, name := range rec.Call.keys() {
		for _, line := range []string{name, h.Line} {
			if n, err := h.st.Known(ctx, s.journal.account, CallKind, line); err != nil || n > 0 {
				return err
			}
		}
		if err := h.st.Forget(ctx, s.journal.account, name); err != nil {
			return stateFailed(err)
		}
	}
	return nil
}

func gone(err error) bool { return kommo.HasCode(err, kommo.CodeNotFound) }
