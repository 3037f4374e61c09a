package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// writeNewPerson sends a contact or company once, and looks it up if the answer
// is lost.
func (s *Service) writeNewPerson(ctx context.Context, c card, w kommo.ContactWrite) (id int64, lookedUp bool, err error) {
	sent := s.since(ctx)
	return settle(ctx, s.clock, write[int64]{
		what: fmt.Sprintf("the %s %q", c.kind, short(w.Name, longName)),
		send: func(ctx context.Context) (int64, error) {
			made, err := s.postPerson(ctx, c, w)
			if err != nil {
				return 0, err
			}
			s.took(ctx, c.kind, made)
			return made, nil
		},
		find: func(ctx context.Context) (int64, bool, error) {
			cards, err := s.newestCards(ctx, c)
			for _, held := range cards {
				if s.isPerson(ctx, held, w, sent) {
					return held.id, true, nil
				}
			}
			return 0, false, err
		},
	})
}

func (s *Service) postPerson(ctx context.Context, c card, w kommo.ContactWrite) (int64, error) {
	var made []kommo.Created
	var err error
	if c.kind == KindCompany {
		made, err = s.api.Companies.Create(ctx, []kommo.CompanyWrite{{
			Name: w.Name, ResponsibleID: w.ResponsibleID, Fields: w.Fields, AddTags: w.AddTags,
		}})
	} else {
		made, err = s.api.Contacts.Create(ctx, []kommo.ContactWrite{w})
	}
	if err != nil {
		return 0, err
	}
	return made[0].ID, nil
}

// newestCards are the newest contacts or companies.
func (s *Service) newestCards(ctx context.Context, c card) ([]cardView, error) {
	f := kommo.CardListFilter{CardFilter: kommo.CardFilter{Order: newest}, ListOptions: kommo.ListOptions{Limit: newestRows}}
	if c.kind == KindCompany {
		page, err := s.api.Companies.List(ctx, f)
		return views(page, companyView).Items, err
	}
	page, err := s.api.Contacts.List(ctx, f)
	return views(page, contactView).Items, err
}

// isPerson tells whether a card is the one that was sent.
func (s *Service) isPerson(ctx context.Context, held cardView, want kommo.ContactWrite, sent time.Time) bool {
	if !sameText(held.name, want.Name) {
		return false
	}
	for _, f := range want.Fields {
		if f.FieldCode == "" {
			continue // custom fields may be rewritten by what the account has automated
		}
		for _, v := range f.Values {
			if text, ok := v.Value.(string); ok && !containsFold(fieldTexts(held.fields, f.FieldCode), text) {
				return false
			}
		}
	}
	return s.isOurs(ctx, held.kind, held.id, held.created, sent)
}

// intoCompany puts a contact that exists by now into its company, which is made
// if there is none of that name. What fails is a warning.
func (s *Service) intoCompany(ctx context.Context, n NewPerson, company kommo.Company, out *Made) {
	name := strings.TrimSpace(n.CompanyName)
	if company.ID == 0 && name == "" {
		return
	}
	failed := func(err error) {
		out.Warnings = append(out.Warnings, "The contact was made, but not put into its company: "+said(err)+". link_records does that.")
	}
	record := s.record(KindCompany, company.ID, company.Name)
	if company.ID != 0 {
		out.Found = append(out.Found, record)
	} else {
		id, _, err := s.writeNewPerson(ctx, NewPerson{Kind: KindCompany}.card(), kommo.ContactWrite{Name: name})
		if err != nil {
			failed(err)
			return
		}
		record = s.record(KindCompany, id, name)
		out.Created = append(out.Created, record)
	}
	err := s.api.Links.Link(ctx, kommo.Contacts, out.ID, []kommo.LinkWrite{{ToID: record.ID, ToType: kommo.Companies}})
	if _, err := confirm(ctx, err, func(ctx context.Context) (bool, error) {
		made, err := s.contactByID(ctx, out.ID)
		return slices.ContainsFunc(made.Embedded.Companies, func(l kommo.Linked) bool { return l.ID == record.ID }), err
	}); err != nil {
		failed(err)
	}
}
