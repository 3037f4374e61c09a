package bulk

import (
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type moveLeadsIn struct {
	ToStage    string `json:"to_stage" jsonschema:"minLength=1,example=Negotiation" jsonschema_description:"Stage name or id; won and lost work too."`
	ToPipeline string `json:"to_pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	LossReason string `json:"loss_reason,omitempty" jsonschema_description:"Loss reason name or id; only with to_stage lost."`

	Which

	ConfirmToken string `json:"confirm_token,omitempty" jsonschema_description:"confirm_token of the preview, or continue_token."`
}

// MoveLeads is the tool move_leads.
func MoveLeads(p crm.Provider) registry.Tool {
	return define(registry.Spec{
		Name: "move_leads", Title: "Move many leads", Class: registry.Update,
		Description: "Moves many leads to another stage, or closes them; for one use move_lead_stage. Moving starts what is automated there, messages to customers included.",
	}, p, func(in moveLeadsIn) crm.BulkLeads { return in.leads() }, func(in moveLeadsIn) crm.BulkChange {
		return crm.BulkChange{Stage: in.ToStage, Pipeline: in.ToPipeline, LossReason: in.LossReason}
	})
}
