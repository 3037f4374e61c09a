package crm

import (
	"context"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// line is that of the calls of a card.
func (c card) line() string { return fmt.Sprintf("%s %d", c.kind, c.id) }

func (c callCard) kept() *keptCard {
	return &keptCard{
		Kind: c.kind, ID: c.id, Name: c.name, Responsible: c.responsible, Why: c.why,
		Created: c.created, Found: c.found, Warnings: c.warnings, LookedUp: c.lookedUp,
	}
}

// recallCard is the card that an earlier attempt or delivery has used. Its lead is
// read again only where the call still changes it.
func (s *Service) recallCard(ctx context.Context, run *callRun) (callCard, error) {
	k := run.rec.Card
	c := callCard{
		name: k.Name, responsible: k.Responsible, why: k.Why,
		created: k.Created, found: k.Found, warnings: k.Warnings, lookedUp: k.LookedUp,
	}
	switch k.Kind {
	case KindLead:
		c.card = card{kind: KindLead, entity: kommo.Leads, id: k.ID, argument: "lead_id"}
	case KindCompany:
		c.card = card{kind: KindCompany, entity: kommo.Companies, id: k.ID, argument: "company_id"}
	default:
		c.card = card{kind: KindContact, entity: kommo.Contacts, id: k.ID, argument: "contact_id"}
	}
	if k.Kind != KindLead || !run.plan.changesLead() {
		return c, nil
	}
	lead, err := s.leadToChange(ctx, k.ID)
	c.lead = lead
	return c, err
}

// changesLead tells whether the call has something to set on its lead.
func (p *callPlan) changesLead() bool {
	return len(p.Fields)+len(p.Tags) > 0 || p.Stage != ""
}
