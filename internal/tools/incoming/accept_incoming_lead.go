package incoming

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type acceptIn struct {
	UID         string `json:"uid" jsonschema:"minLength=1,maxLength=200" jsonschema_description:"The incoming lead, from list_incoming_leads."`
	Stage       string `json:"stage,omitempty" jsonschema_description:"Stage name or id, won, lost."`
	Pipeline    string `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	Responsible string `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
}

// AcceptIncomingLead makes a lead of an incoming one.
func AcceptIncomingLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "accept_incoming_lead", Title: "Accept an incoming lead", Class: registry.Update, Toolset: toolset,
		Description: "Accepts one incoming lead: it becomes an ordinary lead in the stage named, else in the first one of its pipeline, and its contact appears among the contacts. " +
			"Use link_incoming_lead for a chat or mail that belongs to a lead there is, and decline_incoming_lead for spam. " +
			"responsible is the user in whose name it is accepted; the token's user if left out. " +
			"Kommo cannot turn it back into an incoming lead. Automations of the stage start.",
	}, func(ctx context.Context, in acceptIn) (crm.SortedIncoming, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SortedIncoming{}, err
		}
		return s.AcceptIncoming(ctx, crm.AcceptIncoming(in))
	})
}
