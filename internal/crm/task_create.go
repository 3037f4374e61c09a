package crm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// NewTask is a task to put on one card.
type NewTask struct {
	Target

	Text        string
	Due         string // a deadline as people write it, in the account's zone
	Responsible string // empty: the user of the token
	Type        string // empty: Kommo's first type
	Key         string // idempotency key; empty: none
}

// MadeTask is a new task, with its deadline as it was understood.
type MadeTask struct {
	Made

	Due         string `json:"due"` // RFC 3339 in the account's zone
	Responsible string `json:"responsible,omitempty"`
	Type        string `json:"type,omitempty"`
}

// CreateTask puts a task on a lead, contact or company: one request with a warm
// directory. A lost answer is looked up among the card's newest tasks (Kommo API
// facts: tasks).
func (s *Service) CreateTask(ctx context.Context, t NewTask) (MadeTask, error) {
	c, err := t.card()
	if err != nil {
		return MadeTask{}, err
	}
	if err := needText("text", t.Text); err != nil {
		return MadeTask{}, err
	}
	out, repeat, err := once(ctx, s, "create_task", t.Key, t, func(ctx context.Context) (MadeTask, error) {
		return withNames(ctx, s, func(ctx context.Context) (MadeTask, error) { return s.createTask(ctx, c, t) })
	})
	out.Repeat = repeat
	return out, err
}

func (s *Service) createTask(ctx context.Context, c card, t NewTask) (MadeTask, error) {
	out := MadeTask{Made: Made{URL: s.cardURL(c.kind, c.id), Created: []Record{}, Found: []Record{}}}
	w := kommo.TaskWrite{Text: t.Text, EntityID: c.id, EntityType: c.entity}
	due, err := s.due(ctx, "due", t.Due)
	if err != nil {
		return out, err
	}
	out.Due, w.Deadline = due.text, kommo.UnixOf(due.Time)
	out.Warnings = warned(out.Warnings, due.warning)
	user, warning, err := s.owner(ctx, t.Responsible)
	if err != nil {
		return out, err
	}
	w.ResponsibleID, out.Responsible, out.Warnings = user.ID, user.Name, warned(out.Warnings, warning)
	if strings.TrimSpace(t.Type) != "" {
		kind, err := s.names.TaskType(ctx, t.Type)
		if err != nil {
			return out, err
		}
		w.TypeID, out.Type = kind.ID, kind.Name
	}
	out.ID, out.LookedUp, err = s.writeTask(ctx, c, w)
	if err != nil {
		return out, c.explained(err)
	}
	out.Created = append(out.Created, s.record(KindTask, out.ID, t.Text))
	return out, nil
}

// deadline is a deadline as it was understood.
type deadline struct {
	time.Time

	text    string // RFC 3339 in the account's zone
	warning string // it is in the past
}

// due reads a deadline. One in the past is taken: people note down what should
// have been done.
func (s *Service) due(ctx context.Context, argument, text string) (deadline, error) {
	return s.dueFrom(ctx, s.clock.Now(), argument, text)
}

// dueFrom reads a deadline that was said at a moment.
func (s *Service) dueFrom(ctx context.Context, said time.Time, argument, text string) (deadline, error) {
	account, err := s.names.Account(ctx)
	if err != nil {
		return deadline{}, err
	}
	at, err := when.Due(text, account.Location(), said)
	if err != nil {
		return deadline{}, badTime(argument, err)
	}
	d := deadline{Time: at, text: when.Format(at, account.Location())}
	if at.Before(s.clock.Now()) {
		d.warning = "The deadline " + d.text + " has passed: the task is overdue already."
	}
	return d, nil
}

// writeTask writes a task once and looks it up if the answer is lost.
func (s *Service) writeTask(ctx context.Context, c card, w kommo.TaskWrite) (id int64, lookedUp bool, err error) {
	return settle(ctx, s.clock, s.taskWrite(c, w, s.since(ctx)))
}

// taskWrite is the create of a task; what is found must have been made since.
func (s *Service) taskWrite(c card, w kommo.TaskWrite, since time.Time) write[int64] {
	return write[int64]{
		what: fmt.Sprintf("a task on %s %d", c.kind, c.id),
		send: func(ctx context.Context) (int64, error) {
			made, err := s.api.Tasks.Create(ctx, []kommo.TaskWrite{w})
			if err != nil {
				return 0, err
			}
			s.took(ctx, KindTask, made[0].ID)
			return made[0].ID, nil
		},
		find: func(ctx context.Context) (int64, bool, error) {
			page, err := s.api.Tasks.List(ctx, kommo.TaskFilter{
				EntityType: c.entity, EntityIDs: []int64{c.id}, Order: newest, ListOptions: kommo.ListOptions{Limit: newestRows},
			})
			for _, t := range page.Items {
				same := t.EntityID == c.id && t.EntityType == c.entity && t.Deadline == w.Deadline && sameText(t.Text, w.Text)
				if same && s.isOurs(ctx, KindTask, t.ID, t.CreatedAt, since) {
					return t.ID, true, nil
				}
			}
			return 0, false, err
		},
	}
}
