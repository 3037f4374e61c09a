package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteStageIn struct {
	Pipeline string `json:"pipeline" jsonschema:"minLength=1" jsonschema_description:"Pipeline name or id."`
	Stage    string `json:"stage" jsonschema:"minLength=1" jsonschema_description:"Stage name or id; won and lost work too."`
}

// DeleteStage is the tool delete_stage.
func DeleteStage(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_stage", Title: "Delete a stage", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes a stage of a pipeline. " +
			"Kommo moves the leads that stand there to the pipeline's first stage, and that cannot be undone in one step: move them where they belong first, with search_leads and move_lead_stage. " +
			"Incoming, won and lost cannot be deleted, nor the last stage of its own. To give a stage another meaning use update_stage. " +
			"Needs the token of an administrator.",
	}, func(ctx context.Context, in deleteStageIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeleteStage(ctx, in.Pipeline, in.Stage)
	})
}
