package automation

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteReasonIn struct {
	LossReason string `json:"loss_reason" jsonschema:"minLength=1" jsonschema_description:"Loss reason name or id."`
}

// DeleteLossReason deletes a loss reason.
func DeleteLossReason(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_loss_reason", Title: "Delete a loss reason", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes one loss reason of the account for good. It cannot be undone: leads lost for this reason lose it, and a new reason of the same name has another id. " +
			"Use it only when an administrator asks for it by name; see list_loss_reasons first, and report_pipeline for how many leads have it. " +
			"Where the name fits several reasons nothing is deleted and they are named. It takes the token of an administrator.",
	}, func(ctx context.Context, in deleteReasonIn) (crm.DeletedReason, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.DeletedReason{}, err
		}
		return s.DeleteLossReason(ctx, in.LossReason)
	})
}
