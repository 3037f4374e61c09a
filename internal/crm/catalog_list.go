package crm

import (
	"cmp"
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// CatalogRow is a list of the account.
type CatalogRow struct {
	ID     int64       `json:"id"`
	Name   string      `json:"name"`
	Type   string      `json:"type"` // products, regular, …
	Fields []FieldLine `json:"fields,omitempty"`
}

// CatalogList are all lists of the account: at most ten.
type CatalogList struct {
	Items   []CatalogRow `json:"items"`
	HasMore bool         `json:"has_more"`
	Hint    string       `json:"hint,omitempty"`
}

// ListCatalogs lists the account's lists. withFields adds the custom fields of
// their elements, for one request a list that is not known yet.
func (s *Service) ListCatalogs(ctx context.Context, withFields bool) (CatalogList, error) {
	all, err := s.names.Catalogs(ctx)
	out := CatalogList{Items: make([]CatalogRow, 0, len(all))}
	if err != nil {
		return out, err
	}
	for _, c := range all {
		row := CatalogRow{ID: c.ID, Name: c.Name, Type: c.Type}
		if withFields {
			fields, err := s.names.Fields(ctx, c.Fields())
			if err != nil {
				return out, err
			}
			row.Fields = elementFields(fields.Items)
		}
		out.Items = append(out.Items, row)
	}
	if len(out.Items) == 0 {
		out.Hint = "The account has no lists. An administrator switches products on and makes lists in Kommo."
	}
	return out, nil
}

func elementFields(fields []directory.Field) []FieldLine {
	var out []FieldLine
	for _, f := range fields {
		line := FieldLine{Name: f.Name, Type: string(f.Type), Code: f.Code, ReadOnly: f.Computed || f.Type == kommo.FieldOrgName}
		for _, o := range f.Options {
			line.Options = append(line.Options, cmp.Or(o.Path, o.Label))
		}
		out = append(out, line)
	}
	return out
}
