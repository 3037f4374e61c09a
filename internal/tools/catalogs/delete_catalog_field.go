package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type deleteFieldIn struct {
	Catalog string `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
	Field   string `json:"field" jsonschema:"minLength=1" jsonschema_description:"Custom field by name, code or id."`
}

// DeleteCatalogField deletes a custom field of a list's elements.
func DeleteCatalogField(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "delete_catalog_field", Title: "Delete a field of a list", Class: registry.Delete, Toolset: toolset,
		Description: "Deletes a custom field of products, or of the elements of another list, with its values on every element. " +
			"This cannot be undone: the values are lost even if a field of the same name is made again. " +
			"The fields that products have from the start, such as SKU and Price, are refused. To drop one option use update_catalog_field. " +
			"The answer holds type and options under before. Needs the token of an administrator.",
	}, func(ctx context.Context, in deleteFieldIn) (crm.Removed, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Removed{}, err
		}
		return s.DeleteField(ctx, crm.KindElement, in.Catalog, in.Field)
	})
}
