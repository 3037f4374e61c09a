package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// MaxPage is the largest page of most lists; asking for more gives this many.
const MaxPage = 250

// Page is one page of a list. Total is known only for the few lists that name
// it: users, roles, pipelines, loss reasons, custom fields, links.
type Page[T any] struct {
	Items   []T
	HasNext bool
	Total   *int

	ids string // of all items, to notice a page that comes again
}

// ListOptions choose a page. Page counts from 1; Limit 0 is Kommo's default 50.
type ListOptions struct {
	Page  int
	Limit int
}

func (o ListOptions) into(q url.Values) {
	if o.Page > 1 {
		q.Set("page", strconv.Itoa(o.Page))
	}
	if o.Limit > 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
}

// getPage reads one page. An empty list is 204 without a body.
func getPage[T any](ctx context.Context, c *Client, op, path, key string, q url.Values) (Page[T], error) {
	var e envelope
	meta, err := c.Do(ctx, Request{Op: op, Path: path, Query: q}, &e)
	if err != nil || meta.Status == http.StatusNoContent {
		return Page[T]{}, err
	}
	if !e.lists(key) {
		return Page[T]{}, noList(op)
	}
	items, err := records[T](op, e, key)
	if err != nil {
		return Page[T]{}, err
	}
	return Page[T]{Items: items, HasNext: e.Links.Next != nil && len(items) > 0, Total: e.Total, ids: idsOf(e.Embedded[key])}, nil
}

// idsOf names a page by the ids of its items; empty if they have none. Ids are
// numbers, of events and groups texts. The items themselves differ from page
// to page even when they are the same, since their links repeat the query.
func idsOf(raw json.RawMessage) string {
	var items []struct {
		ID json.RawMessage `json:"id"`
	}
	if unmarshal(raw, &items) != nil {
		return ""
	}
	var b strings.Builder
	for _, item := range items {
		if len(item.ID) == 0 {
			return ""
		}
		b.Write(item.ID)
		b.WriteByte(' ')
	}
	return b.String()
}

// everyPage walks a list to its end: no next link, an empty page, since a next
// link may lead to 204, or a page that comes again, since some lists ignore
// page. The walk ends at the first error.
func everyPage[T any](get func(page int) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		before := ""
		for n := 1; ; n++ {
			page, err := get(n)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if page.ids != "" && page.ids == before {
				return
			}
			before = page.ids
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if !page.HasNext {
				return
			}
		}
	}
}

// Collect gathers what an iterator yields, up to its first error.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for item, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, item)
	}
	return out, nil
}

// ChunkSize is how many records Kommo advises to write at once; 250 is the
// most it takes.
const ChunkSize = 50
