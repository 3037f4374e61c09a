package bulk

import (
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type assignLeadsIn struct {
	ToResponsible string `json:"to_responsible" jsonschema:"minLength=1,example=me" jsonschema_description:"User name, id, or me."`

	Which

	ConfirmToken string `json:"confirm_token,omitempty" jsonschema_description:"confirm_token of the preview, or continue_token."`
}

// AssignLeads is the tool assign_leads.
func AssignLeads(p crm.Provider) registry.Tool {
	return define(registry.Spec{
		Name: "assign_leads", Title: "Assign many leads", Class: registry.Update,
		Description: "Makes a user responsible for many leads, as when a colleague leaves; for one lead use update_lead.",
	}, p, func(in assignLeadsIn) crm.BulkLeads { return in.leads() }, func(in assignLeadsIn) crm.BulkChange {
		return crm.BulkChange{Responsible: in.ToResponsible}
	})
}
