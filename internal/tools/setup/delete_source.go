package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteSourceIn struct {
	Source string `json:"source" jsonschema:"minLength=1" jsonschema_description:"Source by name or id, from list_sources."`
}

// DeleteSource is the tool delete_source.
func DeleteSource(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_source", Title: "Delete a source", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes a source of leads of this integration. Leads that came from it stay; " +
			"new messages that name it lose their way to its pipeline. " +
			"This cannot be undone, and whatever sends with its external id must be told of another source. " +
			"To point it elsewhere use update_source. The answer holds its external id under before. Needs the token of an administrator.",
	}, func(ctx context.Context, in deleteSourceIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeleteSource(ctx, in.Source)
	})
}
