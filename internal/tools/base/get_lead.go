package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getLeadIn struct {
	LeadID int64 `json:"lead_id" jsonschema_description:"From search_leads."`
}

// GetLead briefs one lead.
func GetLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_lead", Title: "Brief a lead", Class: registry.Read, PeopleText: true,
		Description: "Briefs one lead: stage, price, owner, contacts with phones and emails, company, custom fields, tags, open tasks, last notes and calls, who moved it when. " +
			"Use it before a call, a reply or a change; get_contact tells all of the person. " +
			"Long texts are clipped; left_out counts the rest.",
	}, func(ctx context.Context, in getLeadIn) (crm.LeadBrief, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LeadBrief{}, err
		}
		return s.BriefLead(ctx, in.LeadID)
	})
}
