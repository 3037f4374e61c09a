package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createPipelineIn struct {
	Name           string   `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"Name of the new pipeline."`
	Stages         []string `json:"stages" jsonschema:"minItems=1,maxItems=97" jsonschema_description:"Names of its own stages, first to last."`
	Main           bool     `json:"main,omitempty" jsonschema_description:"true makes it the pipeline that new leads go to."`
	IncomingLeads  *bool    `json:"incoming_leads,omitempty" jsonschema_description:"Whether incoming leads wait to be accepted first; a new pipeline does unless told."`
	IdempotencyKey string   `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreatePipeline is the tool create_pipeline.
func CreatePipeline(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_pipeline", Title: "Create a pipeline", Class: registry.Create, Toolset: toolset,
		Description: "Creates a pipeline with the stages named, in their order; incoming leads, won and lost come by themselves. " +
			"Use create_stage to add one stage to an existing pipeline. A name that is taken is refused. " +
			"Stages get colours of Kommo's palette, which update_stage changes. " +
			"With main: true new leads go there by default from now on, and the former main pipeline loses that. " +
			"An account has at most 50 pipelines. Needs the token of an administrator.",
	}, func(ctx context.Context, in createPipelineIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreatePipeline(ctx, crm.NewPipeline{Name: in.Name, Stages: in.Stages, Main: in.Main, IncomingLeads: in.IncomingLeads, Key: in.IdempotencyKey})
	})
}
