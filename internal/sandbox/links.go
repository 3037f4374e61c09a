package sandbox

import "slices"

// linkable tells what may be linked with what, seen from the path's side (Kommo API
// facts: entity links).
func linkable(from, to string) bool {
	return slices.Contains(map[string][]string{
		"leads":     {"contacts", "companies", "catalog_elements"},
		"contacts":  {"companies", "customers", "catalog_elements", "leads"},
		"companies": {"contacts", "leads", "customers", "catalog_elements"},
		"customers": {"contacts", "companies", "catalog_elements"},
	}[from], to)
}

func linkRoutes() []route {
	kinds := "/{entity:leads|contacts|companies|customers}"
	one := kinds + "/{id:int}"
	filters := []string{"filter[to_entity_id]", "filter[to_entity_type]", "filter[to_catalog_id]"}
	return []route{
		{Method: "GET", Path: one + "/links", Do: listLinks, Query: filters},
		{Method: "POST", Path: one + "/link", Do: linkOne},
		{Method: "POST", Path: one + "/unlink", Do: unlinkOne},
		{Method: "GET", Path: kinds + "/links", Do: listManyLinks, Query: append(filters, "filter[entity_id]")},
		{Method: "POST", Path: kinds + "/link", Do: linkMany},
		{Method: "POST", Path: kinds + "/unlink", Do: unlinkMany},
	}
}

// linkView is a link as seen from one end; entity_id and entity_type are in mass
// answers only.
type linkView struct {
	EntityID     int64  `json:"entity_id,omitempty"`
	EntityType   string `json:"entity_type,omitempty"`
	ToEntityID   int64  `json:"to_entity_id"`
	ToEntityType string `json:"to_entity_type"`
	Metadata     any    `json:"metadata"`
}

// viewLink writes is_main as main_contact, as reads do; most pairs have no
// metadata.
func viewLink(l *entityLink, from ref, mass bool) linkView {
	to := l.other(from)
	v := linkView{ToEntityID: to.id, ToEntityType: to.entity}
	if mass {
		v.EntityID, v.EntityType = from.id, from.entity
	}
	switch {
	case to.entity == "catalog_elements":
		v.Metadata = l.meta
	case from.entity == "leads" && to.entity == "contacts":
		v.Metadata = object{"main_contact": l.main}
	}
	return v
}

func (c *call) findLinks(from ref, mass bool) []linkView {
	q := c.q
	kind := q.get("filter", "to_entity_type")
	paired := kind != "" && q.has("filter", "to_entity_id")
	out := []linkView{}
	for _, l := range c.a.links.of(from, "") {
		to := l.other(from)
		if !linkable(from.entity, to.entity) || paired && (to.entity != kind || !matchIDs(q, to.id, "filter", "to_entity_id")) {
			continue
		}
		if q.has("filter", "to_catalog_id") {
			id, _ := l.meta.int("catalog_id")
			if !matchIDs(q, id, "filter", "to_catalog_id") {
				continue
			}
		}
		out = append(out, viewLink(l, from, mass))
	}
	return out
}

func listLinks(c *call) answer {
	from := ref{c.args["entity"], c.id("id")}
	switch {
	case !c.a.alive(from):
		return invalidField("entity_id", codeNotSupported)
	case !c.maySeeRef(from):
		return forbidden()
	}
	path := cardPath(from.entity, from.id) + "/links"
	body := whole(c, "links", path, c.findLinks(from, false))
	body.Links = c.selfItem(path)
	return ok(body)
}

// listManyLinks wants the ids of the records whose links it lists.
func listManyLinks(c *call) answer {
	ids := c.q.ids("filter", "entity_id")
	if len(ids) == 0 {
		return invalidField("filter.entity_id", codeMissing)
	}
	out := []linkView{}
	for _, id := range ids {
		if from := (ref{c.args["entity"], id}); c.a.alive(from) && c.maySeeRef(from) {
			out = append(out, c.findLinks(from, true)...)
		}
	}
	path := "/" + c.args["entity"] + "/links"
	body := whole(c, "links", path, out)
	body.Links = c.selfItem(path)
	return ok(body)
}
