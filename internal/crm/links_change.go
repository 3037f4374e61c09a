package crm

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// LinkChange names two records to link or to unlink: a lead and a contact, a lead
// and a company, or a contact and a company.
type LinkChange struct {
	LeadID    int64
	ContactID int64
	CompanyID int64
	Main      bool // make the contact the main one of the lead
}

// LinkState is how two records stand to each other. MainContact and Company are
// those of the first record, where they change.
type LinkState struct {
	Linked      bool    `json:"linked"`
	MainContact *Record `json:"main_contact,omitempty"`
	Company     *Record `json:"company,omitempty"`
}

// ChangedLink is the answer of linking and unlinking: ID and URL are of the first
// record, With is the other one.
type ChangedLink struct {
	ID        int64      `json:"id"`
	URL       string     `json:"url"`
	Name      string     `json:"name,omitempty"`
	With      Record     `json:"with"`
	Before    *LinkState `json:"before,omitempty"`
	After     *LinkState `json:"after,omitempty"`
	Unchanged bool       `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool       `json:"looked_up,omitempty"` // the answer was lost, the link was read back
}

// ends are the two records, the lead before the contact before the company.
func (l LinkChange) ends() (from, to card, err error) {
	given := slices.DeleteFunc([]card{
		{KindLead, kommo.Leads, l.LeadID, "lead_id"},
		{KindContact, kommo.Contacts, l.ContactID, "contact_id"},
		{KindCompany, kommo.Companies, l.CompanyID, "company_id"},
	}, func(c card) bool { return c.id == 0 })
	if len(given) != 2 {
		names := make([]string, 0, len(given))
		for _, c := range given {
			names = append(names, c.argument)
		}
		return from, to, problem.Invalid("lead_id", "Two records must be named, and these were: "+listed(names)+".").
			WithNext("Give exactly two of lead_id, contact_id and company_id; call once for each pair.")
	}
	if l.Main && (l.LeadID == 0 || l.ContactID == 0) {
		return from, to, problem.Invalid("main", "Only a lead has a main contact.").WithNext("Give lead_id and contact_id with main, or leave main out.")
	}
	return given[0], given[1], nil
}

// linkSides are both records of a link as they are.
type linkSides struct {
	fromName, toName string
	linked           bool
	main             int64 // of a lead: its main contact
	company          int64 // of a lead or contact: its company
}

// Link links two records: both are read at once and, unless they are linked, one
// POST follows. A lead and a contact have one company: another one takes its
// place, so that it is answered as before (Kommo API facts: entity links).
func (s *Service) Link(ctx context.Context, l LinkChange) (ChangedLink, error) {
	from, to, was, out, err := s.linkEnds(ctx, l)
	if err != nil {
		return out, err
	}
	if was.linked && (!l.Main || was.main == to.id) {
		out.Unchanged = true
		return out, nil
	}
	before, after := &LinkState{Linked: was.linked}, &LinkState{Linked: true}
	w := kommo.LinkWrite{ToID: to.id, ToType: to.entity}
	switch {
	case l.Main:
		w.Metadata = &kommo.LinkMetadata{SetMain: new(true)}
		before.MainContact, after.MainContact = s.named(ctx, KindContact, was.main), new(out.With)
	case to.kind == KindCompany:
		before.Company, after.Company = s.named(ctx, KindCompany, was.company), new(out.With)
	}
	err = s.api.Links.Link(ctx, from.entity, from.id, []kommo.LinkWrite{w})
	out.LookedUp, err = confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.readLink(ctx, from, to)
		return now.linked && (!l.Main || now.main == to.id), err
	})
	out.Before, out.After = before, after
	return out, linkRefused(from, to, err)
}

// Unlink takes the link between two records away; the records stay.
func (s *Service) Unlink(ctx context.Context, l LinkChange) (ChangedLink, error) {
	from, to, was, out, err := s.linkEnds(ctx, l)
	if err != nil {
		return out, err
	}
	if !was.linked {
		out.Unchanged = true
		return out, nil
	}
	out.Before, out.After = &LinkState{Linked: true}, &LinkState{Linked: false}
	switch {
	case to.kind == KindCompany:
		out.Before.Company = new(out.With)
	case was.main == to.id:
		out.Before.MainContact = new(out.With)
	}
	err = s.api.Links.Unlink(ctx, from.entity, from.id, []kommo.LinkWrite{{ToID: to.id, ToType: to.entity}})
	out.LookedUp, err = confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.readLink(ctx, from, to)
		return !now.linked, err
	})
	return out, linkRefused(from, to, err)
}

func (s *Service) linkEnds(ctx context.Context, l LinkChange) (from, to card, was linkSides, out ChangedLink, err error) {
	if from, to, err = l.ends(); err != nil {
		return from, to, was, out, err
	}
	if was, err = s.readLink(ctx, from, to); err != nil {
		return from, to, was, out, err
	}
	out = ChangedLink{
		ID: from.id, URL: s.cardURL(from.kind, from.id), Name: short(was.fromName, longName), With: s.record(to.kind, to.id, was.toName),
	}
	return from, to, was, out, nil
}

// readLink reads both records at once.
func (s *Service) readLink(ctx context.Context, from, to card) (linkSides, error) {
	var out linkSides
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if from.kind == KindLead {
			return s.readLeadLinks(ctx, from, to, &out)
		}
		c, err := s.contactByID(ctx, from.id)
		out.fromName = c.Name
		out.has(to, nil, c.Embedded.Companies)
		return err
	})
	var toName string
	g.Go(func() error {
		c, err := s.readPerson(ctx, to)
		toName = c.Name
		return err
	})
	err := g.Wait()
	out.toName = toName
	return out, err
}

func (s *Service) readLeadLinks(ctx context.Context, from, to card, out *linkSides) error {
	l, err := s.api.Leads.Get(ctx, from.id, "contacts")
	if err != nil {
		return from.explained(err)
	}
	out.fromName = l.Name
	out.has(to, l.Embedded.Contacts, l.Embedded.Companies)
	return nil
}

// has notes whether the other record is among those linked.
func (l *linkSides) has(to card, contacts, companies []kommo.Linked) {
	for _, c := range contacts {
		l.linked = l.linked || to.kind == KindContact && c.ID == to.id
		if c.Main {
			l.main = c.ID
		}
	}
	for _, c := range companies {
		l.linked = l.linked || to.kind == KindCompany && c.ID == to.id
		l.company = c.ID
	}
}

// named is a record by its id with its name, as far as that can be read; nil for
// no id.
func (s *Service) named(ctx context.Context, kind string, id int64) *Record {
	if id == 0 {
		return nil
	}
	entity := cardEntity(kind)
	name := s.cardNames(ctx, []cardKey{{entity, id}})[cardKey{entity, id}]
	return new(s.record(kind, id, name))
}

// linkRefused names the argument of a record that vanished between look-up and
// write.
func linkRefused(from, to card, err error) error {
	if refusedPath(err, "to_entity_id") {
		return to.missing(err)
	}
	return from.explained(err)
}
