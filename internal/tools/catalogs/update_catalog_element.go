package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateElementIn struct {
	Element string         `json:"element" jsonschema:"minLength=1,example=PV-400" jsonschema_description:"Product or other element: SKU, name or id."`
	Catalog string         `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
	Name    string         `json:"name,omitempty" jsonschema_description:"New name of the product or element."`
	Fields  map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name or code: {\"SKU\": \"PV-450\", \"PRICE\": 310}; null clears."`
}

// UpdateCatalogElement changes a product or other element of a list.
func UpdateCatalogElement(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_catalog_element", Title: "Update a product or list element", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Changes name or fields of one product, or of one element of another list, such as its price; what is left out stays. " +
			"element may be the SKU, the name or part of it, or the id; where several fit nothing is written and they are named. " +
			"Use create_catalog_element for a new one, and link_product_to_lead for the quantity on a lead. " +
			"A new price shows on every lead that has the product. Answers what changed, before and after, so that it can be set back.",
	}, func(ctx context.Context, in updateElementIn) (crm.ChangedElement, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedElement{}, err
		}
		return s.UpdateElement(ctx, crm.ElementChange{Catalog: in.Catalog, Element: in.Element, Name: in.Name, Fields: in.Fields})
	})
}
