package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateLeadIn struct {
	LeadID      int64          `json:"lead_id" jsonschema_description:"Lead id, from search_leads or a card link."`
	Name        string         `json:"name,omitempty" jsonschema_description:"New name of the record."`
	Price       *float64       `json:"price,omitempty" jsonschema:"minimum=0" jsonschema_description:"Amount in the account's currency."`
	Responsible string         `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
	Fields      map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name or code, as plain values: {\"Budget\": 12000}. null clears a field."`
	AddTags     []string       `json:"add_tags,omitempty" jsonschema_description:"Tag names to add; an unknown name makes a new tag."`
	RemoveTags  []string       `json:"remove_tags,omitempty" jsonschema_description:"Tag names to remove; the others stay."`
}

// UpdateLead is the tool update_lead.
func UpdateLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_lead", Title: "Update a lead", Class: registry.Update, PeopleText: true,
		Description: "Changes name, price, responsible user, custom fields or tags of one lead; what is left out stays. " +
			"Use move_lead_stage for stage and pipeline, update_contact for phone and e-mail. " +
			"A field that is written loses its former values; options go by label, several as a list. Unknown names: nothing is written.",
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
