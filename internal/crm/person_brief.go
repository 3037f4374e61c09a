package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// PersonBrief is everything about a contact or a company. Contacts are those of
// a company, Company is that of a contact.
type PersonBrief struct {
	ID          int64          `json:"id"`
	URL         string         `json:"url"`
	Kind        string         `json:"kind"`
	Name        string         `json:"name"`
	Phones      []string       `json:"phones"`
	Emails      []string       `json:"emails"`
	Responsible string         `json:"responsible"`
	CreatedAt   string         `json:"created_at"`
	UpdatedAt   string         `json:"updated_at"`
	Tags        []string       `json:"tags"`
	Fields      map[string]any `json:"fields,omitempty"`
	Company     *PersonLine    `json:"company,omitempty"`
	Contacts    []PersonLine   `json:"contacts,omitempty"`
	Leads       []LeadRow      `json:"leads"`
	Currency    string         `json:"currency,omitempty"` // of their prices
	Tasks       []TaskLine     `json:"open_tasks"`
	Notes       []NoteRow      `json:"notes"`
	LeftOut     []string       `json:"left_out,omitempty"`
	Warnings    []string       `json:"warnings,omitempty"`
}

// cardView is what contacts and companies have in common.
type cardView struct {
	kind        string
	entity      kommo.Entity
	id          int64
	name        string
	responsible int64
	created     kommo.Unix
	updated     kommo.Unix
	fields      []kommo.FieldValue
	embedded    kommo.CardEmbedded
}

func contactView(c kommo.Contact) cardView {
	return cardView{KindContact, kommo.Contacts, c.ID, c.Name, c.ResponsibleID, c.CreatedAt, c.UpdatedAt, c.Fields, c.Embedded}
}

func companyView(c kommo.Company) cardView {
	return cardView{KindCompany, kommo.Companies, c.ID, c.Name, c.ResponsibleID, c.CreatedAt, c.UpdatedAt, c.Fields, c.Embedded}
}

// personParts is what a briefing is made of, as it was loaded.
type personParts struct {
	names    *directory.Snapshot
	card     cardView
	tasks    kommo.Page[kommo.Task]
	notes    kommo.Page[kommo.Note]
	leads    []kommo.Lead
	contacts []kommo.Contact
	company  []kommo.Company
}

// BriefContact reads a contact, BriefCompany a company: three requests at once,
// then up to two for its leads and people.
func (s *Service) BriefContact(ctx context.Context, id int64) (PersonBrief, error) {
	return s.briefPerson(ctx, kommo.Contacts, id, func(ctx context.Context) (cardView, error) {
		c, err := s.api.Contacts.Get(ctx, id, "leads")
		return contactView(c), notFound("contact_id", "contact", err, "search_contacts")
	})
}

// BriefCompany is BriefContact for a company.
func (s *Service) BriefCompany(ctx context.Context, id int64) (PersonBrief, error) {
	return s.briefPerson(ctx, kommo.Companies, id, func(ctx context.Context) (cardView, error) {
		c, err := s.api.Companies.Get(ctx, id, "leads", "contacts")
		return companyView(c), notFound("company_id", "company", err, "search_contacts with kind company")
	})
}

// BriefPerson reads the one card named.
func (s *Service) BriefPerson(ctx context.Context, contactID, companyID int64) (PersonBrief, error) {
	switch {
	case contactID != 0 && companyID != 0:
		return PersonBrief{}, problem.Invalid("company_id", "contact_id and company_id were given together").
			WithNext("Give one of them.")
	case contactID != 0:
		return s.BriefContact(ctx, contactID)
	case companyID != 0:
		return s.BriefCompany(ctx, companyID)
	default:
		return PersonBrief{}, problem.Invalid("contact_id", "neither contact_id nor company_id was given").
			WithNext("Give one of them; search_contacts finds ids by phone, email or name.")
	}
}

func (s *Service) briefPerson(ctx context.Context, entity kommo.Entity, id int64, read func(context.Context) (cardView, error)) (PersonBrief, error) {
	var got personParts
	p := newParts(ctx)
	p.main(func(ctx context.Context) (err error) {
		got.card, err = read(ctx)
		return err
	})
	p.side("tasks", func(ctx context.Context) (err error) {
		got.tasks, err = s.openTasks(ctx, entity, id)
		return err
	})
	p.side("notes", func(ctx context.Context) (err error) {
		got.notes, err = s.lastNotes(ctx, entity, id)
		return err
	})
	s.namesInto(p, &got.names, directory.InPipelines, directory.InUsers)
	warnings, err := p.done()
	if err != nil {
		return PersonBrief{}, err
	}
	more, err := s.loadLinked(ctx, &got)
	if err != nil {
		return PersonBrief{}, err
	}
	return s.personBrief(got, append(warnings, more...)), nil
}

func (s *Service) loadLinked(ctx context.Context, got *personParts) ([]string, error) {
	linked := got.card.embedded
	people := newParts(ctx)
	people.side("leads", func(ctx context.Context) (err error) {
		got.leads, err = s.readLeads(ctx, newestIDs(linked.Leads))
		return err
	})
	people.side("contacts", func(ctx context.Context) (err error) {
		ids := linkedIDs(linked.Contacts)
		got.contacts, err = s.readContacts(ctx, ids[:min(len(ids), briefCards)])
		return err
	})
	people.side("company", func(ctx context.Context) (err error) {
		got.company, err = s.readCompanies(ctx, linkedIDs(linked.Companies))
		return err
	})
	return people.done()
}

// newestIDs are the ids that are worth reading: the highest, as many as fit into
// an address.
func newestIDs(links []kommo.Linked) []int64 {
	ids := linkedIDs(links)
	slices.SortFunc(ids, func(a, b int64) int { return int(min(1, max(-1, b-a))) })
	return ids[:min(len(ids), maxIDs)]
}

func (s *Service) personBrief(got personParts, warnings []string) PersonBrief {
	c, names := got.card, got.names
	zone := names.Account.Location()
	out := PersonBrief{
		ID: c.id, URL: s.cardURL(c.kind, c.id), Kind: c.kind, Name: c.name,
		Phones:      append([]string{}, fieldTexts(c.fields, kommo.CodePhone)...),
		Emails:      append([]string{}, fieldTexts(c.fields, kommo.CodeEmail)...),
		Responsible: names.UserName(c.responsible), CreatedAt: moment(c.created, zone), UpdatedAt: moment(c.updated, zone),
		Tags: append([]string{}, tagNames(c.embedded.Tags)...), Fields: otherFields(names, c.entity, c.fields), Warnings: warnings,
	}
	if len(c.embedded.Companies) > 0 {
		out.Company = s.companyLine(c.embedded.Companies[0].ID, got.company)
	}
	if len(c.embedded.Contacts) > 0 {
		out.Contacts = s.contactLines(c.embedded.Contacts, got.contacts)
		out.LeftOut = leftOut(len(c.embedded.Contacts), len(out.Contacts), false, "contacts")
	}
	if out.Leads = s.openFirst(got.leads, names); len(out.Leads) > 0 {
		out.Currency = names.Account.Currency
	}
	if rest := len(c.embedded.Leads) - len(out.Leads); rest > 0 {
		out.LeftOut = append(out.LeftOut, fmt.Sprintf("%d leads (search_leads with %s_id)", rest, c.kind))
	}
	var rest []string
	out.Tasks, out.Notes, rest = s.activity(got.tasks, got.notes, names)
	out.LeftOut = append(out.LeftOut, rest...)
	return out
}

// openFirst makes rows of the leads that matter most: open ones, then those
// changed last.
func (s *Service) openFirst(leads []kommo.Lead, names *directory.Snapshot) []LeadRow {
	slices.SortStableFunc(leads, func(a, b kommo.Lead) int {
		if a.Closed() != b.Closed() {
			return boolToInt(a.Closed()) - boolToInt(b.Closed())
		}
		return int(b.UpdatedAt - a.UpdatedAt)
	})
	rows := []LeadRow{}
	for _, l := range leads[:min(len(leads), briefCards)] {
		rows = append(rows, s.leadRow(l, names))
	}
	return rows
}
