package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listTasksIn struct {
	Due         string `json:"due,omitempty" jsonschema:"example=overdue,default=all" jsonschema_description:"overdue, today, week (today and 6 days on), all, or a range: 2026-12-01..2026-12-05"`
	Responsible string `json:"responsible,omitempty" jsonschema:"example=me" jsonschema_description:"User name, id, or me."`
	Type        string `json:"type,omitempty" jsonschema:"example=Meeting" jsonschema_description:"Task type name or id."`
	Updated     string `json:"updated,omitempty" jsonschema:"example=last_week" jsonschema_description:"When last changed or completed: last_week or a range."`
	LeadID      int64  `json:"lead_id,omitempty" jsonschema_description:"From search_leads."`
	ContactID   int64  `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID   int64  `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	Completed   bool   `json:"completed,omitempty" jsonschema:"default=false" jsonschema_description:"true: completed ones with results, not open ones"`
	Limit       int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor      string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListTasks lists tasks by deadline.
func ListTasks(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_tasks", Title: "List tasks", Class: registry.Read, PeopleText: true,
		Narrow: "due, responsible, type or lead_id",
		Description: "Lists tasks by deadline, nearest first, with text, type, owner and record; everybody's unless responsible is given. " +
			"Give at most one of lead_id, contact_id, company_id. " +
			"For leads without a task use search_leads with attention no_task. Ids serve update_task.",
	}, func(ctx context.Context, in listTasksIn) (crm.TaskList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.TaskList{}, err
		}
		return s.ListTasks(ctx, crm.TaskQuery(in))
	})
}
