package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getLeadIn struct {
	LeadID int64 `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"Lead id, from search_leads or a card link."`
}

// GetLead briefs one lead.
func GetLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_lead", Title: "Brief a lead", Class: registry.Read, PeopleText: true,
		Description: "Briefs one lead: stage, price, owner, contacts with phones and emails (main one first), company, custom fields, tags, open tasks, the last notes and calls, and who moved it when. " +
			"Use it before a call, a reply or a change; to find the lead_id use search_leads, for all that is known of the person get_contact. " +
			"Long texts are clipped and only the newest 8 notes come; left_out counts the rest, warnings name what could not be read.",
	}, func(ctx context.Context, in getLeadIn) (crm.LeadBrief, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LeadBrief{}, err
		}
		return s.BriefLead(ctx, in.LeadID)
	})
}
