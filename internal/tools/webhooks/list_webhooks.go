package webhooks

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listWebhooksIn struct{}

// ListWebhooks is the tool list_webhooks.
func ListWebhooks(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_webhooks", Title: "List webhooks", Class: registry.Read, Toolset: toolset,
		Description: "Lists all webhooks of the account: which address is told of which events, who set it up and when. " +
			"disabled: true means that Kommo stopped calling it after many failed deliveries; set_webhook switches it on again. " +
			"Use it before set_webhook, which replaces the events of a known destination. " +
			"An account has at most 100 webhooks, so the answer has no pages. Needs the token of an administrator.",
	}, func(ctx context.Context, _ listWebhooksIn) (crm.HookList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.HookList{}, err
		}
		return s.ListWebhooks(ctx)
	})
}
