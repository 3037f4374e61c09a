package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateTaskIn struct {
	TaskID      int64  `json:"task_id" jsonschema_description:"Task id, from list_tasks."`
	Completed   *bool  `json:"completed,omitempty" jsonschema_description:"true completes it, false reopens it."`
	Result      string `json:"result,omitempty" jsonschema_description:"What came of it; best given when completing."`
	Text        string `json:"text,omitempty" jsonschema_description:"New text of the task."`
	Due         string `json:"due,omitempty" jsonschema_description:"2026-12-01 (end of day), 2026-12-01T15:00 or tomorrow 15:00, account time."`
	Responsible string `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
}

// UpdateTask is the tool update_task.
func UpdateTask(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_task", Title: "Update or complete a task", Class: registry.Update, PeopleText: true,
		Description: "Changes one task: completes it with a result, reopens it, moves its deadline, changes its text or hands it over; what is left out stays. " +
			"create_task makes a new one. Kommo cannot delete tasks: complete them.",
	}, func(ctx context.Context, in updateTaskIn) (crm.ChangedTask, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedTask{}, err
		}
		return s.UpdateTask(ctx, crm.TaskChange{
			TaskID: in.TaskID, Completed: in.Completed, Result: in.Result, Text: in.Text, Due: in.Due, Responsible: in.Responsible,
		})
	})
}
