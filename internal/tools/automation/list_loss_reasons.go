package automation

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listReasonsIn struct{}

// ListLossReasons lists the loss reasons.
func ListLossReasons(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_loss_reasons", Title: "List loss reasons", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Description: "Lists the reasons for which the account's leads are lost, with their ids and their places in Kommo's list, as they are now. " +
			"Use it before create_loss_reason or delete_loss_reason; for the names alone get_account with the section loss_reasons does. " +
			"move_lead_stage takes a reason by its name. It does not count leads: report_pipeline tells how many were lost for which reason. " +
			"Kommo's API cannot rename a reason.",
	}, func(ctx context.Context, _ listReasonsIn) (crm.LossReasonList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LossReasonList{}, err
		}
		return s.ListLossReasons(ctx)
	})
}
