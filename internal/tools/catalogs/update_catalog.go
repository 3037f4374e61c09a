package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateCatalogIn struct {
	Catalog     string `json:"catalog" jsonschema:"minLength=1,example=Brands" jsonschema_description:"List to change, by name or id."`
	Name        string `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the list."`
	CanLinkMany *bool  `json:"can_link_multiple,omitempty" jsonschema_description:"Whether one element may be on several leads."`
}

// UpdateCatalog changes a list.
func UpdateCatalog(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_catalog", Title: "Change a list", Class: registry.Update, Toolset: toolset,
		Description: "Renames a list (catalog) of the account, or says whether one of its elements may be on several leads; what is left out stays. " +
			"Its elements and their links to leads stay as they are. " +
			"Use update_catalog_field for what its elements hold, update_catalog_element for an element. " +
			"Answers what changed, before and after, so that it can be set back. Needs the token of an administrator.",
	}, func(ctx context.Context, in updateCatalogIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateCatalog(ctx, crm.CatalogChange{Catalog: in.Catalog, Name: in.Name, CanLinkMany: in.CanLinkMany})
	})
}
