package crm

import (
	"context"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// What TaskQuery.Due may ask for. A week is today and the six days after.
const (
	DueOverdue = "overdue"
	DueToday   = "today"
	DueWeek    = "week"
	DueAll     = "all"
)

// TaskQuery is which tasks to list. At most one card is named.
type TaskQuery struct {
	Due         string
	Responsible string
	LeadID      int64
	ContactID   int64
	CompanyID   int64
	Completed   bool
	Limit       int
	Cursor      string
}

// TaskList is one page of tasks. Total is how many there are in all, where that is
// known; else AtLeast is a lower bound.
type TaskList struct {
	Items      []TaskRow `json:"items"`
	HasMore    bool      `json:"has_more"`
	NextCursor string    `json:"next_cursor,omitempty"`
	Total      *int      `json:"total,omitempty"`
	AtLeast    int       `json:"at_least,omitempty"`
	Note       string    `json:"note,omitempty"`
	Hint       string    `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l TaskList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l TaskList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// ListTasks lists tasks by deadline: open ones with the nearest first, completed
// ones with the latest first. Kommo has no filter for deadlines, so that pages
// are read in that order and no further than the span asked for (Kommo API
// facts: tasks). The cards that they belong to are named with one request a
// kind of card.
func (s *Service) ListTasks(ctx context.Context, in TaskQuery) (TaskList, error) {
	names, err := s.names.Snapshot(ctx, directory.InUsers)
	if err != nil {
		return TaskList{}, err
	}
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return TaskList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return TaskList{}, err
	}
	filter, err := s.taskFilter(ctx, in)
	if err != nil {
		return TaskList{}, err
	}
	strange := 0
	found, err := scanPages(ctx, at, s.taskScan(in, filter, names.Account.Location(), &strange))
	if err != nil {
		return TaskList{}, err
	}
	out := s.taskList(ctx, in, found, names)
	if strange > 0 {
		out.Note = strings.TrimSpace("Kommo answered tasks that do not fit the filters; they were left out here. " + out.Note)
	}
	return out, nil
}

func (s *Service) taskFilter(ctx context.Context, in TaskQuery) (kommo.TaskFilter, error) {
	f := kommo.TaskFilter{Completed: new(in.Completed), Order: kommo.Order{By: "complete_till", Desc: in.Completed}}
	if in.LeadID != 0 || in.ContactID != 0 || in.CompanyID != 0 {
		c, err := Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID}.card()
		if err != nil {
			return f, err
		}
		f.EntityType, f.EntityIDs = c.entity, []int64{c.id}
	}
	if in.Responsible != "" {
		u, err := s.names.User(ctx, in.Responsible)
		if err != nil {
			return f, err
		}
		f.Responsible = []int64{u.ID}
	}
	return f, nil
}

// taskScan counts the tasks that Kommo's filters should have kept back in strange.
func (s *Service) taskScan(in TaskQuery, f kommo.TaskFilter, zone *time.Location, strange *int) scan[kommo.Task] {
	span := s.dueSpan(in.Due, zone)
	size := in.Limit
	if !span.From.IsZero() != in.Completed { // what lies before the span is passed over
		size = kommo.MaxPage
	}
	return scan[kommo.Task]{
		limit: in.Limit, pageSize: size,
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Task], error) {
			f.Page, f.Limit = page, size
			return s.api.Tasks.List(ctx, f)
		},
		keep: func(t kommo.Task) bool {
			if t.Completed != in.Completed || len(f.Responsible) > 0 && t.ResponsibleID != f.Responsible[0] ||
				len(f.EntityIDs) > 0 && (t.EntityID != f.EntityIDs[0] || t.EntityType != f.EntityType) {
				*strange++
				return false
			}
			return span.Contains(t.Deadline.Time())
		},
		stop: func(t kommo.Task) bool {
			if in.Completed {
				return !span.From.IsZero() && t.Deadline.Time().Before(span.From)
			}
			return !span.To.IsZero() && !t.Deadline.Time().Before(span.To)
		},
	}
}

// dueSpan is the span of deadlines asked for; of open tasks, overdue are those
// whose moment is past, also if that was today.
func (s *Service) dueSpan(due string, zone *time.Location) when.Range {
	now := s.clock.Now()
	y, m, d := now.In(zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, zone)
	switch due {
	case DueOverdue:
		return when.Range{To: now}
	case DueToday:
		return when.Range{From: today, To: today.AddDate(0, 0, 1)}
	case DueWeek:
		return when.Range{From: today, To: today.AddDate(0, 0, 7)}
	default:
		return when.Range{}
	}
}

func (s *Service) taskList(ctx context.Context, in TaskQuery, found scanned[kommo.Task], names *directory.Snapshot) TaskList {
	out := TaskList{Items: make([]TaskRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	out.Total, out.AtLeast = found.count()
	keys := make([]cardKey, 0, len(found.items))
	for _, t := range found.items {
		keys = append(keys, cardKey{t.EntityType, t.EntityID})
	}
	known := s.cardNames(ctx, keys)
	now := s.clock.Now()
	for _, t := range found.items {
		row := TaskRow{TaskLine: taskLine(t, names, now)}
		if t.EntityID != 0 {
			key := cardKey{t.EntityType, t.EntityID}
			row.For = new(s.record(kindOf(string(t.EntityType)), t.EntityID, known[key]))
		}
		out.Items = append(out.Items, row)
	}
	if found.cutOff {
		out.Note = "Many tasks lie before the span asked for and not all were looked through: go on with next_cursor, or name a responsible."
	}
	if len(out.Items) == 0 {
		out.Hint = tasksHint(in, found.hasMore)
	}
	return out
}

func tasksHint(in TaskQuery, more bool) string {
	switch {
	case more:
		return "Nothing found so far: go on with next_cursor."
	case in.Cursor != "":
		return "There are no further tasks in this list."
	case in.LeadID != 0 || in.ContactID != 0 || in.CompanyID != 0:
		return "This card has no such tasks; a task may hang on its contact or lead instead. create_task makes one."
	case in.Completed:
		return "No completed task fits. Leave out due or responsible."
	case in.Due != "" && in.Due != DueAll:
		return "No open task is due then. due all lists every open task; search_leads with attention no_task finds leads without one."
	default:
		return "No open task fits. search_leads with attention no_task finds leads without a task."
	}
}
