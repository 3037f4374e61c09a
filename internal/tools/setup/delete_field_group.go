package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteFieldGroupIn struct {
	Kind  string `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Group string `json:"group" jsonschema:"minLength=1" jsonschema_description:"Group of fields by name or id."`
}

// DeleteFieldGroup is the tool delete_field_group.
func DeleteFieldGroup(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_field_group", Title: "Delete a group of fields", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes a group of custom fields, the tab on cards. Its fields and their values stay: Kommo shows them in the main group. " +
			"The group itself cannot be restored, only made again with create_field_group, and its fields put back one by one. " +
			"Kommo's own groups are refused. list_custom_fields names the groups and what is in them. Needs the token of an administrator.",
	}, func(ctx context.Context, in deleteFieldGroupIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeleteFieldGroup(ctx, in.Kind, in.Group)
	})
}
