package sandbox

import (
	"strconv"
)

// listBody is a collection answer. Totals appear only where Kommo has them.
type listBody struct {
	TotalItems *int           `json:"_total_items,omitempty"`
	Page       int            `json:"_page,omitempty"`
	PageCount  *int           `json:"_page_count,omitempty"`
	Links      links          `json:"_links"`
	Embedded   map[string]any `json:"_embedded"`
}

// paging says how a list pages. The zero value is the usual one: 50 a page, at
// most 250, no totals.
type paging struct {
	max    int    // 0 means 250
	over   int    // the limit used when more than max is asked for; 0 means max
	totals bool   // _total_items and _page_count
	slash  string // "/" for users, whose links have it before the query
}

// page reads page and limit. A limit above the maximum is silently lowered
// (Kommo API facts: pagination and sync).
func (p paging) page(q query) (page, limit int) {
	top := p.max
	if top == 0 {
		top = 250
	}
	over := p.over
	if over == 0 {
		over = top
	}
	page, limit = positive(q.get("page"), 1), positive(q.get("limit"), 50)
	if limit > top {
		limit = over
	}
	return page, limit
}

func positive(s string, def int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return n
	}
	return def
}

// list answers one page of rows under _embedded[key]: 204 when the page is empty.
// path is the collection's path below /api/v4. view makes one row; it is called
// only for the rows of the page. The query that c holds while view runs has page
// and limit filled in, so that c.selfItem repeats them as Kommo does.
func list[T, V any](c *call, p paging, key, path string, rows []T, view func(T) V) answer {
	page, limit := p.page(c.q)
	from := (page - 1) * limit
	if from >= len(rows) || from < 0 {
		return noContent()
	}
	to := min(from+limit, len(rows))
	shown := c.q.setDefault("page", strconv.Itoa(page)).setDefault("limit", strconv.Itoa(limit))
	c.q = shown
	out := make([]V, 0, to-from)
	for _, r := range rows[from:to] {
		out = append(out, view(r))
	}
	at := func(n int) *link {
		return &link{Href: c.href(path) + p.slash + "?" + shown.set("page", strconv.Itoa(n)).encode()}
	}
	body := listBody{Page: page, Links: links{Self: at(page)}, Embedded: map[string]any{key: out}}
	if to < len(rows) {
		body.Links.Next = at(page + 1)
	}
	if page > 1 {
		body.Links.First, body.Links.Prev = at(1), at(page-1)
	}
	if p.totals {
		total, pages := len(rows), (len(rows)+limit-1)/limit
		body.TotalItems, body.PageCount = &total, &pages
		if to < total {
			body.Links.Last = at(pages)
		}
	}
	return ok(body)
}

// setDefault appends the scalar parameter when it was not sent.
func (q query) setDefault(name, value string) query {
	if q.get(name) != "" {
		return q
	}
	return q.set(name, value)
}

// whole answers a list that ignores paging and has a total: pipelines, loss
// reasons, write answers of full objects.
func whole[V any](c *call, key, path string, rows []V) listBody {
	n := len(rows)
	return listBody{TotalItems: &n, Links: c.self(path), Embedded: map[string]any{key: rows}}
}

// writeBody is the answer of a collection write: {_links, _embedded:{key:[…]}}.
func writeBody[V any](c *call, key, path string, rows []V) listBody {
	return listBody{Links: c.self(path), Embedded: map[string]any{key: rows}}
}
