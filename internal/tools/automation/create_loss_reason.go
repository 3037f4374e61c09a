package automation

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createReasonIn struct {
	Name           string `json:"name" jsonschema:"minLength=1,maxLength=255,example=Chose a competitor" jsonschema_description:"The reason in a few words."`
	Position       int64  `json:"position,omitempty" jsonschema:"minimum=1" jsonschema_description:"Place in the list, small numbers first; last if left out."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateLossReason makes a loss reason.
func CreateLossReason(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_loss_reason", Title: "Create a loss reason", Class: registry.Create, Toolset: toolset,
		Description: "Creates a reason for which leads are lost, for everybody in the account and all pipelines. " +
			"Use it when none of list_loss_reasons fits and an administrator wants a new one; move_lead_stage gives a lead its reason. " +
			"One of the same name is not made twice: it comes as found. " +
			"Kommo's API cannot rename a reason later, so spell it as people shall read it. It takes the token of an administrator.",
	}, func(ctx context.Context, in createReasonIn) (crm.MadeReason, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.MadeReason{}, err
		}
		return s.CreateLossReason(ctx, in.Name, in.Position, in.IdempotencyKey)
	})
}
