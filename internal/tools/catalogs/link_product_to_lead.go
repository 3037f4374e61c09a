package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type linkProductIn struct {
	LeadID   int64    `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"From search_leads."`
	Element  string   `json:"element" jsonschema:"minLength=1,example=PV-400" jsonschema_description:"Product or other element: SKU, name or id."`
	Quantity *float64 `json:"quantity,omitempty" jsonschema:"example=12" jsonschema_description:"How many, more than 0; replaces the former quantity. 1 if left out."`
	Catalog  string   `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
}

// LinkProductToLead puts a product on a lead or sets its quantity there.
func LinkProductToLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "link_product_to_lead", Title: "Put a product on a lead", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Puts one product, or one element of another list, on a lead, or sets the quantity of one that is on it already; the quantity is set, not added up. " +
			"Use list_lead_products to see what is on the lead, unlink_product_from_lead to take it off. " +
			"element may be the SKU, the name or part of it, or the id; where several fit nothing is written and they are named. " +
			"The price of the lead does not change: update_lead sets it. Answers quantity before and after.",
	}, func(ctx context.Context, in linkProductIn) (crm.LinkedProduct, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LinkedProduct{}, err
		}
		return s.LinkProduct(ctx, crm.ProductLink{LeadID: in.LeadID, Catalog: in.Catalog, Element: in.Element, Quantity: in.Quantity})
	})
}
