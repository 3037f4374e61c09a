package automation

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type runBotIn struct {
	Bot            string `json:"bot" jsonschema:"minLength=1,example=Appointment reminder" jsonschema_description:"Bot name or id, from list_bots."`
	LeadID         int64  `json:"lead_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"From search_leads."`
	ContactID      int64  `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"From search_contacts."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// RunBot starts a bot on a lead or contact. It writes to customers.
func RunBot(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "run_bot", Title: "Start a bot", Class: registry.Create, Toolset: toolset, OpenWorld: true,
		Description: "Starts a Salesbot on one lead or contact. Bots send messages to customers, and what is sent cannot be taken back: be sure of bot and card, and ask if in doubt. " +
			"The answer says queued: Kommo takes the order on and tells no more, and without a chat, or while another bot runs on the card, nothing happens. " +
			"Calling it twice may send twice; idempotency_key prevents that. list_bots names the bots, stop_bot stops one. " +
			"Give exactly one of lead_id and contact_id.",
	}, func(ctx context.Context, in runBotIn) (crm.BotQueued, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.BotQueued{}, err
		}
		return s.RunBot(ctx, crm.BotOrder{Bot: in.Bot, LeadID: in.LeadID, ContactID: in.ContactID, Key: in.IdempotencyKey})
	})
}
