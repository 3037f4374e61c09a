package incoming

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type declineIn struct {
	UID         string `json:"uid" jsonschema:"minLength=1,maxLength=200" jsonschema_description:"The incoming lead, from list_incoming_leads."`
	Responsible string `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
}

// DeclineIncomingLead puts an incoming lead into the bin. It is an update, as in
// Kommo, where sorting the inbox is everybody's work: nothing is lost for good,
// though only people can restore it.
func DeclineIncomingLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "decline_incoming_lead", Title: "Decline an incoming lead", Class: registry.Update, Toolset: toolset,
		Description: "Declines one incoming lead: it goes to Kommo's recycle bin together with its new contact and company. " +
			"No tool can bring it back, only a person, in Kommo: ask before you decline what is not plainly spam or a repetition. " +
			"Use accept_incoming_lead to keep it, and link_incoming_lead where a chat or mail belongs to a lead there is. " +
			"responsible is the user in whose name it is declined; the token's user if left out. Leads already accepted cannot be declined: move_lead_stage closes them.",
	}, func(ctx context.Context, in declineIn) (crm.SortedIncoming, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SortedIncoming{}, err
		}
		return s.DeclineIncoming(ctx, in.UID, in.Responsible)
	})
}
