package crm

import (
	"context"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// LeadChange says what to change in a lead. What is empty or nil stays.
type LeadChange struct {
	LeadID      int64
	Name        string
	Price       *float64
	Responsible string
	Fields      map[string]any // by name or code; nil clears
	AddTags     []string
	RemoveTags  []string
}

// LeadState are the parts of a lead that a change touches.
type LeadState struct {
	Name        string         `json:"name,omitempty"`
	Price       *float64       `json:"price,omitempty"`
	Responsible string         `json:"responsible,omitempty"`
	Tags        []string       `json:"tags,omitzero"` // an empty list: no tags
	Fields      map[string]any `json:"fields,omitempty"`
}

// ChangedLead is the answer of a change: what changed, before and after.
type ChangedLead struct {
	ID        int64      `json:"id"`
	URL       string     `json:"url"`
	Before    *LeadState `json:"before,omitempty"`
	After     *LeadState `json:"after,omitempty"`
	Currency  string     `json:"currency,omitempty"`  // of the price, if that changed
	Unchanged bool       `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool       `json:"looked_up,omitempty"` // the answer was lost, the change was read back
	Warnings  []string   `json:"warnings,omitempty"`
}

// nothingAsked is the warning for a change without content.
const nothingAsked = "No change was asked for."

// UpdateLead changes a lead: it is read and, if anything differs, written; two
// requests with a warm directory.
func (s *Service) UpdateLead(ctx context.Context, c LeadChange) (ChangedLead, error) {
	return withNames(ctx, s, func(ctx context.Context) (ChangedLead, error) { return s.updateLead(ctx, c) })
}

func (s *Service) updateLead(ctx context.Context, c LeadChange) (ChangedLead, error) {
	out := ChangedLead{ID: c.LeadID, URL: s.cardURL(KindLead, c.LeadID)}
	user, warning, err := s.responsible(ctx, c.Responsible)
	if err != nil {
		return out, err
	}
	fields, err := s.fieldWrites(ctx, kommo.Leads, c.Fields)
	if err != nil {
		return out, err
	}
	lead, err := s.leadToChange(ctx, c.LeadID)
	if err == nil {
		err = s.takesWork(ctx, user, c.Responsible, lead.ResponsibleID)
	}
	if err != nil {
		return out, err
	}
	names, err := s.namesFor(ctx, kommo.Leads, user.ID != 0, len(fields) > 0)
	if err != nil {
		return out, err
	}
	tags, err := changeTags(lead.Embedded.Tags, c.AddTags, c.RemoveTags)
	if err != nil {
		return out, err
	}
	w, before, after := leadDifference(names, lead, c, user, changeFields(names, kommo.Leads, lead.Fields, fields), tags)
	if w == nil {
		out.Unchanged, out.Warnings = true, warned(emptyChange(c), tags.warning())
		return out, nil
	}
	out.Before, out.After, out.Warnings = stated(before), stated(after), warned(warned(nil, warning), tags.warning())
	if account, err := s.names.Account(ctx); after.Price != nil && err == nil {
		out.Currency = account.Currency
	}
	_, err = s.api.Leads.Update(ctx, lead.ID, *w)
	out.LookedUp, err = confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.leadToChange(ctx, lead.ID)
		if err != nil {
			return false, err
		}
		tags, err := changeTags(now.Embedded.Tags, c.AddTags, c.RemoveTags)
		left, _, _ := leadDifference(names, now, c, user, changeFields(names, kommo.Leads, now.Fields, fields), tags)
		return left == nil, err
	})
	return out, err
}

// leadDifference compares what is with what is wanted; nil where nothing differs.
func leadDifference(names *directory.Snapshot, lead kommo.Lead, c LeadChange, user directory.User, fields fieldChange, tags tagChange) (*kommo.LeadWrite, *LeadState, *LeadState) {
	w := kommo.LeadWrite{Fields: fields.send, AddTags: tags.add, RemoveTags: tags.remove}
	before, after := &LeadState{Fields: fields.before}, &LeadState{Fields: fields.after}
	changed := len(fields.send) > 0
	if !tags.none() {
		before.Tags, after.Tags, changed = tags.before, tags.after, true
	}
	if name := strings.TrimSpace(c.Name); name != "" && name != lead.Name {
		w.Name, before.Name, after.Name, changed = name, lead.Name, name, true
	}
	if c.Price != nil && *c.Price != lead.Amount() {
		was := lead.Amount()
		w.Price, before.Price, after.Price, changed = c.Price, &was, c.Price, true
	}
	if user.ID != 0 && user.ID != lead.ResponsibleID {
		w.ResponsibleID, changed = user.ID, true
		before.Responsible, after.Responsible = names.UserName(lead.ResponsibleID), names.UserName(user.ID)
	}
	if !changed {
		return nil, nil, nil
	}
	return &w, before, after
}

// namesFor reads the names that before and after need.
func (s *Service) namesFor(ctx context.Context, of kommo.Entity, users, fields bool) (*directory.Snapshot, error) {
	var sections []directory.Section
	if users {
		sections = append(sections, directory.InUsers)
	}
	if fields {
		sections = append(sections, directory.FieldsOf(of))
	}
	if len(sections) == 0 {
		return &directory.Snapshot{}, nil
	}
	return s.names.Snapshot(ctx, sections...)
}

func emptyChange(c LeadChange) []string {
	if c.Name == "" && c.Price == nil && c.Responsible == "" && len(c.Fields)+len(c.AddTags)+len(c.RemoveTags) == 0 {
		return []string{nothingAsked}
	}
	return nil
}
