package sandbox

import (
	"fmt"
	"strconv"
)

type element struct {
	ID, CatalogID        int64
	Name                 string
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
	Values               []fieldValue
}

// elements is named as links name it, so that records can be linked to them.
func elements(a *account) *table[element] {
	return tableFor[element](a, "catalog_elements", 14_229_001)
}

// Elements have no DELETE: 405 (Kommo API facts: lists).
func elementRoutes() []route {
	const all = "/catalogs/{catalog:int}/elements"
	return []route{
		{Method: "GET", Path: all, Do: inCatalog(listElements), Query: []string{"query", "filter[id]"}, With: []string{"invoice_link", "supplier_field_values"}},
		{Method: "GET", Path: all + "/{id:int}", Do: inCatalog(getElement), With: []string{"invoice_link", "supplier_field_values"}},
		{Method: "POST", Path: all, Do: inCatalog(createElements)},
		{Method: "PATCH", Path: all, Do: inCatalog(patchElements)},
		{Method: "PATCH", Path: all + "/{id:int}", Do: inCatalog(patchElement)},
	}
}

func inCatalog(do func(*call, *catalog) answer) handler {
	return func(c *call) answer {
		k := catalogs(c.a).get(c.id("catalog"))
		if k == nil {
			return catalogMissing()
		}
		return do(c, k)
	}
}

type elementView struct {
	ID           int64  `json:"id"`
	Name         string `json:"name"`
	CreatedBy    int64  `json:"created_by"`
	UpdatedBy    int64  `json:"updated_by"`
	CreatedAt    int64  `json:"created_at"`
	UpdatedAt    int64  `json:"updated_at"`
	IsDeleted    *bool  `json:"is_deleted"`
	CustomFields any    `json:"custom_fields_values"`
	CatalogID    int64  `json:"catalog_id"`
	AccountID    int64  `json:"account_id"`
	RequestID    string `json:"request_id,omitempty"`
	Links        links  `json:"_links"`
}

func (e *element) path() string { return fmt.Sprintf("/catalogs/%d/elements/%d", e.CatalogID, e.ID) }

// readElement shows is_deleted as null, as recorded.
func (c *call) readElement(k *catalog, e *element, self func(string) links) elementView {
	return elementView{
		ID: e.ID, Name: e.Name, CreatedBy: e.CreatedBy, UpdatedBy: e.UpdatedBy, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		CustomFields: c.a.fieldValuesView(k.fields(), e.Values), CatalogID: e.CatalogID, AccountID: c.a.id, Links: self(e.path()),
	}
}

func (e *element) searchText(a *account) []string {
	return append([]string{strconv.FormatInt(e.ID, 10), e.Name}, a.fieldValuesText(e.Values)...)
}

func listElements(c *call, k *catalog) answer {
	var rows []*element
	search := c.q.get("query")
	for _, e := range elements(c.a).all() {
		if e.CatalogID == k.ID && matchIDs(c.q, e.ID, "filter", "id") && (search == "" || matchQuery(search, e.searchText(c.a))) {
			rows = append(rows, e)
		}
	}
	return list(c, paging{}, "elements", fmt.Sprintf("/catalogs/%d/elements", k.ID), rows, func(e *element) elementView {
		return c.readElement(k, e, c.selfItem)
	})
}

// elementOf is the element of the path, nil when it is of another list.
func (c *call) elementOf(k *catalog, id int64) *element {
	if e := elements(c.a).get(id); e != nil && e.CatalogID == k.ID {
		return e
	}
	return nil
}

func getElement(c *call, k *catalog) answer {
	e := c.elementOf(k, c.id("id"))
	if e == nil {
		return noContent()
	}
	return ok(c.readElement(k, e, c.self))
}

func listElementSchema(create bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: create, notBlank: true},
		{name: "currency_id", kind: intKind}, // of invoices
		customFieldValues("catalogs"),
	}.authored()
}

// addElement is for seeds and for POST.
func addElement(a *account, k *catalog, name string, by int64) *element {
	e := &element{ID: elements(a).alloc(), CatalogID: k.ID, Name: name, CreatedBy: by, UpdatedBy: by, CreatedAt: a.now(), UpdatedAt: a.now()}
	elements(a).put(e.ID, e)
	return e
}

func createElements(c *call, k *catalog) answer {
	return c.writeElements(k, listElementSchema(true), func(it *item) *element {
		name, _ := it.str("name")
		return addElement(c.a, k, name, c.actor())
	})
}

func patchElements(c *call, k *catalog) answer {
	s := append(listElementSchema(false), field{name: "id", kind: intKind, required: true, check: func(c *call, v any) string {
		if id, _ := v.(int64); c.elementOf(k, id) == nil {
			return codeNotSupported
		}
		return ""
	}})
	return c.writeElements(k, s, func(it *item) *element {
		id, _ := it.int("id")
		return c.elementOf(k, id)
	})
}

// writeElements answers whole elements, as recorded.
func (c *call) writeElements(k *catalog, s schema, target func(*item) *element) answer {
	b, bad := c.parseMany(s, maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkFieldValues(k.fields(), it.object, "", &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []elementView
	for _, it := range b {
		e := target(it)
		c.setElement(k, e, it.object)
		v := c.readElement(k, e, c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return ok(writeBody(c, "elements", fmt.Sprintf("/catalogs/%d/elements", k.ID), out))
}

func (c *call) setElement(k *catalog, e *element, o object) {
	if v, sent := o.str("name"); sent {
		e.Name = v
	}
	e.UpdatedAt, e.UpdatedBy = c.now(), c.actor()
	c.setAuthors(o, &e.CreatedBy, &e.UpdatedBy, &e.CreatedAt, &e.UpdatedAt)
	before := len(c.a.events)
	e.Values = c.applyFieldValues(k.fields(), e.ID, e.Values, o)
	for _, ev := range c.a.events[before:] {
		ev.EntityType = fmt.Sprintf("catalog_%d", k.ID)
	}
}

func patchElement(c *call, k *catalog) answer {
	e := c.elementOf(k, c.id("id"))
	if e == nil {
		return invalidField("id", codeNotSupported)
	}
	it, bad := c.parseOne(listElementSchema(false))
	if bad != nil {
		return *bad
	}
	c.checkFieldValues(k.fields(), it.object, "", &it.p)
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.setElement(k, e, it.object)
	return ok(c.readElement(k, e, c.self))
}
