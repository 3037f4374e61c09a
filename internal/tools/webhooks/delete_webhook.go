package webhooks

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteWebhookIn struct {
	Destination string `json:"destination" jsonschema:"minLength=1,example=https://example.com/kommo/4f9a1c" jsonschema_description:"The address, exactly as list_webhooks shows it."`
}

// DeleteWebhook is the tool delete_webhook.
func DeleteWebhook(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_webhook", Title: "Delete a webhook", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes the webhook that goes to a destination: Kommo tells that address nothing more, and events that happen meanwhile are not delivered later. " +
			"To change only the events use set_webhook. Find the exact address with list_webhooks. " +
			"It can be undone only by setting the webhook again; the answer holds the events it had under before.",
	}, func(ctx context.Context, in deleteWebhookIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeleteWebhook(ctx, in.Destination)
	})
}
