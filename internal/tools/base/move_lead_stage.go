package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type moveLeadStageIn struct {
	LeadID     int64  `json:"lead_id" jsonschema_description:"From search_leads."`
	Stage      string `json:"stage" jsonschema_description:"Stage name or id, won, lost."`
	Pipeline   string `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	LossReason string `json:"loss_reason,omitempty" jsonschema_description:"Name or id; only with the stage lost."`
}

// MoveLeadStage is the tool move_lead_stage.
func MoveLeadStage(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "move_lead_stage", Title: "Move a lead to a stage", Class: registry.Update,
		Description: "Moves one lead to another stage or pipeline, or closes it as won or lost. Use update_lead for everything else. " +
			"The account's automation for the stage may run, messages to customers included, and is not undone by moving back. " +
			"An open stage clears closing time and loss reason.",
	}, func(ctx context.Context, in moveLeadStageIn) (crm.MovedLead, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.MovedLead{}, err
		}
		return s.MoveStage(ctx, crm.StageMove{LeadID: in.LeadID, Stage: in.Stage, Pipeline: in.Pipeline, LossReason: in.LossReason})
	})
}
