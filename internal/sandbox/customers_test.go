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
	g.get("/customers/statuses").want(200)
	g.patch("/customers/mode", `{"mode":"segments","is_enabled":true}`).want(200)
	g.get("/account").want(200).eq("segments", "customers_mode")
	g.get("/customers/1").want(204)
}
