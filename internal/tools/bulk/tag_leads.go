package bulk

import (
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type tagLeadsIn struct {
	AddTags    []string `json:"add_tags,omitempty" jsonschema_description:"Tag names to add; an unknown name makes a new tag."`
	RemoveTags []string `json:"remove_tags,omitempty" jsonschema_description:"Tag names to remove; the others stay."`

	Which

	ConfirmToken string `json:"confirm_token,omitempty" jsonschema_description:"confirm_token of the preview, or continue_token."`
}

// TagLeads is the tool tag_leads.
func TagLeads(p crm.Provider) registry.Tool {
	return define(registry.Spec{
		Name: "tag_leads", Title: "Tag many leads", Class: registry.Update,
		Description: "Adds tags to many leads, or removes them; for one lead use update_lead.",
	}, p, func(in tagLeadsIn) crm.BulkLeads { return in.leads() }, func(in tagLeadsIn) crm.BulkChange {
		return crm.BulkChange{AddTags: in.AddTags, RemoveTags: in.RemoveTags}
	})
}
