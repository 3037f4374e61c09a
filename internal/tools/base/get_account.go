package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getAccountIn struct {
	Sections []string `json:"sections,omitempty" jsonschema:"enum=fields,enum=task_types,enum=loss_reasons,enum=tags" jsonschema_description:"Extra: fields (custom fields with options), task_types, loss_reasons, tags."`
}

// GetAccount tells what must be known first. server says in a sentence what this
// server may do for whoever calls; nil leaves it out.
func GetAccount(p crm.Provider, server func(context.Context) string) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_account", Title: "Get the account", Class: registry.Read,
		Description: "Tells the account's own words: pipelines with stages, users with rights, time zone, today's date, currency, who you are, and what this server may do. " +
			"Call it once at the start: all tools take these names. " +
			"For leads and people use search_leads and search_contacts. May be 10 minutes old.",
	}, func(ctx context.Context, in getAccountIn) (crm.AccountOverview, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.AccountOverview{}, err
		}
		out, err := s.Overview(ctx, in.Sections)
		if server != nil {
			out.Server = server(ctx)
		}
		return out, err
	})
}
