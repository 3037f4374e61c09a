package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createStageIn struct {
	Pipeline             string  `json:"pipeline" jsonschema:"minLength=1" jsonschema_description:"Pipeline name or id."`
	Name                 string  `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"Name of the new stage."`
	Color                string  `json:"color,omitempty" jsonschema_description:"A word such as yellow, red, blue or green, or one of fffeb2 fffd7f fff000 ffeab2 ffdc7f ffce5a ffdbdb ffc8c8 ff8f92 d6eaff c1e0ff 98cbff ebffb1 deff81 87f2c0 f9deff f3beff ccc8f9 eb93ff f2f3f4 e6e8ea."`
	Position             int     `json:"position,omitempty" jsonschema:"minimum=1" jsonschema_description:"Place among the pipeline's own stages, from 1; the end unless told."`
	DescriptionNewbie    *string `json:"description_newbie,omitempty" jsonschema_description:"What beginners should do in the stage, up to 1,000 characters."`
	DescriptionCandidate *string `json:"description_candidate,omitempty" jsonschema_description:"The same for those with some experience."`
	DescriptionMaster    *string `json:"description_master,omitempty" jsonschema_description:"The same for experts."`
	IdempotencyKey       string  `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateStage is the tool create_stage.
func CreateStage(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_stage", Title: "Add a stage", Class: registry.Create, Toolset: toolset,
		Description: "Adds a stage to a pipeline, at the end before won and lost, or at a position. " +
			"Use update_stage to rename, colour or move one that exists, and create_pipeline for a whole pipeline. " +
			"A name that the pipeline has already is refused. Colours come from Kommo's fixed palette and are checked before anything is sent. " +
			"A pipeline has at most 100 stages. Needs the token of an administrator.",
	}, func(ctx context.Context, in createStageIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateStage(ctx, crm.NewStage{
			Pipeline: in.Pipeline, Name: in.Name, Color: in.Color, Position: in.Position, Key: in.IdempotencyKey,
			Texts: crm.StageTexts{Newbie: in.DescriptionNewbie, Candidate: in.DescriptionCandidate, Master: in.DescriptionMaster},
		})
	})
}
