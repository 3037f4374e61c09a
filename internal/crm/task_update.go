package crm

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// TaskChange says what to change in a task. What is empty or nil stays.
type TaskChange struct {
	TaskID      int64
	Completed   *bool
	Result      string
	Text        string
	Due         string
	Responsible string
}

// TaskState are the parts of a task that a change touches.
type TaskState struct {
	Completed   *bool  `json:"completed,omitempty"`
	Result      string `json:"result,omitempty"`
	Text        string `json:"text,omitempty"`
	Due         string `json:"due,omitempty"` // RFC 3339 in the account's zone
	Responsible string `json:"responsible,omitempty"`
}

// ChangedTask is the answer of a change: what changed, before and after.
type ChangedTask struct {
	ID        int64      `json:"id"`
	URL       string     `json:"url,omitempty"` // of the card that the task is on
	Before    *TaskState `json:"before,omitempty"`
	After     *TaskState `json:"after,omitempty"`
	Unchanged bool       `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool       `json:"looked_up,omitempty"` // the answer was lost, the change was read back
	Warnings  []string   `json:"warnings,omitempty"`
}

// UpdateTask changes or completes a task: it is read and, if anything differs,
// written; two requests with a warm directory. Completing is is_completed with a
// result (Kommo API facts: tasks).
func (s *Service) UpdateTask(ctx context.Context, c TaskChange) (ChangedTask, error) {
	return withNames(ctx, s, func(ctx context.Context) (ChangedTask, error) { return s.updateTask(ctx, c) })
}

func (s *Service) updateTask(ctx context.Context, c TaskChange) (ChangedTask, error) {
	out := ChangedTask{ID: c.TaskID}
	user, warning, err := s.responsible(ctx, c.Responsible)
	if err != nil {
		return out, err
	}
	var due deadline
	if strings.TrimSpace(c.Due) != "" {
		if due, err = s.due(ctx, "due", c.Due); err != nil {
			return out, err
		}
	}
	task, err := s.api.Tasks.Get(ctx, c.TaskID)
	if err != nil {
		return out, missingTask(err)
	}
	out.URL = s.cardURL(kindOf(string(task.EntityType)), task.EntityID)
	if err := s.takesWork(ctx, user, c.Responsible, task.ResponsibleID); err != nil {
		return out, err
	}
	names, err := s.namesFor(ctx, "", user.ID != 0, false)
	if err != nil {
		return out, err
	}
	account, err := s.names.Account(ctx)
	if err != nil {
		return out, err
	}
	w, before, after := taskDifference(names, account.Location(), task, c, user, due)
	if w == nil {
		out.Unchanged = true
		if c == (TaskChange{TaskID: c.TaskID}) {
			out.Warnings = []string{nothingAsked}
		}
		return out, nil
	}
	out.Before, out.After = stated(before), stated(after)
	out.Warnings = warned(warned(nil, warning), pastDue(task, after, due))
	_, err = s.api.Tasks.Update(ctx, task.ID, *w)
	out.LookedUp, err = confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.api.Tasks.Get(ctx, task.ID)
		left, _, _ := taskDifference(names, account.Location(), now, c, user, due)
		return left == nil, err
	})
	return out, missingTask(err)
}

// taskDifference compares what is with what is wanted; nil where nothing differs.
func taskDifference(names *directory.Snapshot, zone *time.Location, task kommo.Task, c TaskChange, user directory.User, due deadline) (*kommo.TaskWrite, *TaskState, *TaskState) {
	var w kommo.TaskWrite
	before, after, changed := &TaskState{}, &TaskState{}, false
	if c.Completed != nil && *c.Completed != task.Completed {
		was := task.Completed
		w.Completed, before.Completed, after.Completed, changed = c.Completed, &was, c.Completed, true
	}
	if result := strings.TrimSpace(c.Result); result != "" && !sameText(result, task.Result.Text) {
		w.Result, before.Result, after.Result, changed = &kommo.TaskResult{Text: result}, task.Result.Text, result, true
	}
	if text := strings.TrimSpace(c.Text); text != "" && !sameText(text, task.Text) {
		w.Text, before.Text, after.Text, changed = text, task.Text, text, true
	}
	if at := kommo.UnixOf(due.Time); at != 0 && at != task.Deadline {
		w.Deadline, before.Due, after.Due, changed = at, moment(task.Deadline, zone), due.text, true
	}
	if user.ID != 0 && user.ID != task.ResponsibleID {
		w.ResponsibleID, changed = user.ID, true
		before.Responsible, after.Responsible = names.UserName(task.ResponsibleID), names.UserName(user.ID)
	}
	if !changed {
		return nil, nil, nil
	}
	return &w, before, after
}

// pastDue is the warning for a new deadline that has passed, unless the task is
// done anyway.
func pastDue(task kommo.Task, after *TaskState, due deadline) string {
	done := task.Completed
	if after.Completed != nil {
		done = *after.Completed
	}
	if done || after.Due == "" {
		return ""
	}
	return due.warning
}

// missingTask names the argument where Kommo has no such task: 204 or 404 on a
// read, a refused id on a write.
func missingTask(err error) error {
	if errors.Is(err, kommo.ErrNotFound) || refusedPath(err, "id") {
		return problem.Missing("task_id", "There is no such task, or this token may not see it; nothing was written.").
			WithNext("Find the right id with list_tasks, then call again.").Wrap(err)
	}
	return err
}
