package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createElementIn struct {
	Name           string         `json:"name" jsonschema:"minLength=1,example=Solar panel 450 W" jsonschema_description:"Name of the product or element."`
	Catalog        string         `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
	Fields         map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name or code: {\"SKU\": \"PV-450\", \"PRICE\": 310}; null clears."`
	AllowDuplicate bool           `json:"allow_duplicate,omitempty" jsonschema:"default=false" jsonschema_description:"true creates one even if the like exists."`
	IdempotencyKey string         `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateCatalogElement adds a product or other element to a list.
func CreateCatalogElement(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_catalog_element", Title: "Create a product or list element", Class: registry.Create, Toolset: toolset, PeopleText: true,
		Description: "Creates one product, or one element of another list, with its fields. " +
			"One that has the SKU already (without an SKU: the name) is answered under found and not changed; several of them are a question to the user. " +
			"Use update_catalog_element to change one there is, list_catalog_elements to search. The API cannot delete elements again. " +
			"Of products the codes SKU, PRICE, DESCRIPTION and GROUP work as field names in every language; list_catalogs with with_fields names all fields.",
	}, func(ctx context.Context, in createElementIn) (crm.MadeElement, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.MadeElement{}, err
		}
		return s.CreateElement(ctx, crm.NewElement{Catalog: in.Catalog, Name: in.Name, Fields: in.Fields, AllowDuplicate: in.AllowDuplicate, Key: in.IdempotencyKey})
	})
}
