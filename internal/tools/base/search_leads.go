package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type searchLeadsIn struct {
	Query        string         `json:"query,omitempty" jsonschema:"example=Lopez" jsonschema_description:"Any text, 3+ characters"`
	Pipeline     []string       `json:"pipeline,omitempty" jsonschema:"example=Sales" jsonschema_description:"Pipeline names or ids"`
	Stage        []string       `json:"stage,omitempty" jsonschema:"example=open" jsonschema_description:"Names, ids, open, won, lost"`
	Responsible  []string       `json:"responsible,omitempty" jsonschema:"example=me" jsonschema_description:"User names, ids, me"`
	Tags         []string       `json:"tags,omitempty" jsonschema:"example=VIP" jsonschema_description:"Names, all carried"`
	PriceMin     *float64       `json:"price_min,omitempty" jsonschema_description:"Lowest, inclusive"`
	PriceMax     *float64       `json:"price_max,omitempty" jsonschema_description:"Highest, inclusive"`
	Created      string         `json:"created,omitempty" jsonschema:"example=last_30_days" jsonschema_description:"2026-11-01..2026-11-15 (both included), one end open, a date, or today, yesterday, this_week, last_week, this_month, last_month, last_30_days."`
	Updated      string         `json:"updated,omitempty" jsonschema:"example=this_week" jsonschema_description:"Range, as in created"`
	Closed       string         `json:"closed,omitempty" jsonschema:"example=last_month" jsonschema_description:"Range, as in created"`
	Fields       map[string]any `json:"fields,omitempty" jsonschema_description:"By name: {\"Size\":\"10..20\"}; null: empty"`
	ContactID    int64          `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID    int64          `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	Attention    string         `json:"attention,omitempty" jsonschema:"enum=no_task,enum=overdue,enum=stale" jsonschema_description:"no_task, overdue, stale"`
	InactiveDays int            `json:"inactive_days,omitempty" jsonschema:"minimum=1" jsonschema_description:"Days unchanged (14)"`
	Sort         string         `json:"sort,omitempty" jsonschema:"enum=updated_desc,enum=updated_asc,enum=created_desc,enum=created_asc" jsonschema_description:"updated_desc, updated_asc, created_desc, created_asc"`
	Limit        int            `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor       string         `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// SearchLeads finds leads by any mixture of filters.
func SearchLeads(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "search_leads", Title: "Search leads", Class: registry.Read, PeopleText: true,
		Narrow: "pipeline, stage, responsible or updated",
		Description: "Finds leads; without arguments the last changed, open and closed. " +
			"All filters must hold; names in one list are alternatives; attention means open leads only. " +
			"For one lead with notes use get_lead, for people search_contacts, for totals report_pipeline.",
	}, func(ctx context.Context, in searchLeadsIn) (crm.LeadList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LeadList{}, err
		}
		return s.SearchLeads(ctx, crm.LeadSearch(in))
	})
}
