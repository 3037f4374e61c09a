package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deletePipelineIn struct {
	Pipeline string `json:"pipeline" jsonschema:"minLength=1" jsonschema_description:"Pipeline name or id."`
}

// DeletePipeline is the tool delete_pipeline.
func DeletePipeline(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_pipeline", Title: "Delete a pipeline", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes a pipeline with its stages. " +
			"Kommo deletes empty pipelines only: one that holds leads, closed ones too, is refused, and so is the only one. " +
			"This cannot be undone; the answer names the stages it had under before. " +
			"To stop using a pipeline without losing anything leave it, or rename it with update_pipeline. Needs the token of an administrator.",
	}, func(ctx context.Context, in deletePipelineIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeletePipeline(ctx, in.Pipeline)
	})
}
