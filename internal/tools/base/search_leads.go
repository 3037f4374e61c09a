package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type searchLeadsIn struct {
	Query        string         `json:"query,omitempty" jsonschema:"example=Lopez" jsonschema_description:"Text in name, fields, contact data; 3+ characters."`
	Pipeline     []string       `json:"pipeline,omitempty" jsonschema:"example=Sales" jsonschema_description:"Pipeline names or ids."`
	Stage        []string       `json:"stage,omitempty" jsonschema:"example=open" jsonschema_description:"Names, ids, Pipeline / Stage, or open, won, lost."`
	Responsible  []string       `json:"responsible,omitempty" jsonschema:"example=me" jsonschema_description:"User names, ids, or me."`
	Tags         []string       `json:"tags,omitempty" jsonschema:"example=VIP" jsonschema_description:"Tag names, all carried."`
	PriceMin     *float64       `json:"price_min,omitempty" jsonschema_description:"Lowest price, inclusive."`
	PriceMax     *float64       `json:"price_max,omitempty" jsonschema_description:"Highest price, inclusive."`
	Created      string         `json:"created,omitempty" jsonschema:"example=last_30_days" jsonschema_description:"Range: 2026-11-01..2026-11-15, one side open, one date, or today, yesterday, this_week, last_week, this_month, last_month, last_30_days."`
	Updated      string         `json:"updated,omitempty" jsonschema:"example=this_week" jsonschema_description:"Range of the last change, as in created."`
	Closed       string         `json:"closed,omitempty" jsonschema:"example=last_month" jsonschema_description:"Range of winning or losing, as in created."`
	Fields       map[string]any `json:"fields,omitempty" jsonschema_description:"Filter by custom fields: {\"Size\": \"10..20\", \"Paid\": true}; null: empty."`
	ContactID    int64          `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Contact id, from search_contacts or a card link."`
	CompanyID    int64          `json:"company_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Company id, from search_contacts or a card link."`
	Attention    string         `json:"attention,omitempty" jsonschema:"enum=no_task,enum=overdue,enum=stale" jsonschema_description:"Open leads in need: no_task, overdue (task), stale (see inactive_days)."`
	InactiveDays int            `json:"inactive_days,omitempty" jsonschema:"minimum=1,maximum=3650" jsonschema_description:"Days without a change; 14 with stale."`
	Sort         string         `json:"sort,omitempty" jsonschema:"enum=updated_desc,enum=updated_asc,enum=created_desc,enum=created_asc,default=updated_desc" jsonschema_description:"updated_desc, updated_asc, created_desc or created_asc."`
	Limit        int            `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor       string         `json:"cursor,omitempty" jsonschema_description:"next_cursor of the previous answer."`
}

// SearchLeads finds leads by any mixture of filters.
func SearchLeads(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "search_leads", Title: "Search leads", Class: registry.Read, PeopleText: true,
		Narrow: "pipeline, stage, responsible or updated",
		Description: "Finds leads by text, stage, owner, tags, price, dates, custom fields, contact, or what needs attention; rows with stage, price and link. " +
			"Without arguments: the last changed, open and closed. All filters must hold; values of one list are alternatives. " +
			"For one lead with its notes use get_lead, for people search_contacts, for totals report_pipeline.",
	}, func(ctx context.Context, in searchLeadsIn) (crm.LeadList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LeadList{}, err
		}
		return s.SearchLeads(ctx, crm.LeadSearch(in))
	})
}
