package sandbox

import (
	"fmt"
	"net/http"
)

// catalog is a list; its elements are linked to leads. The products list is one of
// them.
type catalog struct {
	ID, Sort             int64
	Name, Type           string // regular, products, invoices, suppliers
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
	CanAdd, CanLinkMany  bool
	CanShow              bool
}

func catalogs(a *account) *table[catalog] { return tableFor[catalog](a, "catalogs", 11_271) }

const maxCatalogs = 10

// Lists have no DELETE (Kommo API facts: lists).
func catalogRoutes() []route {
	return []route{
		{Method: "GET", Path: "/catalogs", Do: listCatalogs, Query: []string{"filter[type]"}},
		{Method: "GET", Path: "/catalogs/{id:int}", Do: getCatalog},
		{Method: "POST", Path: "/catalogs", Do: createCatalogs, Admin: true},
		{Method: "PATCH", Path: "/catalogs", Do: patchCatalogs, Admin: true},
		{Method: "PATCH", Path: "/catalogs/{id:int}", Do: patchCatalog, Admin: true},
		{Method: "GET", Path: "/catalogs/products/settings", Do: getProductSettings},
		{Method: "PATCH", Path: "/catalogs/products/settings", Do: patchProductSettings, Admin: true},
	}
}

type catalogView struct {
	ID          int64   `json:"id"`
	Name        string  `json:"name"`
	CreatedBy   int64   `json:"created_by"`
	UpdatedBy   int64   `json:"updated_by"`
	CreatedAt   int64   `json:"created_at"`
	UpdatedAt   int64   `json:"updated_at"`
	Sort        int64   `json:"sort"`
	Type        string  `json:"type"`
	CanAdd      bool    `json:"can_add_elements"`
	CanShow     bool    `json:"can_show_in_cards"`
	CanLinkMany bool    `json:"can_link_multiple"`
	CanDelete   bool    `json:"can_be_deleted"`
	WidgetCode  *string `json:"sdk_widget_code"`
	AccountID   int64   `json:"account_id"`
	RequestID   string  `json:"request_id,omitempty"`
	Links       links   `json:"_links"`
}

func (c *call) readCatalog(k *catalog, self func(string) links) catalogView {
	return catalogView{
		ID: k.ID, Name: k.Name, CreatedBy: k.CreatedBy, UpdatedBy: k.UpdatedBy, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt,
		Sort: k.Sort, Type: k.Type, CanAdd: k.CanAdd, CanShow: k.CanShow, CanLinkMany: k.CanLinkMany, CanDelete: k.Type == "regular",
		AccountID: c.a.id, Links: self(fmt.Sprintf("/catalogs/%d", k.ID)),
	}
}

func listCatalogs(c *call) answer {
	var rows []*catalog
	for _, k := range catalogs(c.a).all() {
		if matchText(c.q, k.Type, "filter", "type") {
			rows = append(rows, k)
		}
	}
	return list(c, paging{}, "catalogs", "/catalogs", rows, func(k *catalog) catalogView { return c.readCatalog(k, c.selfItem) })
}

func catalogMissing() answer { return problem(http.StatusNotFound, "Catalog not found") }

func getCatalog(c *call) answer {
	k := catalogs(c.a).get(c.id("id"))
	if k == nil {
		return catalogMissing()
	}
	return ok(c.readCatalog(k, c.self))
}

func catalogSchema(create bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: create, notBlank: true},
		{name: "type", kind: stringKind, check: oneOf("regular", "products", "invoices", "suppliers")},
		{name: "sort", kind: intKind},
		{name: "can_add_elements", kind: boolKind},
		{name: "can_link_multiple", kind: boolKind},
		{name: "can_show_in_cards", kind: boolKind},
		{name: "can_be_deleted", kind: boolKind},
		{name: "sdk_widget_code", kind: scalarKind},
	}.authored()
}

// addCatalog is for seeds and for POST. A products list gets the fields that it has
// in every account.
func addCatalog(a *account, name, typ string, by int64) *catalog {
	k := &catalog{
		ID: catalogs(a).alloc(), Name: name, Type: typ, Sort: int64(catalogs(a).len()+1) * 10, CreatedBy: by, UpdatedBy: by,
		CreatedAt: a.now(), UpdatedAt: a.now(), CanAdd: true, CanLinkMany: true,
	}
	catalogs(a).put(k.ID, k)
	if typ == "products" {
		for i, f := range []customField{
			{Name: "SKU", Code: new("SKU"), Type: "text"},
			{Name: "Description", Code: new("DESCRIPTION"), Type: "textarea"},
			{Name: "Price", Code: new("PRICE"), Type: "price"},
			{Name: "Group", Code: new("GROUP"), Type: "category"},
			{Name: "External ID", Code: new("EXTERNAL_ID"), Type: "text"},
		} {
			f.Owner, f.Predefined, f.Visible, f.Sort = k.fields(), true, true, int64(500+i)
			a.addField(f)
		}
	}
	return k
}

// fields is the owner name of the list's custom fields.
func (k *catalog) fields() string { return fmt.Sprintf("catalogs/%d", k.ID) }

func (c *call) setCatalog(k *catalog, o object) {
	if v, sent := o.str("name"); sent {
		k.Name = v
	}
	if v, sent := o.int("sort"); sent {
		k.Sort = v
	}
	if v, sent := o.bool("can_add_elements"); sent {
		k.CanAdd = v
	}
	if v, sent := o.bool("can_link_multiple"); sent {
		k.CanLinkMany = v
	}
	if v, sent := o.bool("can_show_in_cards"); sent {
		k.CanShow = v
	}
	k.UpdatedAt, k.UpdatedBy = c.now(), c.actor()
	c.setAuthors(o, &k.CreatedBy, &k.UpdatedBy, &k.CreatedAt, &k.UpdatedAt)
}

func createCatalogs(c *call) answer {
	b, bad := c.parseMany(catalogSchema(true), maxBatch)
	if bad != nil {
		return *bad
	}
	products := false
	for _, k := range catalogs(c.a).all() {
		products = products || k.Type == "products"
	}
	for _, it := range b {
		if typ, _ := it.str("type"); typ == "products" {
			if products {
				it.p.add("type", codeNotSupported) // there is one products list
			}
			products = true
		}
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if catalogs(c.a).len()+len(b) > maxCatalogs {
		return problem(http.StatusUnprocessableEntity, "Catalogs limit exceeded")
	}
	var out []catalogView
	for _, it := range b {
		name, _ := it.str("name")
		typ, sent := it.str("type")
		if !sent {
			typ = "regular"
		}
		k := addCatalog(c.a, name, typ, c.actor())
		c.setCatalog(k, it.object)
		v := c.readCatalog(k, c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return ok(writeBody(c, "catalogs", "/catalogs", out))
}

func patchCatalogs(c *call) answer {
	b, bad := c.parseMany(append(catalogSchema(false), field{name: "id", kind: intKind, required: true, check: exists("catalogs")}), maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []catalogView
	for _, it := range b {
		id, _ := it.int("id")
		k := catalogs(c.a).get(id)
		c.setCatalog(k, it.object)
		v := c.readCatalog(k, c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return ok(writeBody(c, "catalogs", "/catalogs", out))
}

func patchCatalog(c *call) answer {
	k := catalogs(c.a).get(c.id("id"))
	if k == nil {
		return catalogMissing()
	}
	it, bad := c.parseOne(catalogSchema(false))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.setCatalog(k, it.object)
	return ok(c.readCatalog(k, c.self))
}

// getProductSettings tells whether the account uses products. Published clients
// ask here; Kommo's API facts name only the switch in the settings.
func getProductSettings(c *call) answer {
	return ok(object{"is_enabled": !c.a.profile.productsOff, "_links": c.self("/catalogs/products/settings")})
}

func patchProductSettings(c *call) answer {
	it, bad := c.parseOne(schema{{name: "is_enabled", kind: boolKind, required: true}})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	on, _ := it.bool("is_enabled")
	c.a.profile.productsOff = !on
	return getProductSettings(c)
}
