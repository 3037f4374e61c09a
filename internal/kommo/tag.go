package kommo

import (
	"context"
	"net/url"
)

// Tag is a tag. Each kind of card has a dictionary of its own; only tags of
// leads have a colour.
type Tag struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Color *string `json:"color"`
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

// TagFilter selects tags; Query is a search by name.
type TagFilter struct {
	ListOptions

	Query string
}

// TagsService reads tags.
type TagsService struct{ c *Client }

// List reads one page of the tags of a kind of card.
func (s *TagsService) List(ctx context.Context, of Entity, f TagFilter) (Page[Tag], error) {
	q := url.Values{}
	f.ListOptions.into(q)
	if f.Query != "" {
		q.Set("query", f.Query)
	}
	return getPage[Tag](ctx, s.c, "tags.list", "/"+string(of)+"/tags", "tags", q)
}
