package crm

import (
	"context"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// ElementQuery is which elements of a list to show. Catalog empty is the products
// list.
type ElementQuery struct {
	Catalog string
	Query   string
	Limit   int
	Cursor  string
}

// ElementRow is an element of a list. Products have SKU, price and group; of the
// elements of other lists all fields are shown.
type ElementRow struct {
	ID     int64          `json:"id"`
	Name   string         `json:"name"`
	SKU    string         `json:"sku,omitempty"`
	Price  *float64       `json:"price,omitempty"`
	Group  string         `json:"group,omitempty"`
	Fields map[string]any `json:"fields,omitempty"`
}

// ElementList is one page of the elements of a list.
type ElementList struct {
	Catalog    string       `json:"catalog"`
	Items      []ElementRow `json:"items"`
	HasMore    bool         `json:"has_more"`
	NextCursor string       `json:"next_cursor,omitempty"`
	Hint       string       `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l ElementList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l ElementList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// ListElements lists the elements of a list, with a query those that Kommo finds
// by name or field: one request (Kommo API facts: lists).
func (s *Service) ListElements(ctx context.Context, in ElementQuery) (ElementList, error) {
	c, err := s.names.Catalog(ctx, in.Catalog)
	if err != nil {
		return ElementList{}, err
	}
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return ElementList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return ElementList{}, err
	}
	names, err := s.names.Snapshot(ctx)
	if err != nil {
		return ElementList{}, err
	}
	found, err := scanPages(ctx, at, scan[kommo.Element]{
		limit: in.Limit, pageSize: in.Limit,
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Element], error) {
			return s.api.Elements.List(ctx, c.ID, kommo.ElementFilter{
				Query: strings.TrimSpace(in.Query), ListOptions: kommo.ListOptions{Page: page, Limit: size},
			})
		},
		keep: func(e kommo.Element) bool { return !e.Deleted },
	})
	if err != nil {
		return ElementList{}, err
	}
	out := ElementList{Catalog: c.Name, Items: make([]ElementRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	for _, e := range found.items {
		out.Items = append(out.Items, elementRow(c, e, names))
	}
	if len(out.Items) == 0 {
		out.Hint = elementsHint(in, c)
	}
	return out, nil
}

func elementRow(c directory.Catalog, e kommo.Element, names *directory.Snapshot) ElementRow {
	row := ElementRow{ID: e.ID, Name: short(e.Name, longName)}
	if c.Type != kommo.CatalogProducts {
		row.Fields = names.PlainFields(c.Fields(), e.Fields)
		return row
	}
	row.SKU, row.Group, row.Price = elementText(e, kommo.CodeSKU), elementText(e, kommo.CodeGroup), elementPrice(e, nil)
	return row
}

// elementPrice is the price of an element: the field named by a link's price_id,
// else the one that every product has; nil for none.
func elementPrice(e kommo.Element, field *int64) *float64 {
	f, ok := e.Field(kommo.CodePrice)
	for _, other := range e.Fields {
		if idOf(field) != 0 && other.FieldID == idOf(field) {
			f, ok = other, true
		}
	}
	if !ok || len(f.Values) == 0 {
		return nil
	}
	if price, ok := f.Values[0].Number(); ok {
		return &price
	}
	return nil
}

func elementsHint(in ElementQuery, c directory.Catalog) string {
	switch {
	case in.Cursor != "":
		return "There are no further elements."
	case strings.TrimSpace(in.Query) != "":
		return "Nothing in " + c.Name + " holds this text. Try a shorter word or the SKU, leave out query to see all, or name another list: list_catalogs."
	default:
		return c.Name + " is empty; create_catalog_element adds to it."
	}
}

// ElementView is one element of a list with all its fields.
type ElementView struct {
	ID        int64          `json:"id"`
	Name      string         `json:"name"`
	Catalog   string         `json:"catalog"`
	Fields    map[string]any `json:"fields,omitempty"`
	CreatedAt string         `json:"created_at,omitempty"`
	UpdatedAt string         `json:"updated_at,omitempty"`
}

// GetElement shows one element, named by id, SKU or name.
func (s *Service) GetElement(ctx context.Context, catalog, nameOrID string) (ElementView, error) {
	c, err := s.names.Catalog(ctx, catalog)
	if err != nil {
		return ElementView{}, err
	}
	names, err := s.names.Snapshot(ctx)
	if err != nil {
		return ElementView{}, err
	}
	e, err := s.element(ctx, c, nameOrID)
	if err != nil {
		return ElementView{}, err
	}
	zone := names.Account.Location()
	return ElementView{
		ID: e.ID, Name: e.Name, Catalog: c.Name, Fields: names.PlainFields(c.Fields(), e.Fields),
		CreatedAt: moment(e.CreatedAt, zone), UpdatedAt: moment(e.UpdatedAt, zone),
	}, nil
}
