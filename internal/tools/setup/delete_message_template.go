package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteMessageTemplateIn struct {
	Template string `json:"template" jsonschema:"minLength=1" jsonschema_description:"Template by name or id, from list_message_templates."`
}

// DeleteMessageTemplate is the tool delete_message_template.
func DeleteMessageTemplate(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_message_template", Title: "Delete a message template", Class: registry.Delete, Toolset: toolset, PeopleText: true,
		Description: "Deletes a message template of this integration; messages that were sent with it stay. " +
			"It cannot be restored: the answer holds its text under before, so that it can be made again with create_message_template, where a WhatsApp template starts its review anew. " +
			"To change the text use update_message_template. Needs the token of an administrator.",
	}, func(ctx context.Context, in deleteMessageTemplateIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeleteTemplate(ctx, in.Template)
	})
}
