package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

// CustomField is the definition of a custom field (Kommo API facts: custom
// fields).
type CustomField struct {
	ID               int64            `json:"id"`
	Name             string           `json:"name"`
	Code             *string          `json:"code"`
	Sort             Int              `json:"sort"`
	Type             FieldType        `json:"type"`
	EntityType       string           `json:"entity_type"`
	AccountID        int64            `json:"account_id"`
	GroupID          *string          `json:"group_id"`
	APIOnly          bool             `json:"is_api_only"`
	Deletable        bool             `json:"is_deletable"`
	Predefined       bool             `json:"is_predefined"`
	Computed         bool             `json:"is_computed"`
	Visible          *bool            `json:"is_visible"`
	Required         *bool            `json:"is_required"`
	Remind           *string          `json:"remind"`
	Currency         *string          `json:"currency"`
	Enums            []Enum           `json:"enums"`
	Nested           []NestedOption   `json:"nested"`
	RequiredStatuses []RequiredStatus `json:"required_statuses"`
	CatalogID        *int64           `json:"catalog_id"`
	SearchIn         *Responsible     `json:"search_in"` // a word or a catalog id
	Settings         json.RawMessage  `json:"settings"`  // no recorded form
	Triggers         json.RawMessage  `json:"triggers"`  // likewise
	ChainedLists     []ChainedCatalog `json:"chained_lists"`
	HiddenStatuses   []RequiredStatus `json:"hidden_statuses"`
	TrackingCallback *string          `json:"tracking_callback"`
	RequestIDs       RequestIDs       `json:"request_id"` // only in answers to writes
}

// Enum is an option of a select, multiselect or radiobutton, or a kind of
// phone or e-mail.
type Enum struct {
	ID    int64   `json:"id"`
	Value string  `json:"value"`
	Sort  Int     `json:"sort"`
	Code  *string `json:"code"`
}

// FieldsOfCatalog is the kind that names the elements of a list (catalog) where
// custom fields are asked for.
func FieldsOfCatalog(id int64) Entity { return Entity(idPath("catalogs", id)) }

// NestedOption is an option of a category field.
type NestedOption struct {
	ID       int64  `json:"id"`
	ParentID *int64 `json:"parent_id"`
	Value    string `json:"value"`
	Sort     Int    `json:"sort"`
}

// RequiredStatus is a stage in which a field must be filled.
type RequiredStatus struct {
	StatusID   int64 `json:"status_id"`
	PipelineID int64 `json:"pipeline_id"`
}

// ChainedCatalog is one level of a chained list.
type ChainedCatalog struct {
	Title           *string `json:"title"`
	CatalogID       int64   `json:"catalog_id"`
	ParentCatalogID *int64  `json:"parent_catalog_id"`
}

// FieldGroup is a tab of custom fields. Its id is text.
type FieldGroup struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Sort       Int    `json:"sort"`
	Predefined bool   `json:"is_predefined"`
	Type       string `json:"type"`
	EntityType string `json:"entity_type"`
}

// CustomFieldsService reads and writes definitions.
type CustomFieldsService struct{ c *Client }

// List reads one page of the fields of a kind of card. Some pages of Kommo's
// documentation allow 50 a request, some 250: follow HasNext.
func (s *CustomFieldsService) List(ctx context.Context, of Entity, o ListOptions) (Page[CustomField], error) {
	q := url.Values{}
	o.into(q)
	return getPage[CustomField](ctx, s.c, "custom_fields.list", entityPath(of, "custom_fields"), "custom_fields", q)
}

// Get reads one field.
func (s *CustomFieldsService) Get(ctx context.Context, of Entity, id int64) (CustomField, error) {
	return getOne[CustomField](ctx, s.c, Request{Op: "custom_fields.get", Path: idPath(entityPath(of, "custom_fields"), id)})
}

// All walks all fields of a kind of card.
func (s *CustomFieldsService) All(ctx context.Context, of Entity) iter.Seq2[CustomField, error] {
	return everyPage(func(page int) (Page[CustomField], error) {
		return s.List(ctx, of, ListOptions{Page: page, Limit: MaxPage})
	})
}

// Groups reads the groups of the fields of a kind of card.
func (s *CustomFieldsService) Groups(ctx context.Context, of Entity) ([]FieldGroup, error) {
	page, err := getPage[FieldGroup](ctx, s.c, "custom_fields.groups", entityPath(of, "custom_fields/groups"), "custom_field_groups", nil)
	return page.Items, err
}
