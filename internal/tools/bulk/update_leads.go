package bulk

import (
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateLeadsIn struct {
	Price  *float64       `json:"price,omitempty" jsonschema:"minimum=0" jsonschema_description:"Amount in the account's currency."`
	Fields map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name or code, as plain values: {\"Budget\": 12000}. null clears a field."`

	Which

	ConfirmToken string `json:"confirm_token,omitempty" jsonschema_description:"confirm_token of the preview, or continue_token."`
}

// UpdateLeads is the tool update_leads.
func UpdateLeads(p crm.Provider) registry.Tool {
	return define(registry.Spec{
		Name: "update_leads", Title: "Update many leads", Class: registry.Update,
		Description: "Sets the price or custom fields of many leads to the same values; for one lead use update_lead.",
	}, p, func(in updateLeadsIn) crm.BulkLeads { return in.leads() }, func(in updateLeadsIn) crm.BulkChange {
		return crm.BulkChange{Price: in.Price, Fields: in.Fields}
	})
}
