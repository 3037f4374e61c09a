package incoming

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type summaryIn struct {
	Created  string `json:"created,omitempty" jsonschema:"example=last_week" jsonschema_description:"2026-11-01..2026-11-15, one end open, a date, or today, yesterday, this_week, last_week, this_month, last_month, last_30_days."`
	Pipeline string `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
}

// GetIncomingSummary counts incoming leads.
func GetIncomingSummary(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_incoming_summary", Title: "Count incoming leads", Class: registry.Read, Toolset: toolset,
		Description: "Counts incoming leads of the account, those already sorted included: how many came in, were accepted and declined, " +
			"how many of them by form, call, mail and chat, and how long sorting took on average. " +
			"Use it for questions of volume and speed; use list_incoming_leads for the ones that wait. " +
			"The numbers are Kommo's own. created is the time at which they came in; without it all are counted.",
	}, func(ctx context.Context, in summaryIn) (crm.IncomingSummary, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.IncomingSummary{}, err
		}
		return s.CountIncoming(ctx, crm.IncomingCount(in))
	})
}
