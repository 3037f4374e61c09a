package incoming

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type linkIn struct {
	UID         string `json:"uid" jsonschema:"minLength=1,maxLength=200" jsonschema_description:"The incoming lead, from list_incoming_leads."`
	LeadID      int64  `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"From search_leads."`
	ContactID   int64  `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"From search_contacts."`
	Responsible string `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
}

// LinkIncomingLead puts a chat or mail that waits onto a lead there is.
func LinkIncomingLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "link_incoming_lead", Title: "Link an incoming lead to a lead", Class: registry.Update, Toolset: toolset,
		Description: "Puts the chat or mail of one incoming lead onto a lead there is, so that the conversation goes on there; the incoming lead itself goes. " +
			"Use it where search_leads finds that the person has an open lead already; use accept_incoming_lead for a new matter. " +
			"Kommo links chats and mails only: forms and calls are refused. " +
			"contact_id names the contact of that lead who wrote, if it has several; responsible is the user in whose name it is linked. No tool can undo it.",
	}, func(ctx context.Context, in linkIn) (crm.SortedIncoming, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SortedIncoming{}, err
		}
		return s.LinkIncoming(ctx, crm.LinkIncoming(in))
	})
}
