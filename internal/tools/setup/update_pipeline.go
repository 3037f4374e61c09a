package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updatePipelineIn struct {
	Pipeline      string `json:"pipeline" jsonschema:"minLength=1" jsonschema_description:"Pipeline name or id."`
	Name          string `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the pipeline."`
	Main          *bool  `json:"main,omitempty" jsonschema_description:"true makes it the pipeline that new leads go to."`
	IncomingLeads *bool  `json:"incoming_leads,omitempty" jsonschema_description:"Whether incoming leads wait to be accepted first; a new pipeline does unless told."`
}

// UpdatePipeline is the tool update_pipeline.
func UpdatePipeline(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_pipeline", Title: "Change a pipeline", Class: registry.Update, Toolset: toolset,
		Description: "Changes a pipeline's name, makes it the main one, or switches its stage for incoming leads; what is left out stays. " +
			"Use update_stage for its stages and create_stage for new ones. " +
			"There is always exactly one main pipeline: setting main here takes it from the other. Answers what changed, before and after; " +
			"unchanged: true means it was so already and nothing was sent. Needs the token of an administrator.",
	}, func(ctx context.Context, in updatePipelineIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdatePipeline(ctx, crm.PipelineChange{Pipeline: in.Pipeline, Name: in.Name, Main: in.Main, IncomingLeads: in.IncomingLeads})
	})
}
