package kommo

import (
	"context"
	"iter"
	"net/url"
)

// Elements is what links call the elements of lists.
const Elements Entity = "catalog_elements"

// The codes of the fields that a products list has in every account.
const (
	CodeSKU         = "SKU"
	CodePrice       = "PRICE"
	CodeGroup       = "GROUP"
	CodeDescription = "DESCRIPTION"
)

// Element is an element of a list: a product, or whatever the account lists
// (Kommo API facts: lists). Elements cannot be deleted by API.
type Element struct {
	ID        int64        `json:"id"`
	CatalogID int64        `json:"catalog_id"`
	Name      string       `json:"name"`
	CreatedBy int64        `json:"created_by"`
	UpdatedBy int64        `json:"updated_by"`
	CreatedAt Unix         `json:"created_at"`
	UpdatedAt Unix         `json:"updated_at"`
	Deleted   bool         `json:"is_deleted"` // Kommo writes null for no
	Fields    []FieldValue `json:"custom_fields_values"`
	AccountID int64        `json:"account_id"`
}

// Field is what the element holds in the field of a code; false if it has none.
func (e Element) Field(code string) (FieldValue, bool) {
	for _, f := range e.Fields {
		if f.Is(code) {
			return f, true
		}
	}
	return FieldValue{}, false
}

// ElementFilter selects elements of one list. Query looks through name and
// fields.
type ElementFilter struct {
	ListOptions

	Query string
	IDs   []int64
}

func (f ElementFilter) query() url.Values {
	q := url.Values{}
	f.into(q)
	if f.Query != "" {
		q.Set("query", f.Query)
	}
	setIDs(q, "id", f.IDs)
	return q
}

// ElementWrite creates or changes an element. What is left out stays as it is;
// a custom field that is listed replaces all its values.
type ElementWrite struct {
	Name   string            `json:"name,omitzero"`
	Fields []FieldValueWrite `json:"custom_fields_values,omitzero"`
}

// ElementsService reads and writes the elements of lists.
type ElementsService struct{ c *Client }

func elementsPath(catalog int64) string { return idPath("/catalogs", catalog) + "/elements" }

// List reads one page of the elements of a list.
func (s *ElementsService) List(ctx context.Context, catalog int64, f ElementFilter) (Page[Element], error) {
	return getPage[Element](ctx, s.c, "elements.list", elementsPath(catalog), "elements", f.query())
}

// All walks all elements of a list that match.
func (s *ElementsService) All(ctx context.Context, catalog int64, f ElementFilter) iter.Seq2[Element, error] {
	return everyPage(func(page int) (Page[Element], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, catalog, f)
	})
}

// Get reads one element of a list.
func (s *ElementsService) Get(ctx context.Context, catalog, id int64) (Element, error) {
	return getOne[Element](ctx, s.c, Request{Op: "elements.get", Path: idPath(elementsPath(catalog), id)})
}

// Create makes elements of a list.
func (s *ElementsService) Create(ctx context.Context, catalog int64, elements []ElementWrite) ([]Created, error) {
	return create(ctx, s.c, "elements.create", elementsPath(catalog), "elements", elements)
}

// Update changes one element.
func (s *ElementsService) Update(ctx context.Context, catalog, id int64, w ElementWrite) (Updated, error) {
	return patchOne(ctx, s.c, "elements.update", idPath(elementsPath(catalog), id), "elements", w)
}
