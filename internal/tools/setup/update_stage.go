package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateStageIn struct {
	Pipeline             string  `json:"pipeline" jsonschema:"minLength=1" jsonschema_description:"Pipeline name or id."`
	Stage                string  `json:"stage" jsonschema:"minLength=1" jsonschema_description:"Stage name or id; won and lost work too."`
	Name                 string  `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the stage."`
	Color                string  `json:"color,omitempty" jsonschema_description:"A word such as yellow, red, blue or green, or one of fffeb2 fffd7f fff000 ffeab2 ffdc7f ffce5a ffdbdb ffc8c8 ff8f92 d6eaff c1e0ff 98cbff ebffb1 deff81 87f2c0 f9deff f3beff ccc8f9 eb93ff f2f3f4 e6e8ea."`
	Position             int     `json:"position,omitempty" jsonschema:"minimum=1" jsonschema_description:"New place among the pipeline's own stages, from 1."`
	DescriptionNewbie    *string `json:"description_newbie,omitempty" jsonschema_description:"What beginners should do in the stage, up to 1,000 characters; empty: take it away."`
	DescriptionCandidate *string `json:"description_candidate,omitempty" jsonschema_description:"The same for those with some experience."`
	DescriptionMaster    *string `json:"description_master,omitempty" jsonschema_description:"The same for experts."`
}

// UpdateStage is the tool update_stage.
func UpdateStage(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_stage", Title: "Change a stage", Class: registry.Update, Toolset: toolset,
		Description: "Renames a stage, changes its colour, its descriptions or its place in its pipeline; what is left out stays. " +
			"It changes the stage for everyone, not the leads in it: use move_lead_stage for a lead. " +
			"The stages of incoming, won and lost leads take a new name and descriptions only. Answers what changed, before and after; " +
			"unchanged: true means nothing was sent. Needs the token of an administrator.",
	}, func(ctx context.Context, in updateStageIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateStage(ctx, crm.StageChange{
			Pipeline: in.Pipeline, Stage: in.Stage, Name: in.Name, Color: in.Color, Position: in.Position,
			Texts: crm.StageTexts{Newbie: in.DescriptionNewbie, Candidate: in.DescriptionCandidate, Master: in.DescriptionMaster},
		})
	})
}
