package sandbox

import (
	"fmt"
	"math"
)

type leadView struct {
	ID                int64   `json:"id"`
	Name              string  `json:"name"`
	Price             int64   `json:"price"`
	PriceMinor        float64 `json:"price_with_minor_units"`
	ResponsibleUserID int64   `json:"responsible_user_id"`
	GroupID           int64   `json:"group_id"`
	StatusID          int64   `json:"status_id"`
	PipelineID        int64   `json:"pipeline_id"`
	LossReasonID      *int64  `json:"loss_reason_id"`
	SourceID          any     `json:"source_id,omitempty"` // with=source_id
	CreatedBy         int64   `json:"created_by"`
	UpdatedBy         int64   `json:"updated_by"`
	CreatedAt         int64   `json:"created_at"`
	UpdatedAt         int64   `json:"updated_at"`
	ClosedAt          *int64  `json:"closed_at"`
	ClosestTaskAt     *int64  `json:"closest_task_at"`
	IsDeleted         bool    `json:"is_deleted"`
	CustomFields      any     `json:"custom_fields_values"`
	Score             *int64  `json:"score"`
	AccountID         int64   `json:"account_id"`
	LaborCost         *int64  `json:"labor_cost"`
	PriceByRobot      *bool   `json:"is_price_modified_by_robot,omitempty"`
	Links             links   `json:"_links"`
	Embedded          object  `json:"_embedded"`
}

// readLead is the lead as GET shows it. self makes the links of the lead and of
// what is embedded: c.selfItem in lists, c.self otherwise.
func (c *call) readLead(l *lead, self func(string) links) any {
	if l.Deleted {
		return trashedLead(c, l, self)
	}
	v := leadView{
		ID: l.ID, Name: l.Name, Price: int64(math.Trunc(l.Price)), PriceMinor: l.Price,
		ResponsibleUserID: l.Responsible, GroupID: c.a.groupOf(l.Responsible),
		StatusID: l.StatusID, PipelineID: l.PipelineID, LossReasonID: l.LossReasonID,
		CreatedBy: l.CreatedBy, UpdatedBy: l.UpdatedBy, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
		ClosedAt: l.ClosedAt, ClosestTaskAt: c.a.closest(l.ref()), CustomFields: c.a.fieldValuesView("leads", l.Values),
		Score: l.Score, AccountID: c.a.id, LaborCost: l.LaborCost,
		Links: self(leadPath(l.ID)), Embedded: c.leadEmbedded(l, self),
	}
	if c.with("source_id") {
		v.SourceID = nullable(c.a.sourceOf(l))
	}
	if c.with("is_price_modified_by_robot") {
		v.PriceByRobot = new(bool)
	}
	return v
}

// nullable keeps a null in the answer where omitempty would drop the key.
func nullable(s *sourceInfo) any {
	if s == nil {
		return (*int64)(nil)
	}
	return s.ID
}

// trashedLead shows only what Kommo still tells of a lead in the bin.
func trashedLead(c *call, l *lead, self func(string) links) object {
	o := object{}
	for _, k := range []string{
		"name", "price", "responsible_user_id", "group_id", "status_id", "pipeline_id", "loss_reason_id",
		"created_by", "updated_by", "created_at", "closed_at", "closest_task_at", "custom_fields_values", "score", "labor_cost",
	} {
		o[k] = nil
	}
	o["id"], o["is_deleted"], o["updated_at"], o["account_id"] = l.ID, true, l.UpdatedAt, c.a.id
	o["_links"], o["_embedded"] = self(leadPath(l.ID)), object{"tags": []any{}, "companies": []any{}}
	return o
}

type embeddedContact struct {
	ID     int64 `json:"id"`
	IsMain bool  `json:"is_main"`
	Links  links `json:"_links"`
}

type embeddedEntity struct {
	ID    int64 `json:"id"`
	Links links `json:"_links"`
}

func (c *call) leadEmbedded(l *lead, self func(string) links) object {
	o := object{"tags": c.a.tagsOf("leads", l.Tags), "companies": c.linkedEntities(l.ref(), "companies", self)}
	if c.with("contacts") {
		contacts := []embeddedContact{}
		for _, k := range c.a.links.of(l.ref(), "contacts") {
			id := k.other(l.ref()).id
			contacts = append(contacts, embeddedContact{id, k.main, self(fmt.Sprintf("/contacts/%d", id))})
		}
		o["contacts"] = contacts
	}
	if c.with("catalog_elements") {
		o["catalog_elements"] = c.linkedElements(l.ref(), self)
	}
	if c.with("loss_reason") {
		reasons := []lossReasonView{}
		if l.LossReasonID != nil {
			if r := lossReasons(c.a).get(*l.LossReasonID); r != nil {
				reasons = append(reasons, r.view(self))
			}
		}
		o["loss_reason"] = reasons
	}
	if c.with("source") {
		o["source"] = c.a.sourceOf(l)
	}
	return o
}

// linkedEntities are the {id,_links} of linked leads, contacts or companies.
func (c *call) linkedEntities(r ref, entity string, self func(string) links) []embeddedEntity {
	out := []embeddedEntity{}
	for _, id := range c.a.links.ids(r, entity) {
		out = append(out, embeddedEntity{id, self(fmt.Sprintf("/%s/%d", entity, id))})
	}
	return out
}

// linkedElements are the catalog elements of an entity with their quantities.
func (c *call) linkedElements(r ref, self func(string) links) []object {
	out := []object{}
	for _, k := range c.a.links.of(r, "catalog_elements") {
		id := k.other(r).id
		out = append(out, object{
			"id": id, "metadata": k.meta,
			"_links": self(fmt.Sprintf("/catalogs/%v/elements/%d", k.meta["catalog_id"], id)),
		})
	}
	return out
}

// sourceInfo is the source of a lead as leads show it.
type sourceInfo struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// sourced is a row of the "sources" table.
type sourced interface {
	sourceInfo() (externalID string, info sourceInfo)
}

func (a *account) sourceOf(l *lead) *sourceInfo {
	t, isTable := a.tables["sources"].(anyTable)
	if l.Source == "" || !isTable {
		return nil
	}
	for row := range t.each() {
		if s, isSource := row.(sourced); isSource {
			if ext, info := s.sourceInfo(); ext == l.Source {
				return &info
			}
		}
	}
	return nil
}

// closest is the earliest open deadline of the entity, or nil.
func (a *account) closest(r ref) *int64 {
	if at, isSet := a.closestTask[r]; isSet {
		return &at
	}
	return nil
}
