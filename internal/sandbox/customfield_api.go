package sandbox

import (
	"net/http"
	"slices"
)

// Owners are the collections that have custom fields; {id} stands for a list's.
func fieldRoutes() []route {
	var out []route
	for _, owner := range []string{"leads", "contacts", "companies", "customers", segmentFields, "catalogs/{catalog:int}"} {
		do := func(h func(*call, string) answer) handler {
			return func(c *call) answer {
				at := owner
				if id := c.args["catalog"]; id != "" {
					if !c.a.has("catalogs", c.id("catalog")) {
						return problem(http.StatusNotFound, "Catalog not found")
					}
					at = "catalogs/" + id
				}
				return h(c, at)
			}
		}
		all := "/" + owner + "/custom_fields"
		one := all + "/{id:int}"
		out = append(out,
			route{Method: "GET", Path: all, Do: do(listFields), Query: []string{"filter[type]", "filter[id]"}, Order: []string{"sort", "id"}},
			route{Method: "GET", Path: one, Do: do(getField)},
			route{Method: "POST", Path: all, Do: do(createFields), Admin: true},
			route{Method: "PATCH", Path: all, Do: do(patchFields), Admin: true},
			route{Method: "PATCH", Path: one, Do: do(patchField), Admin: true},
			route{Method: "DELETE", Path: one, Do: do(deleteField), Admin: true})
	}
	return append(out, fieldGroupRoutes()...)
}

func listFields(c *call, owner string) answer {
	types := c.q.list("filter", "type")
	rows := slices.DeleteFunc(c.a.fieldsOf(owner), func(f *customField) bool {
		return len(types) > 0 && !slices.Contains(types, f.Type) || !matchIDs(c.q, f.ID, "filter", "id")
	})
	sortRows(c.q, rows, "id", map[string]func(*customField) int64{
		"id":   func(f *customField) int64 { return f.ID },
		"sort": func(f *customField) int64 { return f.Sort },
	})
	return list(c, paging{totals: true}, "custom_fields", "/"+owner+"/custom_fields", rows, func(f *customField) fieldView {
		return c.readField(f, c.selfItem)
	})
}

func fieldMissing() answer { return problem(http.StatusNotFound, "Custom field not found") }

func getField(c *call, owner string) answer {
	f := c.a.fieldOf(owner, c.id("id"))
	if f == nil {
		return fieldMissing()
	}
	return ok(c.readField(f, c.self))
}

func createFields(c *call, owner string) answer {
	b, bad := c.parseMany(fieldCreateSchema(owner), maxBatch)
	if bad != nil {
		return *bad
	}
	codes := map[string]bool{}
	for _, it := range b {
		c.checkField(owner, nil, it.object, &it.p)
		if code, _ := it.str("code"); code != "" {
			if codes[code] {
				it.p.add("code", codeNotSupported)
			}
			codes[code] = true
		}
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []fieldView
	for _, it := range b {
		f := customField{Owner: owner, Visible: true}
		f.Type, _ = it.str("type")
		row := c.a.addField(f)
		if row.catalogID() != 0 {
			if deletable, sent := it.bool("is_deletable"); sent {
				row.Deletable = deletable
			}
		}
		c.setField(row, it.object)
		v := c.readField(row, c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return created(whole(c, "custom_fields", "/"+owner+"/custom_fields", out))
}

func patchFields(c *call, owner string) answer {
	b, bad := c.parseMany(append(fieldSchema(owner), field{name: "id", kind: intKind, required: true}), maxBatch)
	if bad != nil {
		return *bad
	}
	target := func(it *item) *customField {
		id, _ := it.int("id")
		return c.a.fieldOf(owner, id)
	}
	for _, it := range b {
		switch f := target(it); {
		case f != nil:
			c.checkField(owner, f, it.object, &it.p)
		case it.has("id"):
			it.p.add("id", codeNotSupported)
		}
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []fieldView
	for _, it := range b {
		c.setField(target(it), it.object)
		v := c.readField(target(it), c.self)
		if it.sentID {
			v.RequestID = it.requestID
		}
		out = append(out, v)
	}
	return ok(whole(c, "custom_fields", "/"+owner+"/custom_fields", out))
}

func patchField(c *call, owner string) answer {
	f := c.a.fieldOf(owner, c.id("id"))
	if f == nil {
		return fieldMissing()
	}
	it, bad := c.parseOne(fieldSchema(owner))
	if bad != nil {
		return *bad
	}
	c.checkField(owner, f, it.object, &it.p)
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.setField(f, it.object)
	v := c.readField(f, c.self)
	if it.sentID {
		v.RequestID = it.requestID
	}
	return ok(v)
}

// deleteField takes the values of the field with it.
func deleteField(c *call, owner string) answer {
	f := c.a.fieldOf(owner, c.id("id"))
	switch {
	case f == nil:
		return fieldMissing()
	case !f.Deletable:
		return problem(http.StatusForbidden, "Field can not be deleted")
	}
	customFields(c.a).del(f.ID)
	for _, l := range leads(c.a).all() {
		l.Values = withoutField(l.Values, f.ID)
	}
	for _, entity := range []string{"contacts", "companies"} {
		for _, k := range cards(c.a, entity).all() {
			k.Values = withoutField(k.Values, f.ID)
		}
	}
	return noContent()
}

func withoutField(values []fieldValue, id int64) []fieldValue {
	return slices.DeleteFunc(slices.Clone(values), func(v fieldValue) bool { return v.FieldID == id })
}
