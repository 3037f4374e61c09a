package kommo

import (
	"context"
	"iter"
)

// Company is an organisation (Kommo API facts: contacts and companies).
type Company struct {
	ID            int64        `json:"id"`
	Name          string       `json:"name"`
	ResponsibleID int64        `json:"responsible_user_id"`
	GroupID       int64        `json:"group_id"`
	CreatedBy     int64        `json:"created_by"`
	UpdatedBy     int64        `json:"updated_by"`
	CreatedAt     Unix         `json:"created_at"`
	UpdatedAt     Unix         `json:"updated_at"`
	ClosestTaskAt Unix         `json:"closest_task_at"`
	Deleted       bool         `json:"is_deleted"`
	Fields        []FieldValue `json:"custom_fields_values"`
	AccountID     int64        `json:"account_id"`
	Embedded      CardEmbedded `json:"_embedded"`
}

// CompanyWrite creates or changes a company. What is left out stays as it is.
type CompanyWrite struct {
	ID            int64             `json:"id,omitzero"`
	Name          string            `json:"name,omitzero"`
	ResponsibleID int64             `json:"responsible_user_id,omitzero"`
	CreatedBy     *int64            `json:"created_by,omitzero"`
	UpdatedBy     *int64            `json:"updated_by,omitzero"`
	CreatedAt     Unix              `json:"created_at,omitzero"`
	UpdatedAt     Unix              `json:"updated_at,omitzero"` // left out: now
	Fields        []FieldValueWrite `json:"custom_fields_values,omitzero"`
	AddTags       []TagRef          `json:"tags_to_add,omitzero"`
	RemoveTags    []TagRef          `json:"tags_to_delete,omitzero"` // not on create
	Embedded      *CardEmbedding    `json:"_embedded,omitzero"`
}

// CompaniesService reads and writes companies.
type CompaniesService struct{ c *Client }

// List reads one page of companies.
func (s *CompaniesService) List(ctx context.Context, f CardListFilter) (Page[Company], error) {
	return getPage[Company](ctx, s.c, "companies.list", "/companies", "companies", f.query())
}

// All walks all companies that match.
func (s *CompaniesService) All(ctx context.Context, f CardListFilter) iter.Seq2[Company, error] {
	return everyPage(func(page int) (Page[Company], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, f)
	})
}

// Get reads one company. with: leads, contacts, customers, catalog_elements.
func (s *CompaniesService) Get(ctx context.Context, id int64, with ...string) (Company, error) {
	return getCard(ctx, s.c, Request{Op: "companies.get", Path: idPath("/companies", id), Query: withQuery(with)}, func(c Company) int64 { return c.ID })
}

// Create makes companies.
func (s *CompaniesService) Create(ctx context.Context, companies []CompanyWrite) ([]Created, error) {
	return create(ctx, s.c, "companies.create", "/companies", "companies", companies)
}

// Update changes one company.
func (s *CompaniesService) Update(ctx context.Context, id int64, w CompanyWrite) (Updated, error) {
	return patchOne(ctx, s.c, "companies.update", idPath("/companies", id), "companies", w)
}

// UpdateMany changes several companies, each named by its ID.
func (s *CompaniesService) UpdateMany(ctx context.Context, companies []CompanyWrite) ([]Updated, error) {
	return patchMany(ctx, s.c, "companies.update_many", "/companies", "companies", companies)
}
