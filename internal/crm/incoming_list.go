package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// The ways by which incoming leads come, as arguments and answers call them.
const (
	IncomingForm = "form"
	IncomingCall = "call"
	IncomingMail = "mail"
	IncomingChat = "chat"
)

func incomingWords() map[string]kommo.UnsortedCategory {
	return map[string]kommo.UnsortedCategory{
		IncomingForm: kommo.UnsortedForms, IncomingCall: kommo.UnsortedSIP, IncomingMail: kommo.UnsortedMail, IncomingChat: kommo.UnsortedChats,
	}
}

// incomingWord is what people call a category; an unknown one keeps Kommo's name.
func incomingWord(c kommo.UnsortedCategory) string {
	for word, category := range incomingWords() {
		if category == c {
			return word
		}
	}
	return string(c)
}

// IncomingQuery is which incoming leads to list.
type IncomingQuery struct {
	Category []string // form, call, mail, chat; empty: all
	Pipeline string
	Contacts bool // read the person of each, too
	Limit    int
	Cursor   string
}

// IncomingRow is an incoming lead that waits. UID names it to whoever sorts it;
// LeadID is its lead, which get_lead shows in full.
type IncomingRow struct {
	UID      string `json:"uid"`
	LeadID   int64  `json:"lead_id,omitempty"`
	URL      string `json:"url,omitempty"`
	Name     string `json:"name,omitempty"` // of the lead
	Category string `json:"category"`
	Pipeline string `json:"pipeline,omitempty"`
	Source   string `json:"source,omitempty"`
	Received string `json:"received,omitempty"` // RFC 3339 in the account's zone
	From     string `json:"from,omitempty"`
	About    string `json:"about,omitempty"`

	Contact *IncomingContact `json:"contact,omitempty"` // where it was asked for
}

// IncomingContact is the person who waits with an incoming lead.
type IncomingContact struct {
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	Phones []string `json:"phones,omitempty"`
	Emails []string `json:"emails,omitempty"`
}

// IncomingList is one page of incoming leads, the newest first.
type IncomingList struct {
	Items      []IncomingRow `json:"items"`
	HasMore    bool          `json:"has_more"`
	NextCursor string        `json:"next_cursor,omitempty"`
	Hint       string        `json:"hint,omitempty"`
	Warnings   []string      `json:"warnings,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l IncomingList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l IncomingList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// incomingPeople bounds the rows of a page with their contacts, which take a
// request each: contacts that wait are in no list (Kommo API facts: incoming leads).
const incomingPeople = 20

// ListIncoming lists the leads that wait to be accepted: one request, and one
// for the names of their leads. Kommo knows no order but the newest first (Kommo
// API facts: incoming leads).
func (s *Service) ListIncoming(ctx context.Context, in IncomingQuery) (IncomingList, error) {
	if in.Contacts {
		in.Limit = min(in.Limit, incomingPeople)
	}
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return IncomingList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return IncomingList{}, err
	}
	f := kommo.UnsortedFilter{}
	if f.Categories, err = incomingCategories(in.Category); err != nil {
		return IncomingList{}, err
	}
	if strings.TrimSpace(in.Pipeline) != "" {
		p, err := s.names.Pipeline(ctx, in.Pipeline)
		if err != nil {
			return IncomingList{}, err
		}
		f.PipelineID = p.ID
	}
	names, err := s.names.Snapshot(ctx, directory.InPipelines)
	if err != nil {
		return IncomingList{}, err
	}
	found, err := scanPages(ctx, at, s.incomingScan(in.Limit, f))
	if err != nil {
		return IncomingList{}, err
	}
	return s.incomingList(ctx, in, found, names), nil
}

func incomingCategories(words []string) ([]kommo.UnsortedCategory, error) {
	var out []kommo.UnsortedCategory
	for _, word := range words {
		c, ok := incomingWords()[strings.ToLower(strings.TrimSpace(word))]
		if !ok {
			return nil, problem.Invalid("category", fmt.Sprintf("There is no category %q of incoming leads.", word)).
				WithNext("Use " + strings.Join(slices.Sorted(maps.Keys(incomingWords())), ", ") + ".")
		}
		out = append(out, c)
	}
	return out, nil
}

// incomingScan filters here too: what Kommo does not support it ignores.
func (s *Service) incomingScan(limit int, f kommo.UnsortedFilter) scan[kommo.Unsorted] {
	return scan[kommo.Unsorted]{
		limit: limit, pageSize: limit,
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Unsorted], error) {
			f.Page, f.Limit = page, size
			return s.api.Unsorted.List(ctx, f)
		},
		keep: func(u kommo.Unsorted) bool {
			return (len(f.Categories) == 0 || slices.Contains(f.Categories, u.Category)) && (f.PipelineID == 0 || u.PipelineID == f.PipelineID)
		},
	}
}

func (s *Service) incomingList(ctx context.Context, in IncomingQuery, found scanned[kommo.Unsorted], names *directory.Snapshot) IncomingList {
	out := IncomingList{Items: make([]IncomingRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	var leads map[int64]string
	var people []*IncomingContact
	p := newParts(ctx) // without names and people the rows are still worth showing
	p.side("leads", func(ctx context.Context) (err error) { leads, err = s.incomingNames(ctx, found.items); return err })
	if in.Contacts {
		people = make([]*IncomingContact, len(found.items))
		for i, u := range found.items {
			p.side("contacts", func(ctx context.Context) (err error) { people[i], err = s.incomingContact(ctx, u); return err })
		}
	}
	warnings, _ := p.done()
	out.Warnings = slices.Compact(warnings)
	for i, u := range found.items {
		row := s.incomingRow(u, leads[u.LeadID()], names)
		if in.Contacts {
			row.Contact = people[i]
		}
		out.Items = append(out.Items, row)
	}
	if len(out.Items) == 0 {
		out.Hint = incomingHint(in, found.hasMore)
	}
	return out
}

// incomingNames reads the names of the leads that wait.
func (s *Service) incomingNames(ctx context.Context, waiting []kommo.Unsorted) (map[int64]string, error) {
	var ids []int64
	for _, u := range waiting {
		if id := u.LeadID(); id != 0 {
			ids = append(ids, id)
		}
	}
	out := map[int64]string{}
	read, err := s.readLeads(ctx, ids)
	for _, l := range read {
		out[l.ID] = l.Name
	}
	return out, err
}

// incomingContact reads the person who waits with an incoming lead; nil for none.
func (s *Service) incomingContact(ctx context.Context, u kommo.Unsorted) (*IncomingContact, error) {
	if u.ContactID() == 0 {
		return nil, nil
	}
	c, err := s.api.Contacts.Get(ctx, u.ContactID())
	if errors.Is(err, kommo.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &IncomingContact{
		ID: c.ID, Name: short(c.Name, longName), Phones: fieldTexts(c.Fields, kommo.CodePhone), Emails: fieldTexts(c.Fields, kommo.CodeEmail),
	}, nil
}

const aboutLength = 100

func (s *Service) incomingRow(u kommo.Unsorted, lead string, names *directory.Snapshot) IncomingRow {
	row := IncomingRow{
		UID: u.UID, LeadID: u.LeadID(), Name: short(lead, longName), Category: incomingWord(u.Category), Source: short(u.SourceName, longName),
		Received: moment(u.CreatedAt, names.Account.Location()), From: short(incomingFrom(u), longName), About: short(incomingAbout(u), aboutLength),
	}
	if row.LeadID != 0 {
		row.URL = s.cardURL(KindLead, row.LeadID)
	}
	if u.PipelineID != 0 {
		row.Pipeline = names.PipelineName(u.PipelineID)
	}
	return row
}

// incomingFrom is who wrote or called, as far as the category tells.
func incomingFrom(u kommo.Unsorted) string {
	m := u.Metadata
	switch u.Category {
	case kommo.UnsortedSIP:
		return cmp.Or(string(m.Phone), m.From.Name)
	case kommo.UnsortedChats:
		return cmp.Or(m.Client.Name, m.From.Name)
	default:
		if m.From.Email != "" && m.From.Name != "" {
			return m.From.Name + " <" + m.From.Email + ">"
		}
		return cmp.Or(m.From.Email, m.From.Name)
	}
}

// incomingAbout is what it is about: the form, the length of the call, the
// subject, the last message.
func incomingAbout(u kommo.Unsorted) string {
	m := u.Metadata
	switch u.Category {
	case kommo.UnsortedSIP:
		if m.Duration == 0 {
			return "missed call"
		}
		return fmt.Sprintf("call of %d s", m.Duration)
	case kommo.UnsortedChats:
		return cmp.Or(m.LastMessage, m.Service)
	case kommo.UnsortedMail:
		return strings.TrimPrefix(m.Subject+": "+m.Summary, ": ")
	default:
		return strings.TrimSpace(m.FormName + " " + m.FormPage)
	}
}

func incomingHint(in IncomingQuery, more bool) string {
	switch {
	case more:
		return "Nothing found so far: go on with next_cursor."
	case in.Cursor != "":
		return "There are no further incoming leads in this list."
	case len(in.Category) > 0 || in.Pipeline != "":
		return "No such incoming lead waits. Leave out category or pipeline to see all that wait."
	default:
		return "No incoming lead waits; accepted ones are found with search_leads, get_incoming_summary counts them."
	}
}
