package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type unlinkProductIn struct {
	LeadID  int64  `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"From search_leads."`
	Element string `json:"element" jsonschema:"minLength=1,example=PV-400" jsonschema_description:"Product or other element: SKU, name or id."`
	Catalog string `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
}

// UnlinkProductFromLead takes a product off a lead.
func UnlinkProductFromLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "unlink_product_from_lead", Title: "Take a product off a lead", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Takes one product, or one element of another list, off a lead, whatever its quantity there. The product itself stays in its list. " +
			"Use link_product_to_lead to set a smaller quantity instead, or to put it back: the answer tells the quantity it had. " +
			"element may be the SKU, the name or part of it, or the id; where several fit nothing is written and they are named. " +
			"unchanged: true means that it was not on the lead.",
	}, func(ctx context.Context, in unlinkProductIn) (crm.LinkedProduct, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.LinkedProduct{}, err
		}
		return s.UnlinkProduct(ctx, crm.ProductLink{LeadID: in.LeadID, Catalog: in.Catalog, Element: in.Element})
	})
}
