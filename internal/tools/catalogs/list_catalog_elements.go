package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listElementsIn struct {
	Catalog string `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
	Query   string `json:"query,omitempty" jsonschema:"example=solar" jsonschema_description:"Part of a name, an SKU or any filled field."`
	Limit   int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor  string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListCatalogElements lists or searches products and other elements of lists.
func ListCatalogElements(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_catalog_elements", Title: "Search products and list elements", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Narrow: "query",
		Description: "Lists products, or the elements of another list, and with query searches them: name, SKU, price and group of products, all fields of other elements. " +
			"Use it to find what a customer asks for or what it costs; get_catalog_element shows one in full, list_lead_products what is on a lead. " +
			"Searches one list at a time: list_catalogs names them. Kommo's search is a plain one for parts of words; it knows neither filters by price nor another order.",
	}, func(ctx context.Context, in listElementsIn) (crm.ElementList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ElementList{}, err
		}
		return s.ListElements(ctx, crm.ElementQuery(in))
	})
}
