package calls

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type retryPendingCallIn struct {
	PendingID int64 `json:"pending_id" jsonschema:"example=12" jsonschema_description:"Id of the call that waits, from list_pending_calls."`
	LeadID    int64 `json:"lead_id,omitempty" jsonschema_description:"Lead id, from search_leads."`
}

// RetryPendingCall tries a call of the outbox at once.
func RetryPendingCall(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "retry_pending_call", Title: "Retry a call that waits", Class: registry.Create, Toolset: toolset,
		Destructive: true, Idempotent: true, PeopleText: true,
		Description: "Tries at once to write one call of list_pending_calls to Kommo, with all that it asked for: notes, task, stage, fields. " +
			"Only what is missing is written; what was sent without an answer is looked up first. Use it when Kommo works again and the next try is far off, " +
			"or with lead_id for a call that fits several cards; waiting calls are delivered without it. " +
			"Answers as post_call_summary does; queued means that it waits on.",
	}, func(ctx context.Context, in retryPendingCallIn) (crm.CallResult, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.CallResult{}, err
		}
		return s.RetryPending(ctx, in.PendingID, in.LeadID)
	})
}
