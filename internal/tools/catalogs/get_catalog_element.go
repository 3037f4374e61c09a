package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getElementIn struct {
	Element string `json:"element" jsonschema:"minLength=1,example=PV-400" jsonschema_description:"Product or other element: SKU, name or id."`
	Catalog string `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
}

// GetCatalogElement shows one product or other element.
func GetCatalogElement(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_catalog_element", Title: "Get a product or list element", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Description: "Gets one product, or one element of another list, with all its fields as plain values: SKU, price, description, group and what the account added. " +
			"Use it once you know which one is meant; use list_catalog_elements to search. " +
			"element may be the SKU, the name or part of it, or the id; where several fit they are named and none is chosen. " +
			"It does not tell on which leads the product is: list_lead_products shows the products of one lead.",
	}, func(ctx context.Context, in getElementIn) (crm.ElementView, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ElementView{}, err
		}
		return s.GetElement(ctx, in.Catalog, in.Element)
	})
}
