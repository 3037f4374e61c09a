package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type moveLeadStageIn struct {
	LeadID     int64  `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"Lead id, from search_leads or a card link."`
	Stage      string `json:"stage" jsonschema:"minLength=1,example=Negotiation" jsonschema_description:"Stage name or id; won and lost work too."`
	Pipeline   string `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	LossReason string `json:"loss_reason,omitempty" jsonschema:"example=Price too high" jsonschema_description:"Loss reason name or id; only together with the stage lost."`
}

// MoveLeadStage is the tool move_lead_stage.
func MoveLeadStage(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "move_lead_stage", Title: "Move a lead to a stage", Class: registry.Update,
		Description: "Moves one lead to another stage, also of another pipeline, or closes it as won or lost. " +
			"Use update_lead for name, price and fields. Without pipeline the stage is looked for in the lead's own pipeline first. " +
			"Moving may start what the account has automated for the stage (messages to the customer included) and cannot take that back; " +
			"won and lost set the closing time, an open stage clears it and the loss reason. Answers the stage before and after; a lead that is there already is left alone.",
	}, func(ctx context.Context, in moveLeadStageIn) (crm.MovedLead, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.MovedLead{}, err
		}
		return s.MoveStage(ctx, crm.StageMove{LeadID: in.LeadID, Stage: in.Stage, Pipeline: in.Pipeline, LossReason: in.LossReason})
	})
}
