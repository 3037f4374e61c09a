package kommo

import (
	"context"
	"iter"
	"net/url"
)

// Contact is a person (Kommo API facts: contacts and companies).
type Contact struct {
	ID            int64        `json:"id"`
	Name          string       `json:"name"`
	FirstName     string       `json:"first_name"`
	LastName      string       `json:"last_name"`
	ResponsibleID int64        `json:"responsible_user_id"`
	GroupID       int64        `json:"group_id"`
	CreatedBy     int64        `json:"created_by"`
	UpdatedBy     int64        `json:"updated_by"`
	CreatedAt     Unix         `json:"created_at"`
	UpdatedAt     Unix         `json:"updated_at"`
	ClosestTaskAt Unix         `json:"closest_task_at"`
	Deleted       bool         `json:"is_deleted"` // stays false even in the bin
	Unsorted      bool         `json:"is_unsorted"`
	Fields        []FieldValue `json:"custom_fields_values"`
	AccountID     int64        `json:"account_id"`
	Embedded      CardEmbedded `json:"_embedded"`
}

// CardEmbedded are the records that come with a contact or company: tags
// always, a contact's company always, the rest if asked for.
type CardEmbedded struct {
	Tags      []Tag    `json:"tags"`
	Companies []Linked `json:"companies"`
	Contacts  []Linked `json:"contacts"`
	Leads     []Linked `json:"leads"`
	Customers []Linked `json:"customers"`
	Elements  []Linked `json:"catalog_elements"`
}

// CardListFilter selects contacts or companies.
type CardListFilter struct {
	CardFilter
	ListOptions
}

func (f CardListFilter) query() url.Values {
	q := url.Values{}
	f.CardFilter.into(q)
	f.ListOptions.into(q)
	return q
}

// ContactWrite creates or changes a contact. What is left out stays as it is;
// a custom field that is listed replaces all its values.
type ContactWrite struct {
	ID            int64             `json:"id,omitzero"`
	Name          string            `json:"name,omitzero"`
	FirstName     string            `json:"first_name,omitzero"`
	LastName      string            `json:"last_name,omitzero"`
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

// CardEmbedding replaces the tags of a card; an empty set removes them all.
type CardEmbedding struct {
	Tags TagSet `json:"tags,omitzero"`
}

// ContactsService reads and writes contacts.
type ContactsService struct{ c *Client }

// List reads one page of contacts.
func (s *ContactsService) List(ctx context.Context, f CardListFilter) (Page[Contact], error) {
	return getPage[Contact](ctx, s.c, "contacts.list", "/contacts", "contacts", f.query())
}

// All walks all contacts that match.
func (s *ContactsService) All(ctx context.Context, f CardListFilter) iter.Seq2[Contact, error] {
	return everyPage(func(page int) (Page[Contact], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, f)
	})
}

// Get reads one contact. with: leads, customers, catalog_elements,
// social_profiles, only_deleted.
func (s *ContactsService) Get(ctx context.Context, id int64, with ...string) (Contact, error) {
	return getCard(ctx, s.c, Request{Op: "contacts.get", Path: idPath("/contacts", id), Query: withQuery(with)}, func(c Contact) int64 { return c.ID })
}

// Create makes contacts.
func (s *ContactsService) Create(ctx context.Context, contacts []ContactWrite) ([]Created, error) {
	return create(ctx, s.c, "contacts.create", "/contacts", "contacts", contacts)
}

// Update changes one contact.
func (s *ContactsService) Update(ctx context.Context, id int64, w ContactWrite) (Updated, error) {
	return patchOne(ctx, s.c, "contacts.update", idPath("/contacts", id), "contacts", w)
}

// UpdateMany changes several contacts, each named by its ID.
func (s *ContactsService) UpdateMany(ctx context.Context, contacts []ContactWrite) ([]Updated, error) {
	return patchMany(ctx, s.c, "contacts.update_many", "/contacts", "contacts", contacts)
}
