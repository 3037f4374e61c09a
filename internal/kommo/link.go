package kommo

import (
	"context"
	"net/http"
	"net/url"
)

// Link joins two records (Kommo API facts: entity links).
type Link struct {
	EntityID   int64         `json:"entity_id"`   // only in answers to mass requests
	EntityType Entity        `json:"entity_type"` // likewise
	ToID       int64         `json:"to_entity_id"`
	ToType     Entity        `json:"to_entity_type"`
	Metadata   *LinkMetadata `json:"metadata"`
}

// LinkMetadata is what a link says beyond its ends. The main contact is read
// as main_contact and written as is_main.
type LinkMetadata struct {
	Main      bool     `json:"main_contact,omitzero"`
	SetMain   *bool    `json:"is_main,omitzero"`
	Quantity  *float64 `json:"quantity,omitzero"`
	CatalogID *int64   `json:"catalog_id,omitzero"` // required for catalog elements
	PriceID   *int64   `json:"price_id,omitzero"`
}

// LinkWrite makes or cuts a link.
type LinkWrite struct {
	ToID     int64         `json:"to_entity_id"`
	ToType   Entity        `json:"to_entity_type"`
	Metadata *LinkMetadata `json:"metadata,omitzero"`
}

// LinksService reads and writes links.
type LinksService struct{ c *Client }

// List reads the links of one record.
func (s *LinksService) List(ctx context.Context, of Entity, id int64) ([]Link, error) {
	page, err := getPage[Link](ctx, s.c, "links.list", idPath("/"+string(of), id)+"/links", "links", nil)
	return page.Items, err
}

// ListMany reads the links of several records of a kind.
func (s *LinksService) ListMany(ctx context.Context, of Entity, ids []int64) ([]Link, error) {
	q := url.Values{}
	setIDs(q, "entity_id", ids)
	page, err := getPage[Link](ctx, s.c, "links.list_many", "/"+string(of)+"/links", "links", q)
	return page.Items, err
}

// Link joins a record to others. Joining what is joined changes nothing.
func (s *LinksService) Link(ctx context.Context, of Entity, id int64, to []LinkWrite) error {
	_, err := s.c.Do(ctx, Request{Op: "links.link", Method: http.MethodPost, Path: idPath("/"+string(of), id) + "/link", Body: to}, nil)
	return err
}

// Unlink cuts links.
func (s *LinksService) Unlink(ctx context.Context, of Entity, id int64, to []LinkWrite) error {
	_, err := s.c.Do(ctx, Request{Op: "links.unlink", Method: http.MethodPost, Path: idPath("/"+string(of), id) + "/unlink", Body: to}, nil)
	return err
}
