package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listSourcesIn struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListSources is the tool list_sources.
func ListSources(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_sources", Title: "List sources", Class: registry.Read, Toolset: toolset,
		Description: "Lists the sources of leads that this integration set up, with the pipeline that their leads go to, their external id and which one is the default. " +
			"Kommo shows each integration its own sources only, so that those of other integrations are missing here. " +
			"Use it before update_source and delete_source. Needs the token of an administrator.",
	}, func(ctx context.Context, in listSourcesIn) (crm.SetupList[crm.SourceRow], error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupList[crm.SourceRow]{}, err
		}
		return s.ListSources(ctx, crm.SetupPage{Limit: in.Limit, Cursor: in.Cursor})
	})
}
