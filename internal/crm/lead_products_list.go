package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// LeadProduct is an element of a list on a lead. Sum is quantity times price.
type LeadProduct struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Catalog  string   `json:"catalog"`
	SKU      string   `json:"sku,omitempty"`
	Quantity float64  `json:"quantity"`
	Price    *float64 `json:"price,omitempty"`
	Sum      *float64 `json:"sum,omitempty"`
}

// LeadProducts are the elements of lists on a lead. Total is the sum of those
// that have a price; the lead's own price is another matter.
type LeadProducts struct {
	LeadID   int64         `json:"lead_id"`
	URL      string        `json:"url"`
	Items    []LeadProduct `json:"items"`
	HasMore  bool          `json:"has_more"`
	Total    float64       `json:"total,omitempty"`
	Currency string        `json:"currency,omitempty"`
	Hint     string        `json:"hint,omitempty"`
	Warnings []string      `json:"warnings,omitempty"`
}

// ListLeadProducts lists the products and other elements on a lead: one request
// for the links and one a list for its elements, at once. Catalog empty is all
// lists.
func (s *Service) ListLeadProducts(ctx context.Context, leadID int64, catalog string) (LeadProducts, error) {
	out := LeadProducts{LeadID: leadID, URL: s.cardURL(KindLead, leadID), Items: []LeadProduct{}}
	var only directory.Catalog
	var err error
	if strings.TrimSpace(catalog) != "" {
		if only, err = s.names.Catalog(ctx, catalog); err != nil {
			return out, err
		}
	}
	account, err := s.names.Account(ctx)
	if err != nil {
		return out, err
	}
	links, err := s.api.Links.List(ctx, kommo.Leads, leadID, kommo.LinkTarget{CatalogID: only.ID})
	if err != nil {
		return out, card{kind: KindLead, id: leadID, argument: "lead_id"}.unseen(err)
	}
	links = slices.DeleteFunc(links, func(l kommo.Link) bool { return l.ToType != kommo.Elements || only.ID != 0 && catalogOf(l) != only.ID })
	if len(links) == 0 {
		out.Hint = "No product or other element of a list is on this lead. link_product_to_lead puts one on it."
		return out, nil
	}
	elements, err := s.linkedElements(ctx, links)
	if err != nil {
		return out, err
	}
	known, err := s.names.Catalogs(ctx)
	if err != nil {
		out.Warnings = []string{"The lists could not be named: " + said(err) + "."}
	}
	for _, l := range links {
		row := leadProduct(l, elements[l.ToID], known)
		if row.Sum != nil {
			out.Total, out.Currency = cents(out.Total+*row.Sum), account.Currency
		}
		out.Items = append(out.Items, row)
	}
	return out, nil
}

func catalogOf(l kommo.Link) int64 {
	if l.Metadata == nil {
		return 0
	}
	return idOf(l.Metadata.CatalogID)
}

// linkedElements reads the elements of links, a request a list.
func (s *Service) linkedElements(ctx context.Context, links []kommo.Link) (map[int64]kommo.Element, error) {
	ids := map[int64][]int64{}
	for _, l := range links {
		if c := catalogOf(l); c != 0 {
			ids[c] = append(ids[c], l.ToID)
		}
	}
	pages := make(chan []kommo.Element, len(ids))
	group, groupCtx := errgroup.WithContext(ctx)
	for c, of := range ids {
		group.Go(func() error {
			page, err := s.api.Elements.List(groupCtx, c, kommo.ElementFilter{IDs: of, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}})
			pages <- page.Items
			return err
		})
	}
	err := group.Wait()
	close(pages)
	out := map[int64]kommo.Element{}
	for page := range pages {
		for _, e := range page {
			out[e.ID] = e
		}
	}
	return out, err
}

func leadProduct(l kommo.Link, e kommo.Element, lists []directory.Catalog) LeadProduct {
	row := LeadProduct{ID: l.ToID, Name: short(e.Name, longName), SKU: elementText(e, kommo.CodeSKU), Quantity: quantityOf(l)}
	if e.ID == 0 {
		row.Name = fmt.Sprintf("element %d", l.ToID) // it was deleted, or may not be seen
	}
	for _, c := range lists {
		if c.ID == catalogOf(l) {
			row.Catalog = c.Name
		}
	}
	var field *int64
	if l.Metadata != nil {
		field = l.Metadata.PriceID
	}
	if row.Price = elementPrice(e, field); row.Price != nil {
		sum := cents(*row.Price * row.Quantity)
		row.Sum = &sum
	}
	return row
}
