package events

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listEventsIn struct {
	LeadID    int64    `json:"lead_id,omitempty" jsonschema_description:"From search_leads."`
	ContactID int64    `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID int64    `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	TaskID    int64    `json:"task_id,omitempty" jsonschema_description:"Task id, from list_tasks."`
	Types     []string `json:"types,omitempty" jsonschema:"enum=created,enum=deleted,enum=stage,enum=responsible,enum=price,enum=name,enum=field,enum=tag,enum=link,enum=task,enum=note,enum=call,enum=message,enum=talk,enum=bot" jsonschema_description:"created, deleted, stage, responsible, price, name, field, tag, link, task, note, call, message, talk, bot."`
	Author    []string `json:"author,omitempty" jsonschema:"example=me" jsonschema_description:"Who did it: user names, ids, me, or robot (automation and integrations)."`
	Period    string   `json:"period,omitempty" jsonschema:"example=last_week" jsonschema_description:"Range: 2026-11-01..2026-11-15, one side open, one date, or today, yesterday, this_week, last_week, this_month, last_month, last_30_days."`
	Stage     string   `json:"stage,omitempty" jsonschema_description:"Only leads that came into this stage: name, id, won or lost."`
	Pipeline  string   `json:"pipeline,omitempty" jsonschema_description:"Pipeline of stage: name or id."`
	Limit     int      `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor    string   `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListEvents tells what happened, in words.
func ListEvents(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_events", Title: "List what happened", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Narrow: "period, types, author or a record",
		Description: "Tells what happened to one record or in the whole account, newest first, in words: “Ana moved it from Offer to Negotiation”. " +
			"bot marks what no user did: automation, an integration or the customer. " +
			"Use get_lead for a lead's last changes at a glance, search_notes for the texts of notes and calls. " +
			"Give at most one of lead_id, contact_id, company_id, task_id; the tasks of a card are not part of its own events. " +
			"stage goes with the type stage only; pipeline goes with stage.",
	}, func(ctx context.Context, in listEventsIn) (crm.EventList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.EventList{}, err
		}
		return s.ListEvents(ctx, crm.EventQuery(in))
	})
}
