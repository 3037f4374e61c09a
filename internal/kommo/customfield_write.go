package kommo

import (
	"context"
	"net/http"
	"net/url"
)

// CustomFieldWrite makes or changes a custom field; what is empty or nil stays. A
// new one needs name and type, and options where its type offers some. Enums is
// the whole new set: options left out are deleted with their values, one without
// its id is new (Kommo API facts: custom fields).
type CustomFieldWrite struct {
	Name     string      `json:"name,omitzero"`
	Type     FieldType   `json:"type,omitzero"`
	Code     string      `json:"code,omitzero"`
	Sort     *int64      `json:"sort,omitzero"`
	GroupID  string      `json:"group_id,omitzero"`
	APIOnly  *bool       `json:"is_api_only,omitzero"`
	Currency string      `json:"currency,omitzero"` // of monetary fields
	Enums    []EnumWrite `json:"enums,omitzero"`
	// Nested is the whole new set of options of a category; empty is none.
	Nested []NestedWrite `json:"nested,omitzero"`
	// Required and SearchIn are for fields of lists: whether an element needs a
	// value, and what a linked_entity may name.
	Required *bool  `json:"is_required,omitzero"`
	SearchIn string `json:"search_in,omitzero"`
	// Stages in which a field of leads must be filled, or is not shown. Nil stays,
	// empty is none.
	RequiredIn []RequiredStatus `json:"required_statuses,omitzero"`
	HiddenIn   []RequiredStatus `json:"hidden_statuses,omitzero"`
}

// EnumWrite is one option of the new set.
type EnumWrite struct {
	ID    int64   `json:"id,omitzero"`
	Value string  `json:"value"`
	Sort  int64   `json:"sort"`
	Code  *string `json:"code,omitzero"`
}

// GroupWrite makes or changes a group of fields. A new one needs name and sort.
type GroupWrite struct {
	Name string `json:"name,omitzero"`
	Sort *int64 `json:"sort,omitzero"`
}

func (f CustomField) identity() (int64, RequestIDs) { return f.ID, f.RequestIDs }

// madeGroup is a group in the answer to its creation.
type madeGroup struct {
	FieldGroup

	RequestIDs RequestIDs `json:"request_id"`
}

// identity of a group: its id is text, and all that counts is that there is one.
func (g madeGroup) identity() (int64, RequestIDs) {
	if g.ID == "" {
		return 0, g.RequestIDs
	}
	return 1, g.RequestIDs
}

// Create makes custom fields; administrators only, as all writes here.
func (s *CustomFieldsService) Create(ctx context.Context, of Entity, fields []CustomFieldWrite) ([]CustomField, error) {
	return define[CustomFieldWrite, CustomField](ctx, s.c, "custom_fields.create", entityPath(of, "custom_fields"), "custom_fields", fields)
}

// Update changes one field.
func (s *CustomFieldsService) Update(ctx context.Context, of Entity, id int64, w CustomFieldWrite) (CustomField, error) {
	return redefine[CustomField](ctx, s.c, "custom_fields.update", idPath(entityPath(of, "custom_fields"), id), "custom_fields", w)
}

// Delete removes one field with all its values.
func (s *CustomFieldsService) Delete(ctx context.Context, of Entity, id int64) error {
	return remove(ctx, s.c, "custom_fields.delete", idPath(entityPath(of, "custom_fields"), id))
}

func groupPath(of Entity, id string) string {
	return entityPath(of, "custom_fields/groups/"+url.PathEscape(id))
}

// CreateGroups makes groups of fields.
func (s *CustomFieldsService) CreateGroups(ctx context.Context, of Entity, groups []GroupWrite) ([]FieldGroup, error) {
	made, err := define[GroupWrite, madeGroup](ctx, s.c, "field_groups.create", entityPath(of, "custom_fields/groups"), "custom_field_groups", groups)
	out := make([]FieldGroup, 0, len(made))
	for _, m := range made {
		out = append(out, m.FieldGroup)
	}
	return out, err
}

// UpdateGroup changes one group.
func (s *CustomFieldsService) UpdateGroup(ctx context.Context, of Entity, id string, w GroupWrite) (FieldGroup, error) {
	return redefine[FieldGroup](ctx, s.c, "field_groups.update", groupPath(of, id), "custom_field_groups", w)
}

// DeleteGroup removes one group; its fields stay.
func (s *CustomFieldsService) DeleteGroup(ctx context.Context, of Entity, id string) error {
	return remove(ctx, s.c, "field_groups.delete", groupPath(of, id))
}

// TagColors are the colours that a lead tag may be given, without # (Kommo API
// facts: tags).
func TagColors() []string {
	return []string{
		"EBEBEB", "D0D0D0", "F2DDF7", "D1A4DC", "FF8F92", "FFC8C8", "C7DB8C", "DDEBB5", "8699DA", "AABDFF", "FFCE5A", "FFE193",
		"90CDB0", "C6F4DE", "A9A5D7", "D8D5FF", "86C0FC", "832161", "6A0F49", "0C7C59", "10599D", "9D2B32", "247BA0",
	}
}

// TagChange changes a tag of leads; other kinds of tags cannot be changed.
type TagChange struct {
	ID    int64  `json:"id"`
	Name  string `json:"name,omitzero"`
	Color string `json:"color,omitzero"`
}

// Update changes tags of leads.
func (s *TagsService) Update(ctx context.Context, tags []TagChange) error {
	const op = "tags.update"
	if len(tags) == 0 {
		return emptyRequest(op)
	}
	_, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPatch, Path: entityPath(Leads, "tags"), Body: tags}, nil)
	return err
}
