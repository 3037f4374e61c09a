package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createCatalogIn struct {
	Name           string `json:"name" jsonschema:"minLength=1,maxLength=250,example=Warehouses" jsonschema_description:"Name of the new list."`
	CanLinkMany    *bool  `json:"can_link_multiple,omitempty" jsonschema_description:"false: each element goes on one lead only; Kommo decides if left out."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateCatalog makes a list.
func CreateCatalog(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_catalog", Title: "Create a list", Class: registry.Create, Toolset: toolset,
		Description: "Creates a list (catalog) of the account, such as warehouses or brands, whose elements can be put on leads. " +
			"Use create_catalog_field for what its elements hold, then create_catalog_element for the elements. " +
			"A name that is taken is refused: change that one with update_catalog. " +
			"An account has ten lists at most, and the API cannot delete one again, so ask the user first. " +
			"The products list is not made here: it is switched on in Kommo's settings. Needs the token of an administrator.",
	}, func(ctx context.Context, in createCatalogIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateCatalog(ctx, crm.NewCatalog{Name: in.Name, CanLinkMany: in.CanLinkMany, Key: in.IdempotencyKey})
	})
}
