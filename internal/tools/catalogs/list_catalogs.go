package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listCatalogsIn struct {
	WithFields bool `json:"with_fields,omitempty" jsonschema:"default=false" jsonschema_description:"true adds the custom fields of each list's elements, with their options."`
}

// ListCatalogs lists the account's lists.
func ListCatalogs(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_catalogs", Title: "List product lists and other lists", Class: registry.Read, Toolset: toolset,
		Description: "Lists the lists (catalogs) of the account: the products list and those that the account made, such as brands or warehouses, each with its type. " +
			"Use it to learn the names that catalog takes in the other tools, and with with_fields which fields the elements have before you write any. " +
			"It shows no elements: list_catalog_elements does. Kommo has at most ten lists; create_catalog makes one. " +
			"Answers from a cache of at most 10 minutes.",
	}, func(ctx context.Context, in listCatalogsIn) (crm.CatalogList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.CatalogList{}, err
		}
		return s.ListCatalogs(ctx, in.WithFields)
	})
}
