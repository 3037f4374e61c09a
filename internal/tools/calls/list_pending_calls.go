package calls

import (
	"cmp"
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listPendingCallsIn struct {
	Limit int `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
}

// defaultLimit is how many rows a list has that asks for no number.
const defaultLimit = 20

// ListPendingCalls lists the outbox.
func ListPendingCalls(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_pending_calls", Title: "List calls that wait", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Description: "Lists the calls that post_call_summary or a platform has handed over and that are not written to Kommo yet, oldest first: " +
			"waiting ones with the reason and the next try, and dead ones that Kommo refused for good or that fit several cards. " +
			"waiting and dead count all of them. Waiting ones are delivered by themselves; use retry_pending_call for one that should go at once or needs a lead_id. " +
			"Nothing of a call that was logged whole is listed: look at its card with get_lead.",
	}, func(ctx context.Context, in listPendingCallsIn) (crm.PendingCalls, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.PendingCalls{}, err
		}
		return s.Pending(ctx, cmp.Or(in.Limit, defaultLimit))
	})
}
