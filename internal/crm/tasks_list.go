package crm

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// What TaskQuery.Due may ask for beside a range. A week is today and the six days
// after.
const (
	DueOverdue = "overdue"
	DueToday   = "today"
	DueWeek    = "week"
	DueAll     = "all"
)

// TaskQuery is which tasks to list. At most one card is named.
type TaskQuery struct {
	Due         string // a word, or a range of deadlines
	Responsible string
	Type        string // name or id
	Updated     string // range
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
	plan, err := s.planTasks(ctx, in, names.Account.Location())
	if err != nil {
		return TaskList{}, err
	}
	found, err := scanPages(ctx, at, s.taskScan(in, plan))
	if err != nil {
		return TaskList{}, err
	}
	out := s.taskList(ctx, in, found, names)
	out.Note = plan.note(out.Note)
	return out, nil
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
		return "No completed task fits. Leave a filter out."
	case in.Due != "" && in.Due != DueAll:
		return "No open task is due then. due all lists every open task; search_leads with attention no_task finds leads without one."
	default:
		return "No open task fits. search_leads with attention no_task finds leads without a task."
	}
}
