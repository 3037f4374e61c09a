package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

// Tag is a tag. Each kind of card has a dictionary of its own; only tags of
// leads have a colour (Kommo API facts: tags).
type Tag struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Color *string `json:"color"` // "FFC8C8", without #
}

// TagRef names a tag by id or by name. An unknown name makes a new tag.
type TagRef struct {
	ID   int64  `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
}

// TagNames turns names into references.
func TagNames(names []string) []TagRef {
	var refs []TagRef
	for _, n := range names {
		refs = append(refs, TagRef{Name: n})
	}
	return refs
}

// TagSet replaces all tags of a card. Nil leaves them alone; empty removes
// them, for which Kommo wants null.
type TagSet []TagRef

// MarshalJSON writes null for no tags.
func (s TagSet) MarshalJSON() ([]byte, error) {
	if len(s) == 0 {
		return []byte("null"), nil
	}
	return json.Marshal([]TagRef(s))
}

// TagFilter selects tags: Query is a search by name, Name is exact.
type TagFilter struct {
	ListOptions

	Query string
	Name  string
	IDs   []int64
}

// TagWrite makes a tag. Color is one of Kommo's, for leads only.
type TagWrite struct {
	Name  string `json:"name"`
	Color string `json:"color,omitzero"`
}

// TagsService reads and makes tags.
type TagsService struct{ c *Client }

// List reads one page of the tags of a kind of card.
func (s *TagsService) List(ctx context.Context, of Entity, f TagFilter) (Page[Tag], error) {
	q := withQuery(nil)
	f.into(q)
	if f.Query != "" {
		q.Set("query", f.Query)
	}
	if f.Name != "" {
		q.Set("filter[name]", f.Name)
	}
	setIDs(q, "id", f.IDs)
	return getPage[Tag](ctx, s.c, "tags.list", entityPath(of, "tags"), "tags", q)
}

// All walks all tags that match.
func (s *TagsService) All(ctx context.Context, of Entity, f TagFilter) iter.Seq2[Tag, error] {
	return everyPage(func(page int) (Page[Tag], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, of, f)
	})
}

// Create makes tags, in the order given. A name that exists gives its tag.
func (s *TagsService) Create(ctx context.Context, of Entity, tags []TagWrite) ([]Tag, error) {
	const op = "tags.create"
	if len(tags) == 0 {
		return nil, emptyRequest(op)
	}
	var e envelope
	if _, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: entityPath(of, "tags"), Body: tags}, &e); err != nil {
		return nil, err
	}
	type made struct {
		Tag

		RequestIDs RequestIDs `json:"request_id"`
	}
	list, err := records[made](op, e, "tags")
	if err != nil {
		return nil, unusableReply(op, err)
	}
	list, err = inOrder(op, len(tags), list, func(m made) (int64, RequestIDs) { return m.ID, m.RequestIDs })
	out := make([]Tag, 0, len(list))
	for _, m := range list {
		out = append(out, m.Tag)
	}
	return out, err
}
