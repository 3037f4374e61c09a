package webhooks

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type setWebhookIn struct {
	Destination string   `json:"destination" jsonschema:"minLength=1,example=https://example.com/kommo/4f9a1c" jsonschema_description:"Full web address that Kommo calls."`
	Events      []string `json:"events" jsonschema:"minItems=1,example=add_lead" jsonschema_description:"All events it is to get. add, update, delete, restore, responsible or note with _lead, _contact or _company; status_lead; add_task, update_task, delete_task, responsible_task; add_message (incoming), add_outgoing_message; add_talk, update_talk; add_chat_template_review; add, update, delete, responsible or note with _customer."`
}

// SetWebhook is the tool set_webhook.
func SetWebhook(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "set_webhook", Title: "Create or replace a webhook", Class: registry.Update, Toolset: toolset,
		Description: "Creates a webhook, or replaces the events of the one that goes to this destination already: Kommo keeps one for each address. " +
			"Name all events that are wanted, since those left out end; list_webhooks shows the present ones. " +
			"From then on Kommo posts account data to that address, unsigned: use https and put an unguessable part into the path. " +
			"The receiver must answer within 2 seconds. It also switches a disabled webhook on. Answers created, or before and after.",
	}, func(ctx context.Context, in setWebhookIn) (crm.HookSet, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.HookSet{}, err
		}
		return s.SetWebhook(ctx, in.Destination, in.Events)
	})
}
