package kommo

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// MaxPage is the largest page of most lists; asking for more gives this many.
const MaxPage = 250

// Page is one page of a list. Total is known only for the few lists that name
// it: users, roles, pipelines, loss reasons, custom fields, links.
type Page[T any] struct {
	Items   []T
	HasNext bool
	Total   *int
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
	items, err := records[T](e, key)
	if err != nil {
		return Page[T]{}, err
	}
	return Page[T]{Items: items, HasNext: e.Links.Next != nil && len(items) > 0, Total: e.Total}, nil
}

// everyPage walks a list to its end: no next link, or an empty page, since a
// next link may lead to 204. The walk ends at the first error.
func everyPage[T any](get func(page int) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for n := 1; ; n++ {
			page, err := get(n)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
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
