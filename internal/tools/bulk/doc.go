// Package bulk is the toolset bulk: one kind of change to many leads, previewed
// before it is carried out.
package bulk

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// Which names the leads of a bulk tool: ids, or the filters of search_leads.
type Which struct {
	LeadIDs      []int64  `json:"lead_ids,omitempty" jsonschema:"maxItems=2000" jsonschema_description:"Lead ids in place of filters"`
	Query        string   `json:"query,omitempty" jsonschema_description:"Any text, 3+ characters"`
	Pipeline     []string `json:"pipeline,omitempty" jsonschema_description:"Pipeline names or ids"`
	Stage        []string `json:"stage,omitempty" jsonschema_description:"Names, ids, open, won, lost"`
	Responsible  []string `json:"responsible,omitempty" jsonschema_description:"User names, ids, me"`
	Tags         []string `json:"tags,omitempty" jsonschema_description:"Names, all carried"`
	PriceMin     *float64 `json:"price_min,omitempty" jsonschema_description:"Lowest, inclusive"`
	PriceMax     *float64 `json:"price_max,omitempty" jsonschema_description:"Highest, inclusive"`
	Created      string   `json:"created,omitempty" jsonschema:"example=last_month" jsonschema_description:"Range: 2026-11-01..2026-11-15, last_month"`
	Updated      string   `json:"updated,omitempty" jsonschema:"example=this_week" jsonschema_description:"Range, as in created"`
	Closed       string   `json:"closed,omitempty" jsonschema:"example=last_month" jsonschema_description:"Range, as in created"`
	Attention    string   `json:"attention,omitempty" jsonschema:"enum=no_task,enum=overdue,enum=stale" jsonschema_description:"no_task, overdue, stale"`
	InactiveDays int      `json:"inactive_days,omitempty" jsonschema:"minimum=1" jsonschema_description:"Days unchanged (14)"`
}

func (w Which) leads() crm.BulkLeads {
	return crm.BulkLeads{LeadIDs: w.LeadIDs, Search: crm.LeadSearch{
		Query: w.Query, Pipeline: w.Pipeline, Stage: w.Stage, Responsible: w.Responsible, Tags: w.Tags,
		PriceMin: w.PriceMin, PriceMax: w.PriceMax, Created: w.Created, Updated: w.Updated, Closed: w.Closed,
		Attention: w.Attention, InactiveDays: w.InactiveDays,
	}}
}

// howItGoes ends every description of the toolset.
const howItGoes = "Name the leads by lead_ids or filters, as in search_leads. The first call writes nothing: it answers count, sample and what changes; " +
	"then the person confirms, or you call again with confirm_token once the user agreed. " +
	"Answers what became of each lead; if time ends first, go on with continue_token."

// define makes a bulk tool of what its input asks for.
func define[In any](s registry.Spec, p crm.Provider, which func(In) crm.BulkLeads, change func(In) crm.BulkChange) registry.Tool {
	type outcome = registry.Outcome[crm.BulkResult, crm.BulkPlan]
	s.Toolset, s.PeopleText, s.Narrow = "bulk", true, "stage, responsible or updated"
	s.Description += " " + howItGoes
	return registry.DefineConfirmed(s, registry.Job[In, crm.BulkResult, crm.BulkPlan]{
		Preview: func(ctx context.Context, in In) (outcome, error) {
			jobs, err := p(ctx)
			if err != nil {
				return outcome{}, err
			}
			out, plan, question, err := jobs.PreviewBulk(ctx, which(in), change(in))
			return outcome{Answer: out, Plan: plan, Question: question}, err
		},
		Commit: func(ctx context.Context, _ In, plan crm.BulkPlan) (outcome, error) {
			jobs, err := p(ctx)
			if err != nil {
				return outcome{}, err
			}
			out, left, err := jobs.RunBulk(ctx, &plan, registry.Progress(ctx))
			return outcome{Answer: out, Plan: left}, err
		},
	})
}
