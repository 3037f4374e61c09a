package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getAccountIn struct {
	Sections []string `json:"sections,omitempty" jsonschema:"enum=fields,enum=task_types,enum=loss_reasons,enum=tags" jsonschema_description:"Extra lists: fields (custom fields with their options), task_types, loss_reasons, tags."`
}

// GetAccount tells what must be known first. server says in a sentence what this
// server may do; empty leaves it out.
func GetAccount(p crm.Provider, server string) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_account", Title: "Get the account", Class: registry.Read,
		Description: "Tells the Kommo account's own words: pipelines and stages, users with their rights, time zone, today's date, currency, who the token belongs to, and what this server may do. " +
			"Call it once at the start: every other tool takes these names. " +
			"Custom fields with their options, task types, loss reasons and tags come with sections, for instance before you set fields. " +
			"It holds no leads or people: use search_leads and search_contacts. Answers from a cache of at most 10 minutes.",
	}, func(ctx context.Context, in getAccountIn) (crm.AccountOverview, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.AccountOverview{}, err
		}
		out, err := s.Overview(ctx, in.Sections)
		out.Server = server
		return out, err
	})
}
