package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listTasksIn struct {
	Due         string `json:"due,omitempty" jsonschema:"enum=overdue,enum=today,enum=week,enum=all,default=all" jsonschema_description:"Deadline: overdue, today, week (today and the 6 days after) or all."`
	Responsible string `json:"responsible,omitempty" jsonschema:"example=me" jsonschema_description:"User name, id, or me."`
	LeadID      int64  `json:"lead_id,omitempty" jsonschema_description:"Lead id, from search_leads."`
	ContactID   int64  `json:"contact_id,omitempty" jsonschema_description:"Contact id, from search_contacts."`
	CompanyID   int64  `json:"company_id,omitempty" jsonschema_description:"Company id, from search_contacts."`
	Completed   bool   `json:"completed,omitempty" jsonschema:"default=false" jsonschema_description:"true lists completed tasks, with their results, in place of open ones."`
	Limit       int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor      string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListTasks lists tasks by deadline.
func ListTasks(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_tasks", Title: "List tasks", Class: registry.Read, PeopleText: true,
		Narrow: "due, responsible or lead_id",
		Description: "Lists tasks by deadline, nearest first, with text, type, owner and the record each belongs to. " +
			"Give at most one of lead_id, contact_id, company_id. Everybody's tasks come unless responsible says whose. " +
			"For leads without a task use search_leads with attention no_task. Ids serve update_task.",
	}, func(ctx context.Context, in listTasksIn) (crm.TaskList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.TaskList{}, err
		}
		return s.ListTasks(ctx, crm.TaskQuery(in))
	})
}
