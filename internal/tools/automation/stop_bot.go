package automation

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type stopBotIn struct {
	Bot    string `json:"bot" jsonschema:"minLength=1,example=Appointment reminder" jsonschema_description:"Bot name or id, from list_bots."`
	LeadID int64  `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"From search_leads."`
}

// StopBot stops a bot on a lead.
func StopBot(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "stop_bot", Title: "Stop a bot", Class: registry.Update, Toolset: toolset,
		Description: "Stops a Salesbot that runs on one lead, for instance before a person takes over the chat. " +
			"Use list_bots for the names of the bots; run_bot starts one. " +
			"The answer says queued: Kommo takes the order on and does not tell whether the bot ran there at all. Messages already sent stay sent. " +
			"It stops the bot on this lead only and does not switch it off, so that it may start again by itself where Kommo's settings say so. Stopping twice does no harm.",
	}, func(ctx context.Context, in stopBotIn) (crm.BotQueued, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.BotQueued{}, err
		}
		return s.StopBot(ctx, crm.BotOrder{Bot: in.Bot, LeadID: in.LeadID})
	})
}
