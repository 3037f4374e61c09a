package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listProductsIn struct {
	LeadID  int64  `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"From search_leads."`
	Catalog string `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; all lists if left out."`
}

// ListLeadProducts lists what of the account's lists is on a lead.
func ListLeadProducts(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_lead_products", Title: "List the products of a lead", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Narrow: "catalog",
		Description: "Lists the products and other list elements on one lead, with quantity, price, the sum of each and the total of those that have a price. " +
			"Use it before you quote, and before link_product_to_lead or unlink_product_from_lead change what is on the lead. " +
			"The prices are those of the list today. total is not the price of the lead, which people set by themselves: get_lead shows that one. " +
			"All come in one answer; catalog narrows to one list.",
	}, func(ctx context.Context, in listProductsIn) (crm.LeadProducts, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LeadProducts{}, err
		}
		return s.ListLeadProducts(ctx, in.LeadID, in.Catalog)
	})
}
