package sandbox

import (
	"fmt"
	"net/http"
)

// transaction is one purchase of a customer.
type transaction struct {
	ID, Customer, Price  int64
	Comment              string
	CompletedAt          int64
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
	Products             []any // {id, metadata}, as sent
}

// bought are the products, an empty list for none.
func (t *transaction) bought() []any {
	if t.Products == nil {
		return []any{}
	}
	return t.Products
}

func transactions(a *account) *table[transaction] {
	return tableFor[transaction](a, "transactions", 684_001)
}

func transactionRoutes() []route {
	const mine = "/customers/{customer:int}/transactions"
	filters := []string{"filter[id]"}
	return []route{
		{Method: "GET", Path: "/customers/transactions", Do: listTransactions, Query: filters},
		{Method: "GET", Path: mine, Do: listTransactions, Query: filters},
		{Method: "GET", Path: mine + "/{id:int}", Do: getTransaction},
		{Method: "GET", Path: "/customers/transactions/{id:int}", Do: getTransaction},
		{Method: "POST", Path: mine, Do: createTransactions},
		{Method: "DELETE", Path: "/customers/transactions/{id:int}", Do: deleteTransaction},
	}
}

func (t *transaction) path() string {
	return fmt.Sprintf("/customers/%d/transactions/%d", t.Customer, t.ID)
}

func (c *call) readTransaction(t *transaction, self func(string) links) object {
	return object{
		"id": t.ID, "price": t.Price, "comment": t.Comment, "completed_at": t.CompletedAt, "customer_id": t.Customer,
		"created_by": t.CreatedBy, "updated_by": t.UpdatedBy, "created_at": t.CreatedAt, "updated_at": t.UpdatedAt,
		"is_deleted": false, "account_id": c.a.id, "_links": self(t.path()),
		"_embedded": object{"customer": embeddedEntity{t.Customer, self(cardPath("customers", t.Customer))}, "catalog_elements": t.bought()},
	}
}

func listTransactions(c *call) answer {
	var rows []*transaction
	path := "/customers/transactions"
	if c.args["customer"] != "" {
		path = "/customers/" + c.args["customer"] + "/transactions"
	}
	for _, t := range transactions(c.a).all() {
		if (c.args["customer"] == "" || t.Customer == c.id("customer")) && matchIDs(c.q, t.ID, "filter", "id") {
			rows = append(rows, t)
		}
	}
	return list(c, paging{}, "transactions", path, rows, func(t *transaction) object { return c.readTransaction(t, c.selfItem) })
}

func getTransaction(c *call) answer {
	t := transactions(c.a).get(c.id("id"))
	if t == nil {
		return noContent()
	}
	return ok(c.readTransaction(t, c.self))
}

func createTransactions(c *call) answer {
	if !customers(c.a).has(c.id("customer")) {
		return noSuchEntity()
	}
	b, bad := c.parseMany(schema{
		{name: "price", kind: numberKind, required: true},
		{name: "comment", kind: stringKind},
		{name: "completed_at", kind: intKind},
		{name: "created_by", kind: intKind, check: isUser(true)},
		{name: "next_date", kind: intKind},
		{name: "next_price", kind: numberKind},
		{name: "_embedded", kind: objectKind, fields: schema{{name: "catalog_elements", kind: listKind, item: &field{kind: objectKind, fields: schema{
			{name: "id", kind: intKind, required: true, check: exists("catalog_elements")},
			{name: "metadata", kind: objectKind},
		}}}}},
	}, maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	out := []object{}
	for _, it := range b {
		t := c.addTransaction(it.object)
		out = append(out, object{
			"id": t.ID, "customer_id": t.Customer, "request_id": it.requestID, "_links": c.self(t.path()),
			"_embedded": object{"customer": embeddedEntity{t.Customer, c.self(cardPath("customers", t.Customer))}},
		})
	}
	return ok(object{"_total_items": len(out), "_embedded": object{"transactions": out}})
}

func (c *call) addTransaction(o object) *transaction {
	t := &transaction{
		ID: transactions(c.a).alloc(), Customer: c.id("customer"), CompletedAt: c.now(),
		CreatedBy: c.actor(), UpdatedBy: c.actor(), CreatedAt: c.now(), UpdatedAt: c.now(),
	}
	price, _ := o.number("price")
	t.Price = int64(price)
	t.Comment, _ = o.str("comment")
	if at, sent := o.int("completed_at"); sent {
		t.CompletedAt = at
	}
	t.Products = o.obj("_embedded").list("catalog_elements")
	transactions(c.a).put(t.ID, t)
	k := customers(c.a).get(t.Customer)
	if at, sent := o.int("next_date"); sent {
		k.NextDate = at
	}
	if v, sent := o.number("next_price"); sent {
		k.NextPrice = int64(v)
	}
	c.log("transaction_added", "customers", t.Customer, nil, valueOf("transaction", object{"id": t.ID}))
	return t
}

func deleteTransaction(c *call) answer {
	if !transactions(c.a).has(c.id("id")) {
		return problem(http.StatusNotFound, "Transaction not found")
	}
	transactions(c.a).del(c.id("id"))
	return noContent()
}
