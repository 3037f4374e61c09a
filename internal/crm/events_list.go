package crm

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// EventQuery is which events to list. At most one record is named; without one
// the events of the whole account come.
type EventQuery struct {
	LeadID    int64
	ContactID int64
	CompanyID int64
	TaskID    int64
	Types     []string // words, see eventTypes; none: all
	Author    []string // users, or robot; none: all
	Period    string
	Stage     string // leads that came into this stage
	Pipeline  string // narrows Stage
	Limit     int
	Cursor    string
}

// EventRow is something that happened. Bot tells that no user did it: a robot, an
// integration or the customer, which Kommo does not tell apart.
type EventRow struct {
	At   string  `json:"at"`
	Type string  `json:"type"`
	By   string  `json:"by"`
	Bot  bool    `json:"bot,omitempty"`
	Text string  `json:"text"`
	For  *Record `json:"for,omitempty"` // the record, in lists of the whole account
}

// EventList is one page of events, newest first.
type EventList struct {
	Items      []EventRow `json:"items"`
	HasMore    bool       `json:"has_more"`
	NextCursor string     `json:"next_cursor,omitempty"`
	Note       string     `json:"note,omitempty"`
	Hint       string     `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l EventList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l EventList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// ListEvents tells what happened to a record or in the account, newest first:
// one request with a warm directory, one more a kind of card for the notes that
// events tell of, and one for linked records and for tasks each. New events arrive at the head of
// the list, so that the cursor holds it still by time (Kommo API facts: events).
func (s *Service) ListEvents(ctx context.Context, in EventQuery) (EventList, error) {
	names, err := s.names.Snapshot(ctx, directory.InUsers, directory.InPipelines)
	if err != nil {
		return EventList{}, err
	}
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return EventList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return EventList{}, err
	}
	if at.Until == 0 {
		at.Until = s.clock.Now().Unix()
	}
	plan, err := s.planEvents(ctx, in, names, at.Until)
	if err != nil {
		return EventList{}, err
	}
	found, err := scanPages(ctx, at, scan[kommo.Event]{
		limit: in.Limit, pageSize: min(in.Limit, kommo.MaxEventPage), keep: plan.matches,
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Event], error) {
			f := plan.filter
			f.Page, f.Limit = page, size
			return s.api.Events.List(ctx, f)
		},
	})
	if err != nil {
		return EventList{}, err
	}
	found.hold(at.Until)
	return s.eventList(ctx, in, found, names), nil
}

// hold keeps the time at which the list was begun in every cursor of it.
func (s *scanned[T]) hold(until int64) {
	s.more.Until = until
	for i := range s.after {
		s.after[i].Until = until
	}
}

func (s *Service) eventList(ctx context.Context, in EventQuery, found scanned[kommo.Event], names *directory.Snapshot) EventList {
	out := EventList{Items: make([]EventRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	ofOne := in.LeadID+in.ContactID+in.CompanyID+in.TaskID != 0
	words := s.wordsFor(ctx, found.items, names, !ofOne)
	for _, e := range found.items {
		row := EventRow{
			At: moment(e.CreatedAt, names.Account.Location()), Type: eventWord(e.Type),
			By: words.names.UserName(e.CreatedBy), Bot: e.CreatedBy == 0, Text: words.sentence(e),
		}
		if !ofOne && e.EntityID != 0 {
			row.For = new(s.record(kindOf(e.EntityType), e.EntityID, cmp.Or(e.Embedded.Entity.Name, words.tasks[e.EntityID])))
		}
		out.Items = append(out.Items, row)
	}
	switch {
	case found.cutOff:
		out.Note = "Many events were looked through and not all: go on with next_cursor, or narrow with period, types or author."
	case found.dropped > 0:
		out.Note = "Kommo answered events that do not fit the filters; they were left out here."
	}
	if len(out.Items) == 0 {
		out.Hint = eventsHint(in, found.hasMore)
	}
	return out
}

// wordsFor reads what the sentences need beyond the events: fields by name, notes,
// the names of linked records and the texts of tasks, all at once.
func (s *Service) wordsFor(ctx context.Context, events []kommo.Event, names *directory.Snapshot, tasks bool) eventWords {
	w := eventWords{names: names}
	sections := []directory.Section{directory.InUsers, directory.InPipelines}
	var linked []cardKey
	for _, e := range events {
		of := cardEntity(kindOf(e.EntityType))
		if section := directory.FieldsOf(of); section != "" && strings.Contains(e.Type, "custom_field") && !slices.Contains(sections, section) {
			sections = append(sections, section)
		}
		for _, v := range slices.Concat(e.ValuesBefore(), e.ValuesAfter()) {
			for _, l := range []*kommo.LinkedValue{v.Link, v.Unlink} {
				if l != nil && cardEntity(kindOf(l.Entity.Type)) != "" {
					linked = append(linked, cardKey{cardEntity(kindOf(l.Entity.Type)), l.Entity.ID})
				}
			}
		}
	}
	p := newParts(ctx)
	p.side("names", func(ctx context.Context) error {
		if len(sections) == 2 {
			return nil
		}
		more, err := s.names.Snapshot(ctx, sections...)
		if err == nil {
			w.names = more
		}
		return err
	})
	p.side("notes", func(ctx context.Context) error { w.notes = s.eventNotes(ctx, events); return nil })
	p.side("linked records", func(ctx context.Context) error { w.cards = s.cardNames(ctx, linked); return nil })
	if tasks {
		p.side("tasks", func(ctx context.Context) error { w.tasks = s.taskTexts(ctx, events); return nil })
	}
	_, _ = p.done() // what could not be read is said by id
	return w
}

func eventsHint(in EventQuery, more bool) string {
	switch {
	case more:
		return "Nothing found so far: go on with next_cursor."
	case in.Cursor != "":
		return "There are no further events in this list."
	case in.LeadID+in.ContactID+in.CompanyID != 0:
		return "This card has no such events, or there is no such card. Changes of its tasks are listed under task_id or for the whole account."
	case len(in.Types)+len(in.Author) > 0 || in.Period != "" || in.Stage != "":
		return "Nothing like this happened. Widen period, or leave types, author or stage out."
	default:
		return "This account has no events that this token may see."
	}
}
