package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listCustomFieldsIn struct {
	Kind   string `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListCustomFields is the tool list_custom_fields.
func ListCustomFields(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_custom_fields", Title: "List custom fields and groups", Class: registry.Read, Toolset: toolset,
		Description: "Lists the custom fields of leads, contacts or companies as they are set up: id, name, type, code, group, all options, the stages that require or hide it, and the names of the groups. " +
			"fixed: true marks fields that Kommo does not delete. Use it before creating or changing fields; " +
			"get_account with the section fields is shorter where only names are needed to fill in a card.",
	}, func(ctx context.Context, in listCustomFieldsIn) (crm.FieldDefs, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.FieldDefs{}, err
		}
		return s.ListFieldDefs(ctx, in.Kind, crm.SetupPage{Limit: in.Limit, Cursor: in.Cursor})
	})
}
