package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

type lossReason struct {
	ID, Sort             int64
	Name                 string
	CreatedAt, UpdatedAt int64
}

type lossReasonView struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Sort      int64  `json:"sort"`
	CreatedAt int64  `json:"created_at"`
	UpdatedAt int64  `json:"updated_at"`
	RequestID string `json:"request_id,omitempty"`
	Links     links  `json:"_links"`
}

func lossReasons(a *account) *table[lossReason] {
	return tableFor[lossReason](a, "loss_reasons", 12_437_001)
}

func (r *lossReason) view(self func(string) links) lossReasonView {
	return lossReasonView{
		ID: r.ID, Name: r.Name, Sort: r.Sort, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Links: self(fmt.Sprintf("/leads/loss_reasons/%d", r.ID)),
	}
}

// addLossReason is for seeds and for POST. sort 0 puts it last.
func addLossReason(a *account, name string, sort int64) *lossReason {
	t := lossReasons(a)
	if sort == 0 {
		sort = int64(t.len()+1) * 10
	}
	r := &lossReason{ID: t.alloc(), Name: name, Sort: sort, CreatedAt: a.now(), UpdatedAt: a.now()}
	t.put(r.ID, r)
	return r
}

// Loss reasons have GET, POST and DELETE, no PATCH (Kommo API facts: loss reasons).
func lossReasonRoutes() []route {
	return []route{
		{Method: "GET", Path: "/leads/loss_reasons", Do: listLossReasons},
		{Method: "GET", Path: "/leads/loss_reasons/{id:int}", Do: getLossReason},
		{Method: "POST", Path: "/leads/loss_reasons", Do: createLossReasons, Admin: true},
		{Method: "DELETE", Path: "/leads/loss_reasons/{id:int}", Do: deleteLossReason, Admin: true},
	}
}

func listLossReasons(c *call) answer {
	var rows []*lossReason
	for _, r := range lossReasons(c.a).all() {
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return noContent()
	}
	slices.SortStableFunc(rows, func(x, y *lossReason) int { return int(x.Sort - y.Sort) })
	out := make([]lossReasonView, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.view(c.selfItem))
	}
	return ok(whole(c, "loss_reasons", "/leads/loss_reasons", out))
}

func getLossReason(c *call) answer {
	r := lossReasons(c.a).get(c.id("id"))
	if r == nil {
		return problem(http.StatusNotFound, "Loss reason not found")
	}
	return ok(r.view(c.self))
}

func createLossReasons(c *call) answer {
	b, bad := c.parseMany(schema{
		{name: "name", kind: stringKind, required: true, notBlank: true},
		{name: "sort", kind: intKind},
	}, maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []lossReasonView
	for _, it := range b {
		name, _ := it.str("name")
		sort, _ := it.int("sort")
		v := addLossReason(c.a, name, sort).view(c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return ok(whole(c, "loss_reasons", "/leads/loss_reasons", out))
}

func deleteLossReason(c *call) answer {
	id := c.id("id")
	if !lossReasons(c.a).has(id) {
		return problem(http.StatusNotFound, "Loss reason not found")
	}
	lossReasons(c.a).del(id)
	for _, l := range leads(c.a).all() {
		if l.LossReasonID != nil && *l.LossReasonID == id {
			l.LossReasonID = nil
		}
	}
	return noContent()
}
