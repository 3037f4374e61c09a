package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateFieldGroupIn struct {
	Kind  string `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Group string `json:"group" jsonschema:"minLength=1" jsonschema_description:"Group of fields by name or id."`
	Name  string `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"New name of the group."`
}

// UpdateFieldGroup is the tool update_field_group.
func UpdateFieldGroup(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_field_group", Title: "Rename a group of fields", Class: registry.Update, Toolset: toolset,
		Description: "Renames a group of custom fields, the tab on the cards of leads, contacts or companies. " +
			"Its fields stay in it: use update_custom_field to move a field to another group. list_custom_fields names the groups. " +
			"Answers before and after; unchanged: true means it had that name already and nothing was sent. Needs the token of an administrator.",
	}, func(ctx context.Context, in updateFieldGroupIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateFieldGroup(ctx, in.Kind, in.Group, in.Name)
	})
}
