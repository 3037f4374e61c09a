package sandbox

import (
	"fmt"
	"testing"
)

func TestCustomerWithPurchasesAndSegment(t *testing.T) {
	g := newRig(t)
	g.get("/customers").want(204)
	seg := g.made("segments", "/customers/segments", `[{"name":"VIP"}]`)[0]
	r := g.post("/customers", fmt.Sprintf(`[{"name":"Ann","next_price":50,"_embedded":{"segments":[{"id":%d}],"tags":[{"name":"loyal"}]}}]`, seg)).want(200)
	r.eq("0", "_embedded", "customers", 0, "request_id")
	id := int64(r.rows("customers")[0]["id"].(float64))
	path := fmt.Sprintf("/customers/%d", id)
	tr := g.post(path+"/transactions", `[{"price":100,"comment":"first"},{"price":300,"next_price":70}]`).want(200)
	tr.eq(2, "_total_items")
	tr.eq(id, "_embedded", "transactions", 0, "_embedded", "customer", "id")
	one := g.get(path + "?with=contacts").want(200)
	one.eq(400, "ltv")
	one.eq(200, "average_check")
	one.eq(70, "next_price")
	one.eq("loyal", "_embedded", "tags", 0, "name")
	one.eq(seg, "_embedded", "segments", 0, "id")
	g.get(fmt.Sprintf("/customers/segments/%d", seg)).want(200).eq(1, "customers_count")
	g.patch(path, `{"name":"Ann Lee"}`).want(200).eq("Ann Lee", "name")
	g.get("/customers?query=lee").want(200)
	g.post(path+"/bonus_points", `{"earn":30}`).want(200).eq(30, "bonus_points")
	g.post(path+"/bonus_points", `{"redeem":31}`).want(400)
	g.get("/customers/transactions").want(200)
	g.del(fmt.Sprintf("/customers/transactions/%v", tr.at("_embedded", "transactions", 0, "id"))).want(204)
	g.get("/customers/statuses").want(200).eq("Upcoming", "_embedded", "statuses", 0, "name")
	g.patch("/customers/mode", `{"mode":"segments","is_enabled":true}`).want(200)
	g.get("/account").want(200).eq("segments", "customers_mode")
	g.get("/customers/1").want(204)
}

func TestCustomerStatuses(t *testing.T) {
	g := newRig(t)
	r := g.post("/customers/statuses", `[{"name":"Asleep","color":"#FFFEB2","sort":5,"request_id":"s"}]`).want(200)
	r.eq("s", "_embedded", "statuses", 0, "request_id")
	r.eq(false, "_embedded", "statuses", 0, "is_default")
	id := int64(r.rows("statuses")[0]["id"].(float64))
	path := fmt.Sprintf("/customers/statuses/%d", id)
	g.patch(path, `{"name":"Sleeping"}`).want(200).eq("Sleeping", "name")
	g.patch(path, `{"color":"#123456"}`).want(400)
	g.get(path).want(200).eq(5, "sort")
	all := g.get("/customers/statuses").want(200)
	all.eq(id, "_embedded", "statuses", 0, "id")
	all.eq(5, "_total_items")
	one := g.made("customers", "/customers", fmt.Sprintf(`[{"name":"Ann","status_id":%d}]`, id))[0]
	g.post("/customers", `[{"name":"Ann","status_id":1}]`).want(400)
	g.del(path).want(204)
	g.get(path).want(404)
	first := g.get("/customers/statuses").want(200).rows("statuses")[0]
	g.get(fmt.Sprintf("/customers/%d", one)).want(200).eq(first["id"], "status_id")
	g.del(fmt.Sprintf("/customers/statuses/%.0f", first["id"])).want(400)
}

func TestTransactionsKeepTheirProducts(t *testing.T) {
	g := newRig(t)
	list := g.made("catalogs", "/catalogs", `[{"name":"Products","type":"products"}]`)[0]
	product := g.made("elements", fmt.Sprintf("/catalogs/%d/elements", list), `[{"name":"Panel"}]`)[0]
	path := fmt.Sprintf("/customers/%d/transactions", g.made("customers", "/customers", `[{"name":"Ann"}]`)[0])
	g.post(path, fmt.Sprintf(`[{"price":1,"_embedded":{"catalog_elements":[{"id":%d,"metadata":{"catalog_id":%d,"quantity":2}}]}}]`, product, list)).want(200)
	g.get(path).want(200).eq(2, "_embedded", "transactions", 0, "_embedded", "catalog_elements", 0, "metadata", "quantity")
	g.post(path, `[{"price":1,"_embedded":{"catalog_elements":[{"id":1}]}}]`).want(400)
}
