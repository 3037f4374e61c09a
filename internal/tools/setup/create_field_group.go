package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createFieldGroupIn struct {
	Kind           string `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Name           string `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"Name of the new group."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateFieldGroup is the tool create_field_group.
func CreateFieldGroup(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_field_group", Title: "Create a group of fields", Class: registry.Create, Toolset: toolset,
		Description: "Creates a group of custom fields, which Kommo shows as a tab on the cards of leads, contacts or companies. " +
			"Fields are put into it with create_custom_field or moved there with update_custom_field. A name that is taken is refused; " +
			"list_custom_fields names the groups that exist. Needs the token of an administrator.",
	}, func(ctx context.Context, in createFieldGroupIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateFieldGroup(ctx, crm.NewGroup{Kind: in.Kind, Name: in.Name, Key: in.IdempotencyKey})
	})
}
