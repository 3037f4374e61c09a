package crm

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// PersonChange says what to change in a contact or a company: exactly one of the
// ids is set. What is empty or nil stays.
type PersonChange struct {
	ContactID   int64
	CompanyID   int64
	Name        string
	Responsible string
	AddPhone    string
	AddEmail    string
	RemovePhone string
	RemoveEmail string
	Fields      map[string]any // by name or code; nil clears
	AddTags     []string
	RemoveTags  []string
}

// PersonState are the parts of a contact or company that a change touches.
type PersonState struct {
	Name        string         `json:"name,omitempty"`
	Responsible string         `json:"responsible,omitempty"`
	Phones      []string       `json:"phones,omitzero"` // an empty list: none
	Emails      []string       `json:"emails,omitzero"`
	Tags        []string       `json:"tags,omitzero"`
	Fields      map[string]any `json:"fields,omitempty"`
}

// ChangedPerson is the answer of a change: what changed, before and after.
type ChangedPerson struct {
	ID        int64        `json:"id"`
	URL       string       `json:"url"`
	Before    *PersonState `json:"before,omitempty"`
	After     *PersonState `json:"after,omitempty"`
	Unchanged bool         `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool         `json:"looked_up,omitempty"` // the answer was lost, the change was read back
	Warnings  []string     `json:"warnings,omitempty"`
}

// UpdatePerson changes a contact or a company: it is read and, if anything
// differs, written; two requests with a warm directory. Phones and e-mails are
// added and removed one by one, since a field that is written loses all its
// values (Kommo API facts: custom fields).
func (s *Service) UpdatePerson(ctx context.Context, p PersonChange) (ChangedPerson, error) {
	c, err := Target{ContactID: p.ContactID, CompanyID: p.CompanyID}.card()
	if err != nil {
		return ChangedPerson{}, problem.Invalid("contact_id", "A contact or a company must be named, and only one of them.").
			WithNext("Give exactly one of contact_id and company_id.")
	}
	return withNames(ctx, s, func(ctx context.Context) (ChangedPerson, error) { return s.updatePerson(ctx, c, p) })
}

func (s *Service) updatePerson(ctx context.Context, c card, p PersonChange) (ChangedPerson, error) {
	out := ChangedPerson{ID: c.id, URL: s.cardURL(c.kind, c.id)}
	user, warning, err := s.responsible(ctx, p.Responsible)
	if err != nil {
		return out, err
	}
	fields, err := s.fieldWrites(ctx, c.entity, p.Fields)
	if err != nil {
		return out, err
	}
	held, err := s.readPerson(ctx, c)
	if err == nil {
		err = s.takesWork(ctx, user, p.Responsible, held.ResponsibleID)
	}
	if err != nil {
		return out, err
	}
	lines, lineWarnings, err := s.changeLines(ctx, held.Fields, fields, p)
	if err != nil {
		return out, err
	}
	names, err := s.namesFor(ctx, c.entity, user.ID != 0, len(fields) > 0)
	if err != nil {
		return out, err
	}
	tags, err := changeTags(held.Embedded.Tags, p.AddTags, p.RemoveTags)
	if err != nil {
		return out, err
	}
	d := personDifference(names, held, p, user, changeFields(names, c.entity, held.Fields, fields), tags, lines)
	out.Warnings = warned(lineWarnings, tags.warning())
	if !d.changed {
		out.Unchanged, out.Warnings = true, append(out.Warnings, emptyPersonChange(p)...)
		return out, nil
	}
	out.Before, out.After, out.Warnings = stated(&d.before), stated(&d.after), warned(out.Warnings, warning)
	out.LookedUp, err = confirm(ctx, s.writePerson(ctx, c, d.write), func(ctx context.Context) (bool, error) {
		now, err := s.readPerson(ctx, c)
		if err != nil {
			return false, err
		}
		lines, _, err := s.changeLines(ctx, now.Fields, fields, p)
		if err != nil {
			return false, err
		}
		tags, err := changeTags(now.Embedded.Tags, p.AddTags, p.RemoveTags)
		left := personDifference(names, now, p, user, changeFields(names, c.entity, now.Fields, fields), tags, lines)
		return !left.changed, err
	})
	return out, c.explained(err)
}

// readPerson reads a contact or a company; what a change touches is the same in
// both.
func (s *Service) readPerson(ctx context.Context, c card) (kommo.Contact, error) {
	var out kommo.Contact
	var err error
	if c.kind == KindContact {
		out, err = s.api.Contacts.Get(ctx, c.id)
	} else {
		var company kommo.Company
		company, err = s.api.Companies.Get(ctx, c.id)
		out.ID, out.Name, out.ResponsibleID = company.ID, company.Name, company.ResponsibleID
		out.Fields, out.Embedded = company.Fields, company.Embedded
	}
	if errors.Is(err, kommo.ErrNotFound) {
		err = c.missing(err)
	}
	return out, err
}

func (s *Service) writePerson(ctx context.Context, c card, w kommo.ContactWrite) error {
	var err error
	if c.kind == KindContact {
		_, err = s.api.Contacts.Update(ctx, c.id, w)
	} else {
		_, err = s.api.Companies.Update(ctx, c.id, kommo.CompanyWrite{
			Name: w.Name, ResponsibleID: w.ResponsibleID, Fields: w.Fields, AddTags: w.AddTags, RemoveTags: w.RemoveTags,
		})
	}
	return err
}

// difference is what is to be written to a contact or company.
type difference struct {
	write         kommo.ContactWrite
	before, after PersonState
	changed       bool
}

func personDifference(names *directory.Snapshot, held kommo.Contact, p PersonChange, user directory.User, fields fieldChange, tags tagChange, lines []lineChange) difference {
	d := difference{changed: len(fields.send) > 0}
	d.write = kommo.ContactWrite{Fields: fields.send, AddTags: tags.add, RemoveTags: tags.remove}
	d.before.Fields, d.after.Fields = fields.before, fields.after
	for _, l := range lines {
		d.write.Fields, d.changed = append(d.write.Fields, l.send), true
		if l.send.FieldCode == kommo.CodePhone {
			d.before.Phones, d.after.Phones = l.before, l.after
		} else {
			d.before.Emails, d.after.Emails = l.before, l.after
		}
	}
	if !tags.none() {
		d.before.Tags, d.after.Tags, d.changed = tags.before, tags.after, true
	}
	if name := strings.TrimSpace(p.Name); name != "" && name != held.Name {
		d.write.Name, d.before.Name, d.after.Name, d.changed = name, held.Name, name, true
	}
	if user.ID != 0 && user.ID != held.ResponsibleID {
		d.write.ResponsibleID, d.changed = user.ID, true
		d.before.Responsible, d.after.Responsible = names.UserName(held.ResponsibleID), names.UserName(user.ID)
	}
	return d
}

func emptyPersonChange(p PersonChange) []string {
	asked := cmp.Or(p.Name, p.Responsible, p.AddPhone, p.AddEmail, p.RemovePhone, p.RemoveEmail) != ""
	if asked || len(p.Fields)+len(p.AddTags)+len(p.RemoveTags) > 0 {
		return nil
	}
	return []string{nothingAsked}
}
