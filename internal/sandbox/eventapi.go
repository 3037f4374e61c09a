package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// eventPaging: above 100 the limit silently falls back to 50 (Kommo API facts:
// events).
func eventPaging() paging { return paging{max: 100, over: 50} }

// maxEventIDs is how many ids the filters take.
const maxEventIDs = 10

func eventRoutes() []route {
	with := []string{"contact_name", "lead_name", "company_name", "catalog_element_name", "customer_name", "catalog_name", "note"}
	filters := []string{
		"filter[id]", "filter[created_at]", "filter[created_at][from]", "filter[created_at][to]", "filter[created_by]",
		"filter[entity]", "filter[entity_id]", "filter[type]",
	}
	for _, side := range []string{"value_before", "value_after"} {
		for _, name := range []string{
			"[leads_statuses][pipeline_id]", "[leads_statuses][status_id]", "[customers_statuses][status_id]",
			"[responsible_user_id]", "[custom_field_values]", "[value]",
		} {
			filters = append(filters, "filter["+side+"]"+name)
		}
	}
	return []route{
		{Method: "GET", Path: "/events", Do: listEvents, With: with, Query: filters},
		{Method: "GET", Path: "/events/types", Do: listEventTypes, Query: []string{"language_code"}},
		{Method: "GET", Path: "/events/{id}", Do: getEvent, With: with},
	}
}

type eventView struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	EntityID    int64  `json:"entity_id"`
	EntityType  string `json:"entity_type"`
	CreatedBy   int64  `json:"created_by"`
	CreatedAt   int64  `json:"created_at"`
	ValueAfter  []any  `json:"value_after"`
	ValueBefore []any  `json:"value_before"`
	AccountID   int64  `json:"account_id"`
	Links       links  `json:"_links"`
	Embedded    object `json:"_embedded"`
}

// readEvent has no query in its links, even in lists, as recorded.
func (c *call) readEvent(e *event) eventView {
	entity := object{"id": e.EntityID, "_links": c.self(c.a.eventEntityPath(e))}
	if c.with(e.EntityType+"_name") || strings.HasPrefix(e.EntityType, "catalog") && (c.with("catalog_element_name") || c.with("catalog_name")) {
		if name := c.a.nameOf(e.ref()); name != nil {
			entity["name"] = name
		}
	}
	return eventView{
		ID: e.ID, Type: e.Type, EntityID: e.EntityID, EntityType: e.EntityType, CreatedBy: e.CreatedBy, CreatedAt: e.CreatedAt,
		ValueAfter: e.ValueAfter, ValueBefore: e.ValueBefore, AccountID: c.a.id, Links: c.self("/events/" + e.ID),
		Embedded: object{"entity": entity},
	}
}

// ref is the entity of the event under its plural name.
func (e *event) ref() ref {
	switch {
	case e.EntityType == "company":
		return ref{"companies", e.EntityID}
	case strings.HasPrefix(e.EntityType, "catalog"):
		return ref{"catalog_elements", e.EntityID}
	}
	return ref{e.EntityType + "s", e.EntityID}
}

func (a *account) eventEntityPath(e *event) string {
	if id, isCatalog := strings.CutPrefix(e.EntityType, "catalog_"); isCatalog {
		return fmt.Sprintf("/catalogs/%s/elements/%d", id, e.EntityID)
	}
	return cardPath(e.ref().entity, e.EntityID)
}

// listEvents answers the newest first; there is no order parameter.
func listEvents(c *call) answer {
	if bad := c.eventFiltersRefused(); bad != nil {
		return *bad
	}
	var rows []*event
	for _, e := range slices.Backward(c.a.events) {
		if c.matchEvent(e) && c.maySeeRef(e.ref()) {
			rows = append(rows, e)
		}
	}
	slices.SortStableFunc(rows, func(x, y *event) int { return int(y.CreatedAt - x.CreatedAt) })
	return list(c, eventPaging(), "events", "/events", rows, c.readEvent)
}

// eventFiltersRefused is the 400 for too many ids, and for entity_id without exactly
// one entity.
func (c *call) eventFiltersRefused() *answer {
	for _, name := range []string{"created_by", "entity_id"} {
		if len(c.q.list("filter", name)) > maxEventIDs {
			return new(invalidField("filter."+name, codeTooMany))
		}
	}
	if len(c.q.list("filter", "entity_id")) > 0 && len(c.q.list("filter", "entity")) != 1 {
		return new(invalidField("filter.entity", codeNotSupported))
	}
	return nil
}

func (c *call) matchEvent(e *event) bool {
	q := c.q
	among := func(v, name string) bool {
		asked := q.list("filter", name)
		return len(asked) == 0 || slices.Contains(asked, v)
	}
	return among(e.ID, "id") && among(e.EntityType, "entity") && c.matchEventType(e) &&
		matchIDs(q, e.CreatedBy, "filter", "created_by") &&
		matchIDs(q, e.EntityID, "filter", "entity_id") &&
		matchSince(q, e.CreatedAt, "filter", "created_at") &&
		matchEventValues(q, e.ValueBefore, "value_before") &&
		matchEventValues(q, e.ValueAfter, "value_after")
}

// matchEventType takes custom_field_value_changed for the change of any field.
func (c *call) matchEventType(e *event) bool {
	asked := c.q.list("filter", "type")
	if len(asked) == 0 || slices.Contains(asked, e.Type) {
		return true
	}
	return slices.Contains(asked, "custom_field_value_changed") &&
		strings.HasPrefix(e.Type, "custom_field_") && strings.HasSuffix(e.Type, "_value_changed")
}

// matchEventValues applies filter[value_after][…] or filter[value_before][…].
func matchEventValues(q query, values []any, side string) bool {
	if !q.has("filter", side) {
		return true
	}
	some := func(name string, match func(object) bool) bool {
		return slices.ContainsFunc(values, func(v any) bool {
			o, isObject := v.(object)
			return isObject && o.has(name) && match(o.obj(name))
		})
	}
	for name, key := range map[string]string{"leads_statuses": "lead_status", "customers_statuses": "customer_status"} {
		groups := q.groups("filter", side, name)
		if len(groups) > 0 && !some(key, func(o object) bool {
			return slices.ContainsFunc(groups, func(g map[string]string) bool {
				return textOf(o["id"]) == g["status_id"] && (g["pipeline_id"] == "" || g["pipeline_id"] == textOf(o["pipeline_id"]))
			})
		}) {
			return false
		}
	}
	ids := func(param, name, key string) bool {
		asked := q.list("filter", side, param)
		return len(asked) == 0 || some(name, func(o object) bool { return slices.Contains(asked, textOf(o[key])) })
	}
	text := q.get("filter", side, "value")
	return ids("responsible_user_id", "responsible_user", "id") && ids("custom_field_values", "custom_field_value", "enum_id") &&
		(text == "" || slices.ContainsFunc(values, func(v any) bool { return holdsText(v, text) }))
}

// holdsText tells whether any value inside reads as the text.
func holdsText(v any, text string) bool {
	o, isObject := v.(object)
	if !isObject {
		return textOf(v) == text
	}
	for _, inner := range o {
		if holdsText(inner, text) {
			return true
		}
	}
	return false
}

func getEvent(c *call) answer {
	for _, e := range c.a.events {
		if e.ID == c.args["id"] && c.maySeeRef(e.ref()) {
			return ok(c.readEvent(e))
		}
	}
	return noContent()
}
