package crm

import (
	"context"
	"errors"
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// ProductLink names an element of a list and the lead that it is to be linked to.
// Catalog empty is the products list.
type ProductLink struct {
	LeadID   int64
	Catalog  string
	Element  string   // id, SKU or name
	Quantity *float64 // nil: one, or what the link has
}

// ProductState is a link of an element to a lead. Of a link there is not Linked is
// false.
type ProductState struct {
	Linked   bool    `json:"linked"`
	Quantity float64 `json:"quantity,omitempty"`
}

// LinkedProduct is the answer of linking and unlinking. ID and URL are those of
// the lead.
type LinkedProduct struct {
	ID        int64         `json:"id"`
	URL       string        `json:"url"`
	Element   Record        `json:"element"`
	Catalog   string        `json:"catalog"`
	Before    *ProductState `json:"before,omitempty"`
	After     *ProductState `json:"after,omitempty"`
	Unchanged bool          `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool          `json:"looked_up,omitempty"` // the answer was lost, the outcome was found by reading
}

// LinkProduct links an element of a list to a lead, or changes the quantity of
// such a link: element and links are read at once, then it is linked; three
// requests with a warm directory. A quantity replaces the former one (Kommo API
// facts: entity links).
func (s *Service) LinkProduct(ctx context.Context, l ProductLink) (LinkedProduct, error) {
	if l.Quantity != nil && (*l.Quantity <= 0 || math.IsInf(*l.Quantity, 0) || math.IsNaN(*l.Quantity)) {
		return LinkedProduct{}, problem.Invalid("quantity", "A quantity is more than 0.").WithNext("Use unlink_product_from_lead to remove it from the lead.")
	}
	out, at, err := s.productOnLead(ctx, l)
	if err != nil {
		return out, err
	}
	want := ProductState{Linked: true, Quantity: 1}
	switch {
	case l.Quantity != nil:
		want.Quantity = *l.Quantity
	case at.state.Linked:
		want.Quantity = at.state.Quantity
	}
	return s.changeLink(ctx, out, at, want)
}

// UnlinkProduct takes an element off a lead; three requests with a warm directory.
func (s *Service) UnlinkProduct(ctx context.Context, l ProductLink) (LinkedProduct, error) {
	out, at, err := s.productOnLead(ctx, l)
	if err != nil {
		return out, err
	}
	return s.changeLink(ctx, out, at, ProductState{})
}

// linkPlace is a lead and an element, and whether they are linked.
type linkPlace struct {
	lead    card
	catalog directory.Catalog
	element kommo.Element
	state   ProductState
}

func (s *Service) productOnLead(ctx context.Context, l ProductLink) (LinkedProduct, linkPlace, error) {
	at := linkPlace{lead: card{kind: KindLead, entity: kommo.Leads, id: l.LeadID, argument: "lead_id"}}
	var err error
	if at.catalog, err = s.names.Catalog(ctx, l.Catalog); err != nil {
		return LinkedProduct{}, at, err
	}
	var links []kommo.Link
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { at.element, err = s.element(groupCtx, at.catalog, l.Element); return err })
	group.Go(func() (err error) { links, err = s.productLinks(groupCtx, at.lead, at.catalog); return err })
	if err := group.Wait(); err != nil {
		return LinkedProduct{}, at, err
	}
	at.state = stateOf(links, at.element.ID)
	return LinkedProduct{
		ID: l.LeadID, URL: s.cardURL(KindLead, l.LeadID), Element: s.record(KindElement, at.element.ID, at.element.Name), Catalog: at.catalog.Name,
	}, at, nil
}

// productLinks reads the links of a lead to the elements of a list.
func (s *Service) productLinks(ctx context.Context, lead card, c directory.Catalog) ([]kommo.Link, error) {
	links, err := s.api.Links.List(ctx, kommo.Leads, lead.id, kommo.LinkTarget{CatalogID: c.ID})
	return links, lead.explained(err)
}

func stateOf(links []kommo.Link, element int64) ProductState {
	for _, l := range links {
		if l.ToType == kommo.Elements && l.ToID == element {
			return ProductState{Linked: true, Quantity: quantityOf(l)}
		}
	}
	return ProductState{}
}

// quantityOf is the quantity of a link; Kommo means one where it writes none.
func quantityOf(l kommo.Link) float64 {
	if l.Metadata == nil || l.Metadata.Quantity == nil {
		return 1
	}
	return *l.Metadata.Quantity
}

// changeLink makes the link what is wanted. It is a POST, so that a lost answer is
// looked up in the links.
func (s *Service) changeLink(ctx context.Context, out LinkedProduct, at linkPlace, want ProductState) (LinkedProduct, error) {
	if at.state == want {
		out.Unchanged = true
		return out, nil
	}
	out.Before, out.After = &at.state, &want
	meta := &kommo.LinkMetadata{CatalogID: &at.catalog.ID}
	send, what := s.api.Links.Unlink, "unlinking"
	if want.Linked {
		meta.Quantity, send, what = &want.Quantity, s.api.Links.Link, "linking"
	}
	body := []kommo.LinkWrite{{ToID: at.element.ID, ToType: kommo.Elements, Metadata: meta}}
	var err error
	_, out.LookedUp, err = settle(ctx, s.clock, write[struct{}]{
		what: fmt.Sprintf("%s %s on lead %d", what, short(at.element.Name, longName), at.lead.id),
		send: func(ctx context.Context) (struct{}, error) {
			return struct{}{}, send(ctx, kommo.Leads, at.lead.id, body)
		},
		find: func(ctx context.Context) (none struct{}, ok bool, err error) {
			links, err := s.productLinks(ctx, at.lead, at.catalog)
			return none, err == nil && stateOf(links, at.element.ID) == want, err
		},
	})
	if p, ok := errors.AsType[*problem.Problem](err); ok && p.Code == problem.OutcomeUnknown {
		p.Next = "See with list_lead_products what is on the lead. Making the same change again does no harm."
	}
	if refusedPath(err, "to_entity_id") {
		return out, problem.Missing("element", "The element is no longer in "+at.catalog.Name+"; nothing was written.").WithNext("Find it with list_catalog_elements.").Wrap(err)
	}
	return out, at.lead.explained(err)
}
