package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteCustomFieldIn struct {
	Kind  string `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Field string `json:"field" jsonschema:"minLength=1" jsonschema_description:"Custom field by name, code or id."`
}

// DeleteCustomField is the tool delete_custom_field.
func DeleteCustomField(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_custom_field", Title: "Delete a custom field", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes a custom field of leads, contacts or companies, with its values on every card. " +
			"This cannot be undone: the values are lost even if a field of the same name is made again. " +
			"Kommo's own fields, such as Phone and Email, are refused. To drop one option of a list use update_custom_field. " +
			"The answer holds type and options under before. Needs the token of an administrator.",
	}, func(ctx context.Context, in deleteCustomFieldIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeleteField(ctx, in.Kind, "", in.Field)
	})
}
