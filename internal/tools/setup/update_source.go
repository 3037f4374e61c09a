package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateSourceIn struct {
	Source    string `json:"source" jsonschema:"minLength=1" jsonschema_description:"Source by name or id, from list_sources."`
	Name      string `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the source."`
	Pipeline  string `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	IsDefault *bool  `json:"is_default,omitempty" jsonschema_description:"true: messages without a source land here."`
}

// UpdateSource is the tool update_source.
func UpdateSource(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_source", Title: "Change a source", Class: registry.Update, Toolset: toolset,
		Description: "Changes a source of leads of this integration: its name, the pipeline that its leads go to, or whether it is the default; " +
			"what is left out stays. Leads that came already stay where they are. " +
			"The external id cannot be changed: make a new source with create_source. Answers what changed, before and after; " +
			"unchanged: true means nothing was sent. Needs the token of an administrator.",
	}, func(ctx context.Context, in updateSourceIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateSource(ctx, crm.SourceChange{Source: in.Source, Name: in.Name, Pipeline: in.Pipeline, IsDefault: in.IsDefault})
	})
}
