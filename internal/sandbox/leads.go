package sandbox

import (
	"cmp"
	"fmt"
	"slices"
)

// lead is one lead as it is kept; leadView is how it reads.
type lead struct {
	ID, Responsible, StatusID, PipelineID int64
	Name                                  string
	Price                                 float64
	LossReasonID                          *int64
	CreatedBy, UpdatedBy                  int64
	CreatedAt, UpdatedAt                  int64
	ClosedAt                              *int64
	Score, LaborCost                      *int64
	Deleted                               bool
	Values                                []fieldValue
	Tags                                  []int64
}

func leads(a *account) *table[lead] { return tableFor[lead](a, "leads", 40_885_001) }

func leadRoutes() []route {
	read := []string{"contacts", "catalog_elements", "loss_reason", "is_price_modified_by_robot", "source_id", "source", "only_deleted"}
	return []route{
		{Method: "GET", Path: "/leads", Do: listLeads, With: read, Order: []string{"id", "created_at", "updated_at"}, Query: leadFilters()},
		{Method: "GET", Path: "/leads/{id:int}", Do: getLead, With: read},
		{Method: "POST", Path: "/leads", Do: createLeads},
		{Method: "PATCH", Path: "/leads", Do: patchLeads},
		{Method: "PATCH", Path: "/leads/{id:int}", Do: patchLead},
	}
}

func leadFilters() []string {
	return append([]string{"query", "filter[id]", "filter[name]", "filter[pipeline_id]", "filter[responsible_user_id]"}, fieldValueFilters()...)
}

func listLeads(c *call) answer {
	var rows []*lead
	for _, l := range leads(c.a).all() {
		if !l.Deleted && matchIDs(c.q, l.ID, "filter", "id") && matchIDs(c.q, l.PipelineID, "filter", "pipeline_id") {
			rows = append(rows, l)
		}
	}
	slices.SortStableFunc(rows, func(x, y *lead) int { return cmp.Compare(x.UpdatedAt, y.UpdatedAt) })
	return list(c, paging{}, "leads", "/leads", rows, func(l *lead) leadView {
		return c.leadView(l, c.selfItem(leadPath(l.ID)))
	})
}

func leadPath(id int64) string { return fmt.Sprintf("/leads/%d", id) }

// matchIDs tells whether id is among the filter's values, or nothing is filtered.
func matchIDs(q query, id int64, path ...string) bool {
	return !q.has(path...) || slices.Contains(q.ids(path...), id)
}

func getLead(c *call) answer {
	l := leads(c.a).get(c.id("id"))
	if l == nil {
		return noContent()
	}
	return ok(c.leadView(l, c.self(leadPath(l.ID))))
}

type leadView struct {
	ID                int64         `json:"id"`
	Name              string        `json:"name"`
	Price             any           `json:"price"`
	ResponsibleUserID int64         `json:"responsible_user_id"`
	GroupID           int64         `json:"group_id"`
	StatusID          int64         `json:"status_id"`
	PipelineID        int64         `json:"pipeline_id"`
	LossReasonID      *int64        `json:"loss_reason_id"`
	CreatedBy         int64         `json:"created_by"`
	UpdatedBy         int64         `json:"updated_by"`
	CreatedAt         int64         `json:"created_at"`
	UpdatedAt         int64         `json:"updated_at"`
	ClosedAt          *int64        `json:"closed_at"`
	ClosestTaskAt     *int64        `json:"closest_task_at"`
	IsDeleted         bool          `json:"is_deleted"`
	CustomFields      any           `json:"custom_fields_values"`
	Score             *int64        `json:"score"`
	AccountID         int64         `json:"account_id"`
	LaborCost         *int64        `json:"labor_cost"`
	Links             links         `json:"_links"`
	Embedded          leadEmbedding `json:"_embedded"`
}

type leadEmbedding struct {
	Tags      []tagView `json:"tags"`
	Companies []any     `json:"companies"`
}

func (c *call) leadView(l *lead, self links) leadView {
	return leadView{
		ID: l.ID, Name: l.Name, Price: l.Price, ResponsibleUserID: l.Responsible, StatusID: l.StatusID,
		PipelineID: l.PipelineID, LossReasonID: l.LossReasonID, CreatedBy: l.CreatedBy, UpdatedBy: l.UpdatedBy,
		CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt, ClosedAt: l.ClosedAt, IsDeleted: l.Deleted,
		CustomFields: c.a.fieldValuesView("leads", l.Values), AccountID: c.a.id, Links: self,
		Embedded: leadEmbedding{Tags: c.a.tagsOf("leads", l.Tags), Companies: []any{}},
	}
}

func leadSchema() schema {
	return schema{
		{name: "name", kind: stringKind},
		{name: "price", kind: numberKind},
		{name: "status_id", kind: intKind},
		{name: "pipeline_id", kind: intKind},
		{name: "responsible_user_id", kind: intKind, check: isUser(false)},
		customFieldValues("leads"),
		tagList("tags_to_add", "leads"),
		embeddedTags("leads"),
	}
}

type leadCreated struct {
	ID        int64  `json:"id"`
	RequestID string `json:"request_id"`
	Links     links  `json:"_links"`
}

func createLeads(c *call) answer {
	b, bad := c.parseMany(leadSchema(), maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkFieldValues("leads", it.object, "", &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []leadCreated
	for _, it := range b {
		l := c.newLead(it.object)
		out = append(out, leadCreated{ID: l.ID, RequestID: it.requestID, Links: c.self(leadPath(l.ID))})
	}
	return ok(writeBody(c, "leads", "/leads", out))
}

func (c *call) newLead(o object) *lead {
	p := mainPipeline(c.a)
	l := &lead{
		ID: leads(c.a).alloc(), Responsible: c.actor(), PipelineID: p.ID, StatusID: p.first().ID,
		CreatedBy: c.actor(), UpdatedBy: c.actor(), CreatedAt: c.now(), UpdatedAt: c.now(),
	}
	leads(c.a).put(l.ID, l)
	c.log("lead_added", "leads", l.ID, nil, nil)
	c.changeLead(l, o)
	return l
}

func (c *call) changeLead(l *lead, o object) {
	if v, sent := o.str("name"); sent {
		l.Name = v
	}
	if v, sent := o.number("price"); sent {
		l.Price = v
	}
	l.Values = c.applyFieldValues("leads", l.ID, l.Values, o)
	l.Tags = c.applyTags("leads", l.ID, l.Tags, o)
}

func leadPatchSchema() schema {
	isLead := func(c *call, v any) string {
		if id, _ := v.(int64); leads(c.a).has(id) {
			return ""
		}
		return codeNotSupported
	}
	return append(leadSchema(), field{name: "id", kind: intKind, required: true, check: isLead}, tagList("tags_to_delete", "leads"))
}

func patchLeads(c *call) answer {
	b, bad := c.parseMany(leadPatchSchema(), maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []any
	for _, it := range b {
		id, _ := it.int("id")
		out = append(out, c.patchedLead(leads(c.a).get(id), it))
	}
	return ok(writeBody(c, "leads", "/leads", out))
}

type leadPatched struct {
	ID        int64  `json:"id"`
	UpdatedAt int64  `json:"updated_at"`
	RequestID string `json:"request_id,omitempty"`
	Links     links  `json:"_links"`
}

func (c *call) patchedLead(l *lead, it *item) leadPatched {
	c.changeLead(l, it.object)
	l.UpdatedAt, l.UpdatedBy = c.now(), c.actor()
	out := leadPatched{ID: l.ID, UpdatedAt: l.UpdatedAt, Links: c.self(leadPath(l.ID))}
	if it.sentID {
		out.RequestID = it.requestID
	}
	return out
}

func patchLead(c *call) answer {
	l := leads(c.a).get(c.id("id"))
	if l == nil {
		return invalidField("id", codeNotSupported)
	}
	it, bad := c.parseOne(leadSchema())
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	return ok(c.patchedLead(l, it))
}
