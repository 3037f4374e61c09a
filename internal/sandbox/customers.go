package sandbox

import "strconv"

// customer is a repeat buyer. Kommo's current documents leave customers out; older
// accounts and published clients still have them.
type customer struct {
	ID, Responsible, StatusID int64
	Name                      string
	NextPrice, NextDate       int64
	Periodicity, Bonus        int64
	CreatedBy, UpdatedBy      int64
	CreatedAt, UpdatedAt      int64
	Segments                  []int64
	Values                    []fieldValue
	Tags                      []int64
}

func customers(a *account) *table[customer] { return tableFor[customer](a, "customers", 1_369_001) }

func (k *customer) ref() ref { return ref{"customers", k.ID} }

func (k *customer) searchText(a *account) []string {
	return append([]string{strconv.FormatInt(k.ID, 10), k.Name}, a.fieldValuesText(k.Values)...)
}

func customerRoutes() []route {
	with := []string{"contacts", "companies", "catalog_elements", "segments"}
	return []route{
		{Method: "GET", Path: "/customers", Do: listCustomers, With: with, Query: []string{"query", "filter[id]", "filter[name]", "filter[responsible_user_id]"}},
		{Method: "GET", Path: "/customers/{id:int}", Do: getCustomer, With: with},
		{Method: "POST", Path: "/customers", Do: createCustomers},
		{Method: "PATCH", Path: "/customers", Do: patchCustomers},
		{Method: "PATCH", Path: "/customers/{id:int}", Do: patchCustomer},
		{Method: "PATCH", Path: "/customers/mode", Do: switchCustomers, Admin: true},
		{Method: "POST", Path: "/customers/{id:int}/bonus_points", Do: changeBonus},
	}
}

type customerView struct {
	ID           int64  `json:"id"`
	Name         string `json:"name"`
	NextPrice    int64  `json:"next_price"`
	NextDate     int64  `json:"next_date"`
	Responsible  int64  `json:"responsible_user_id"`
	StatusID     int64  `json:"status_id"`
	Periodicity  int64  `json:"periodicity"`
	CreatedBy    int64  `json:"created_by"`
	UpdatedBy    int64  `json:"updated_by"`
	CreatedAt    int64  `json:"created_at"`
	UpdatedAt    int64  `json:"updated_at"`
	ClosestTask  *int64 `json:"closest_task_at"`
	IsDeleted    bool   `json:"is_deleted"`
	CustomFields any    `json:"custom_fields_values"`
	Ltv          int64  `json:"ltv"`
	Purchases    int64  `json:"purchases_count"`
	AverageCheck int64  `json:"average_check"`
	AccountID    int64  `json:"account_id"`
	Links        links  `json:"_links"`
	Embedded     object `json:"_embedded"`
}

func (c *call) readCustomer(k *customer, self func(string) links) customerView {
	segments := []object{}
	for _, id := range k.Segments {
		segments = append(segments, object{"id": id, "_links": self("/customers/segments/" + strconv.FormatInt(id, 10))})
	}
	emb := object{"tags": c.a.tagsOf("customers", k.Tags), "segments": segments}
	for _, kind := range []string{"contacts", "companies"} {
		if c.with(kind) {
			emb[kind] = c.linkedEntities(k.ref(), kind, self)
		}
	}
	if c.with("catalog_elements") {
		emb["catalog_elements"] = c.linkedElements(k.ref(), self)
	}
	v := customerView{
		ID: k.ID, Name: k.Name, NextPrice: k.NextPrice, NextDate: k.NextDate, Responsible: k.Responsible, StatusID: k.StatusID,
		Periodicity: k.Periodicity, CreatedBy: k.CreatedBy, UpdatedBy: k.UpdatedBy, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt,
		ClosestTask: c.a.closest(k.ref()), CustomFields: c.a.fieldValuesView("customers", k.Values), AccountID: c.a.id,
		Links: self(cardPath("customers", k.ID)), Embedded: emb,
	}
	for _, t := range transactions(c.a).all() {
		if t.Customer == k.ID {
			v.Ltv, v.Purchases = v.Ltv+t.Price, v.Purchases+1
		}
	}
	if v.Purchases > 0 {
		v.AverageCheck = v.Ltv / v.Purchases
	}
	return v
}

func listCustomers(c *call) answer {
	var rows []*customer
	search := c.q.get("query")
	for _, k := range customers(c.a).all() {
		if (c.a.sw.FilteringOff || matchIDs(c.q, k.ID, "filter", "id") && matchText(c.q, k.Name, "filter", "name") &&
			matchIDs(c.q, k.Responsible, "filter", "responsible_user_id")) && (search == "" || matchQuery(search, k.searchText(c.a))) {
			rows = append(rows, k)
		}
	}
	return list(c, paging{}, "customers", "/customers", rows, func(k *customer) customerView { return c.readCustomer(k, c.selfItem) })
}

func getCustomer(c *call) answer {
	k := customers(c.a).get(c.id("id"))
	if k == nil {
		return noContent()
	}
	return ok(c.readCustomer(k, c.self))
}

func customerSchema(create bool) schema {
	s := schema{
		{name: "name", kind: stringKind, required: create},
		{name: "next_price", kind: numberKind},
		{name: "next_date", kind: intKind},
		{name: "responsible_user_id", kind: intKind, check: isUser(false)},
		{name: "status_id", kind: intKind, check: exists("customer_statuses")},
		{name: "periodicity", kind: intKind},
		{name: "created_by", kind: intKind, check: isUser(true)},
		{name: "updated_by", kind: intKind, check: isUser(true)},
		{name: "created_at", kind: intKind},
		{name: "updated_at", kind: intKind},
		customFieldValues("customers"),
		tagList("tags_to_add", "customers"),
		{name: "_embedded", kind: objectKind, fields: schema{
			tagList("tags", "customers"),
			{name: "segments", kind: listKind, item: &field{kind: objectKind, fields: schema{{name: "id", kind: intKind, required: true, check: exists("segments")}}}},
		}},
	}
	if !create {
		s = append(s, tagList("tags_to_delete", "customers"))
	}
	return s
}

func createCustomers(c *call) answer {
	return c.writeCustomers(customerSchema(true), func(*item) *customer {
		k := &customer{ID: customers(c.a).alloc(), Responsible: c.actor(), CreatedBy: c.actor(), CreatedAt: c.now(), StatusID: firstCustomerStatus(c.a)}
		customers(c.a).put(k.ID, k)
		c.log("customer_added", "customers", k.ID, nil, nil)
		return k
	})
}

func patchCustomers(c *call) answer {
	s := append(customerSchema(false), field{name: "id", kind: intKind, required: true, check: exists("customers")})
	return c.writeCustomers(s, func(it *item) *customer {
		id, _ := it.int("id")
		return customers(c.a).get(id)
	})
}

func (c *call) writeCustomers(s schema, target func(*item) *customer) answer {
	b, bad := c.parseMany(s, maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkFieldValues("customers", it.object, "", &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []object
	for _, it := range b {
		k := target(it)
		c.setCustomer(k, it.object)
		row := c.customerWritten(k)
		row["request_id"] = it.requestID
		out = append(out, row)
	}
	return ok(writeBody(c, "customers", "/customers", out))
}

func (c *call) customerWritten(k *customer) object {
	return object{
		"id": k.ID, "name": k.Name, "status_id": k.StatusID, "created_by": k.CreatedBy, "updated_by": k.UpdatedBy,
		"created_at": k.CreatedAt, "updated_at": k.UpdatedAt, "account_id": c.a.id, "_links": c.self(cardPath("customers", k.ID)),
	}
}

func patchCustomer(c *call) answer {
	k := customers(c.a).get(c.id("id"))
	if k == nil {
		return invalidField("id", codeNotSupported)
	}
	it, bad := c.parseOne(customerSchema(false))
	if bad != nil {
		return *bad
	}
	c.checkFieldValues("customers", it.object, "", &it.p)
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.setCustomer(k, it.object)
	return ok(c.customerWritten(k))
}

func (c *call) setCustomer(k *customer, o object) {
	if v, sent := o.str("name"); sent {
		k.Name = v
	}
	if v, sent := o.number("next_price"); sent {
		k.NextPrice = int64(v)
	}
	for name, to := range map[string]*int64{
		"next_date": &k.NextDate, "responsible_user_id": &k.Responsible, "status_id": &k.StatusID, "periodicity": &k.Periodicity,
		"created_by": &k.CreatedBy, "created_at": &k.CreatedAt,
	} {
		if v, sent := o.int(name); sent {
			*to = v
		}
	}
	if emb := o.obj("_embedded"); emb.has("segments") {
		k.Segments = nil
		for _, s := range emb.objects("segments") {
			id, _ := s.int("id")
			k.Segments = append(k.Segments, id)
		}
	}
	k.Values = c.applyFieldValues("customers", k.ID, k.Values, o)
	k.Tags = c.applyTags("customers", k.ID, k.Tags, o)
	k.UpdatedAt, k.UpdatedBy = c.now(), c.actor()
}

// switchCustomers turns customers on or off for the account.
func switchCustomers(c *call) answer {
	it, bad := c.parseOne(schema{
		{name: "mode", kind: stringKind, required: true, check: oneOf("segments", "periodicity")},
		{name: "is_enabled", kind: boolKind, required: true},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	mode, _ := it.str("mode")
	on, _ := it.bool("is_enabled")
	c.a.profile.customersMode = "disabled"
	if on {
		c.a.profile.customersMode = mode
	}
	return ok(object{"mode": mode, "is_enabled": on})
}

func changeBonus(c *call) answer {
	k := customers(c.a).get(c.id("id"))
	if k == nil {
		return noSuchEntity()
	}
	it, bad := c.parseOne(schema{{name: "earn", kind: intKind}, {name: "redeem", kind: intKind}})
	if bad != nil {
		return *bad
	}
	earn, _ := it.int("earn")
	redeem, _ := it.int("redeem")
	if k.Bonus+earn-redeem < 0 {
		it.p.add("redeem", codeNotSupported)
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	k.Bonus += earn - redeem
	return ok(object{"bonus_points": k.Bonus})
}
