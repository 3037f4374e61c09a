package kommo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
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
	Main      bool     `json:"main_contact"` // only read
	SetMain   *bool    `json:"is_main"`      // only written
	Quantity  *float64 `json:"quantity"`
	CatalogID *int64   `json:"catalog_id"` // required for catalog elements
	PriceID   *int64   `json:"price_id"`
	UpdatedBy *int64   `json:"updated_by"` // only written
}

// MarshalJSON leaves out what Kommo refuses in writes.
func (m LinkMetadata) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SetMain   *bool    `json:"is_main,omitzero"`
		Quantity  *float64 `json:"quantity,omitzero"`
		CatalogID *int64   `json:"catalog_id,omitzero"`
		PriceID   *int64   `json:"price_id,omitzero"`
		UpdatedBy *int64   `json:"updated_by,omitzero"`
	}{m.SetMain, m.Quantity, m.CatalogID, m.PriceID, m.UpdatedBy})
}

// LinkWrite makes or cuts a link.
type LinkWrite struct {
	EntityID int64         `json:"entity_id,omitzero"` // only in mass requests: the record to link from
	ToID     int64         `json:"to_entity_id"`
	ToType   Entity        `json:"to_entity_type"`
	Metadata *LinkMetadata `json:"metadata,omitzero"`
}

// LinkTarget narrows a list of links. Kommo ignores a type without an id.
type LinkTarget struct {
	ID        int64
	Type      Entity
	CatalogID int64
}

func (t LinkTarget) into(q url.Values) {
	if t.ID != 0 && t.Type != "" {
		q.Set("filter[to_entity_id]", strconv.FormatInt(t.ID, 10))
		q.Set("filter[to_entity_type]", string(t.Type))
	}
	if t.CatalogID != 0 {
		q.Set("filter[to_catalog_id]", strconv.FormatInt(t.CatalogID, 10))
	}
}

// LinksService reads and writes links.
type LinksService struct{ c *Client }

// List reads the links of one record, to the targets if any are given.
func (s *LinksService) List(ctx context.Context, of Entity, id int64, to ...LinkTarget) ([]Link, error) {
	q := url.Values{}
	for _, t := range to {
		t.into(q)
	}
	page, err := getPage[Link](ctx, s.c, "links.list", cardPath(of, id, "links"), "links", q)
	return page.Items, err
}

// ListMany reads the links of several records of a kind.
func (s *LinksService) ListMany(ctx context.Context, of Entity, ids []int64) ([]Link, error) {
	if len(ids) == 0 {
		return nil, nil // without ids Kommo refuses the request
	}
	q := url.Values{}
	setIDs(q, "entity_id", ids)
	page, err := getPage[Link](ctx, s.c, "links.list_many", entityPath(of, "links"), "links", q)
	return page.Items, err
}

// Link joins a record to others. Joining what is joined changes nothing.
func (s *LinksService) Link(ctx context.Context, of Entity, id int64, to []LinkWrite) error {
	return s.post(ctx, "links.link", cardPath(of, id, "link"), to)
}

// Unlink cuts links. Kommo answers 204.
func (s *LinksService) Unlink(ctx context.Context, of Entity, id int64, to []LinkWrite) error {
	return s.post(ctx, "links.unlink", cardPath(of, id, "unlink"), to)
}

// LinkMany joins several records of a kind, each named by its EntityID.
func (s *LinksService) LinkMany(ctx context.Context, of Entity, links []LinkWrite) error {
	return s.post(ctx, "links.link_many", entityPath(of, "link"), links)
}

// UnlinkMany cuts links of several records, each named by its EntityID.
func (s *LinksService) UnlinkMany(ctx context.Context, of Entity, links []LinkWrite) error {
	return s.post(ctx, "links.unlink_many", entityPath(of, "unlink"), links)
}

func (s *LinksService) post(ctx context.Context, op, path string, links []LinkWrite) error {
	if len(links) == 0 {
		return emptyRequest(op)
	}
	_, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: path, Body: links}, nil)
	return err
}
