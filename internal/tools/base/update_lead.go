package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateLeadIn struct {
	LeadID      int64          `json:"lead_id" jsonschema_description:"From search_leads."`
	Name        string         `json:"name,omitempty" jsonschema_description:"New name of the record."`
	Price       *float64       `json:"price,omitempty" jsonschema:"minimum=0" jsonschema_description:"In the account's currency."`
	Responsible string         `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
	Fields      map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name: {\"Budget\": 12000}; null clears."`
	AddTags     []string       `json:"add_tags,omitempty" jsonschema_description:"Tag names to add."`
	RemoveTags  []string       `json:"remove_tags,omitempty" jsonschema_description:"Tag names to remove."`
}

// UpdateLead is the tool update_lead.
func UpdateLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_lead", Title: "Update a lead", Class: registry.Update, PeopleText: true,
		Description: "Changes name, price, responsible user, custom fields or tags of one lead; what is left out stays. " +
			"Use move_lead_stage for stage and pipeline, update_contact for phone and e-mail. " +
			"A written field loses its former values; options go by label, several as a list.",
	}, func(ctx context.Context, in updateLeadIn) (crm.ChangedLead, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedLead{}, err
		}
		return s.UpdateLead(ctx, crm.LeadChange{
			LeadID: in.LeadID, Name: in.Name, Price: in.Price, Responsible: in.Responsible,
			Fields: in.Fields, AddTags: in.AddTags, RemoveTags: in.RemoveTags,
		})
	})
}
