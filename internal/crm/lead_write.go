package crm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// writeLead sends a lead with its contact and company once, and looks it up if the
// answer is lost.
func (s *Service) writeLead(ctx context.Context, lead kommo.ComplexLead) (made kommo.ComplexCreated, lookedUp bool, err error) {
	sent := s.since(ctx)
	return settle(ctx, s.clock, write[kommo.ComplexCreated]{
		what: fmt.Sprintf("the lead %q", short(lead.Name, longName)),
		send: func(ctx context.Context) (kommo.ComplexCreated, error) {
			made, err := s.api.Leads.CreateComplex(ctx, []kommo.ComplexLead{lead})
			if err != nil {
				return kommo.ComplexCreated{}, err
			}
			s.took(ctx, KindLead, made[0].ID)
			return made[0], nil
		},
		find: func(ctx context.Context) (kommo.ComplexCreated, bool, error) {
			page, err := s.api.Leads.List(ctx, kommo.LeadFilter{
				CardFilter:  kommo.CardFilter{With: []string{"contacts"}, Order: newest},
				ListOptions: kommo.ListOptions{Limit: newestRows},
			})
			for _, l := range page.Items {
				if out, ok := s.isLead(ctx, l, lead, sent); ok {
					return out, true, nil
				}
			}
			return kommo.ComplexCreated{}, false, err
		},
	})
}

// isLead tells whether a lead is the one that was sent. The stage is not compared:
// what the account has automated may have moved it already.
func (s *Service) isLead(ctx context.Context, l kommo.Lead, want kommo.ComplexLead, sent time.Time) (kommo.ComplexCreated, bool) {
	out := kommo.ComplexCreated{ID: l.ID}
	if !sameText(l.Name, want.Name) || want.Price != nil && *want.Price != l.Amount() || want.PipelineID != 0 && want.PipelineID != l.PipelineID {
		return out, false
	}
	if parts := want.Embedded.Contacts; len(parts) > 0 {
		id, ok := linkedTo(l.Embedded.Contacts, parts[0].ID)
		if !ok {
			return out, false
		}
		out.ContactID = &id
	}
	if parts := want.Embedded.Companies; len(parts) > 0 {
		id, ok := linkedTo(l.Embedded.Companies, parts[0].ID)
		if !ok {
			return out, false
		}
		out.CompanyID = &id
	}
	return out, s.isOurs(ctx, KindLead, l.ID, l.CreatedAt, sent)
}

// linkedTo finds a linked record: the one of the id, or any where the id is 0.
func linkedTo(links []kommo.Linked, id int64) (int64, bool) {
	at := slices.IndexFunc(links, func(l kommo.Linked) bool { return id == 0 || l.ID == id })
	if at < 0 {
		return 0, false
	}
	return links[at].ID, true
}

// explained names the argument of a record that vanished between look-up and write.
func (p *newLeadPlan) explained(err error) error {
	if refusedPath(err, "contacts.0.id") {
		return card{kind: KindContact, id: p.contact.ID, argument: "contact_id"}.missing(err)
	}
	if refusedPath(err, "companies.0.id") {
		return card{kind: KindCompany, id: p.company.ID, argument: "company_id"}.missing(err)
	}
	return err
}

// leadAnswer says what was made and what was found.
func (s *Service) leadAnswer(p *newLeadPlan, made kommo.ComplexCreated) Made {
	out := Made{ID: made.ID, URL: s.cardURL(KindLead, made.ID), Created: []Record{}, Found: []Record{}, Warnings: p.warnings}
	lead := s.record(KindLead, made.ID, p.lead.Name)
	if made.Merged {
		out.Found = append(out.Found, lead)
		out.Warnings = append(out.Warnings,
			"Kommo's duplicate control put this into an existing lead instead of making a new one; look at it before you change it.")
	} else {
		out.Created = append(out.Created, lead)
	}
	for _, part := range []struct {
		planned Record
		id      *int64
	}{{p.contact, made.ContactID}, {p.company, made.CompanyID}} {
		switch {
		case part.planned.ID != 0:
			out.Found = append(out.Found, part.planned)
		case part.planned.Name == "" || idOf(part.id) == 0:
		case made.Merged:
			out.Found = append(out.Found, s.record(part.planned.Kind, *part.id, part.planned.Name))
		default:
			out.Created = append(out.Created, s.record(part.planned.Kind, *part.id, part.planned.Name))
		}
	}
	return out
}

// noteOnNewLead writes the note of a lead that exists by now, so that a failure is
// no more than a warning.
func (s *Service) noteOnNewLead(ctx context.Context, text string, out *Made) {
	id, _, err := s.writeNote(ctx, card{kind: KindLead, entity: kommo.Leads, id: out.ID, argument: "lead_id"}, text)
	if err != nil {
		out.Warnings = append(out.Warnings, "The lead was made, but its note was not saved: "+said(err)+". Add it with add_note.")
		return
	}
	out.Created = append(out.Created, s.record(KindNote, id, text))
}
