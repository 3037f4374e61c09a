package sandbox

import "fmt"

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
	Source                                string // external_id of the source it came from
	VisitorUID                            string
	Values                                []fieldValue
	Tags                                  []int64
}

func leads(a *account) *table[lead] { return tableFor[lead](a, "leads", 40_885_001) }

func (l *lead) ref() ref { return ref{"leads", l.ID} }

// closed tells whether the lead is won or lost.
func (l *lead) closed() bool { return l.StatusID == statusWon || l.StatusID == statusLost }

func leadPath(id int64) string { return fmt.Sprintf("/leads/%d", id) }

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

func listLeads(c *call) answer {
	rows := c.findLeads()
	sortRows(c.q, rows, "updated_at", map[string]func(*lead) int64{
		"id":         func(l *lead) int64 { return l.ID },
		"created_at": func(l *lead) int64 { return l.CreatedAt },
		"updated_at": func(l *lead) int64 { return l.UpdatedAt },
	})
	return list(c, paging{}, "leads", "/leads", rows, func(l *lead) any {
		return c.readLead(l, c.selfItem)
	})
}

// getLead answers 204 for an unknown lead, and for one in the bin unless the bin is
// asked for.
func getLead(c *call) answer {
	l := leads(c.a).get(c.id("id"))
	if l == nil || l.Deleted != c.with("only_deleted") {
		return noContent()
	}
	if !c.maySeeLead(l) {
		return forbidden()
	}
	return ok(c.readLead(l, c.self))
}

func createLeads(c *call) answer {
	if !c.mayAdd("leads") {
		return forbidden()
	}
	b, bad := c.parseMany(leadCreateSchema(), maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkLead(nil, it.object, "", &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if bad := c.lossReasonRefused(b, func(*item) *lead { return nil }); bad != nil {
		return *bad
	}
	type made struct {
		ID        int64  `json:"id"`
		RequestID string `json:"request_id"`
		Links     links  `json:"_links"`
	}
	var out []made
	for _, it := range b {
		l := c.addLead(it.object)
		out = append(out, made{ID: l.ID, RequestID: it.requestID, Links: c.self(leadPath(l.ID))})
	}
	return ok(writeBody(c, "leads", "/leads", out))
}

func patchLeads(c *call) answer {
	b, bad := c.parseMany(append(leadPatchSchema(), field{name: "id", kind: intKind, required: true}), maxBatch)
	if bad != nil {
		return *bad
	}
	target := func(it *item) *lead {
		id, _ := it.int("id")
		return leads(c.a).get(id)
	}
	for _, it := range b {
		if l := target(it); it.has("id") && (l == nil || l.Deleted) {
			it.p.add("id", codeNotSupported)
		}
	}
	out, bad := c.patchAll(b, target)
	if bad != nil {
		return *bad
	}
	return ok(writeBody(c, "leads", "/leads", out))
}

func patchLead(c *call) answer {
	l := leads(c.a).get(c.id("id"))
	if l == nil || l.Deleted {
		return invalidField("id", codeNotSupported)
	}
	it, bad := c.parseOne(leadPatchSchema())
	if bad != nil {
		return *bad
	}
	out, bad := c.patchAll(batch{it}, func(*item) *lead { return l })
	if bad != nil {
		return *bad
	}
	// A single PATCH answers the bare object.
	return ok(out[0])
}

type leadPatched struct {
	ID        int64  `json:"id"`
	UpdatedAt int64  `json:"updated_at"`
	RequestID string `json:"request_id,omitempty"`
	Links     links  `json:"_links"`
}

// patchAll checks every item, then applies all, or nothing when one is refused.
func (c *call) patchAll(b batch, target func(*item) *lead) ([]leadPatched, *answer) {
	for _, it := range b {
		if l := target(it); l != nil {
			it.keepsResponsible(l.Responsible)
		}
		if l := target(it); l != nil && len(it.p.list) == 0 {
			if !c.mayEditLead(l) {
				return nil, new(forbidden())
			}
			c.checkLead(l, it.object, "", &it.p)
		}
	}
	if bad := b.refused(); bad != nil {
		return nil, bad
	}
	if bad := c.lossReasonRefused(b, target); bad != nil {
		return nil, bad
	}
	var out []leadPatched
	for _, it := range b {
		l := target(it)
		c.updateLead(l, it.object)
		row := leadPatched{ID: l.ID, UpdatedAt: l.UpdatedAt, Links: c.self(leadPath(l.ID))}
		if it.sentID {
			row.RequestID = it.requestID
		}
		out = append(out, row)
	}
	return out, nil
}

// trashLead puts the lead into the bin, where only with=only_deleted finds it.
func (c *call) trashLead(l *lead) {
	l.Deleted, l.UpdatedAt, l.UpdatedBy = true, c.now(), c.actor()
	c.log("lead_deleted", "leads", l.ID, nil, nil)
}
