package kommo

import (
	"context"
	"iter"
	"net/url"
)

// The types of lists that the API names.
const (
	CatalogRegular  = "regular"
	CatalogProducts = "products" // at most one in an account
)

// Catalog is a list: products, or one that the account made (Kommo API facts:
// lists). Lists cannot be deleted by API.
type Catalog struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"` // regular, products; amoCRM also invoices, suppliers
	Sort        Int    `json:"sort"`
	CreatedAt   Unix   `json:"created_at"`
	UpdatedAt   Unix   `json:"updated_at"`
	CanAdd      *bool  `json:"can_add_elements"`  // nil: unknown
	CanLinkMany *bool  `json:"can_link_multiple"` // one element may be on several leads
	AccountID   int64  `json:"account_id"`
}

// MaxCatalogs is how many lists an account may have.
const MaxCatalogs = 10

// CatalogWrite makes or changes a list; what is empty or nil stays. A new one needs
// a name.
type CatalogWrite struct {
	Name        string `json:"name,omitzero"`
	Type        string `json:"type,omitzero"`
	CanLinkMany *bool  `json:"can_link_multiple,omitzero"`
}

// madeCatalog is a list in the answer to its creation.
type madeCatalog struct {
	Catalog

	RequestIDs RequestIDs `json:"request_id"`
}

func (c madeCatalog) identity() (int64, RequestIDs) { return c.ID, c.RequestIDs }

// CatalogsService reads and writes lists.
type CatalogsService struct{ c *Client }

// List reads one page of the lists; an account has at most ten.
func (s *CatalogsService) List(ctx context.Context, o ListOptions) (Page[Catalog], error) {
	q := url.Values{}
	o.into(q)
	return getPage[Catalog](ctx, s.c, "catalogs.list", "/catalogs", "catalogs", q)
}

// All walks all lists.
func (s *CatalogsService) All(ctx context.Context) iter.Seq2[Catalog, error] {
	return everyPage(func(page int) (Page[Catalog], error) {
		return s.List(ctx, ListOptions{Page: page, Limit: MaxPage})
	})
}

// Get reads one list.
func (s *CatalogsService) Get(ctx context.Context, id int64) (Catalog, error) {
	return getOne[Catalog](ctx, s.c, Request{Op: "catalogs.get", Path: idPath("/catalogs", id)})
}

// Create makes lists, which cannot be deleted again by API; administrators only.
func (s *CatalogsService) Create(ctx context.Context, lists []CatalogWrite) ([]Catalog, error) {
	made, err := define[CatalogWrite, madeCatalog](ctx, s.c, "catalogs.create", "/catalogs", "catalogs", lists)
	out := make([]Catalog, 0, len(made))
	for _, m := range made {
		out = append(out, m.Catalog)
	}
	return out, err
}

// Update changes one list; administrators only.
func (s *CatalogsService) Update(ctx context.Context, id int64, w CatalogWrite) (Catalog, error) {
	return redefine[Catalog](ctx, s.c, "catalogs.update", idPath("/catalogs", id), "catalogs", w)
}
