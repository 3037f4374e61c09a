package automation

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listBotsIn struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListBots lists the account's bots.
func ListBots(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_bots", Title: "List bots", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Description: "Lists the Salesbots of the account with their type (regular, greeting, marketing, nps) and whether they are switched on. " +
			"Use it to find the bot that run_bot is to start or stop_bot to stop; both take its name. " +
			"It tells neither what a bot says nor where one runs now: Kommo's API does not show either. " +
			"Bots are made and changed in Kommo only, and what starts them by itself, such as a stage, is set there too.",
	}, func(ctx context.Context, in listBotsIn) (crm.BotList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.BotList{}, err
		}
		return s.ListBots(ctx, crm.BotQuery(in))
	})
}
