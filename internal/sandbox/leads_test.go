package sandbox

import (
	"fmt"
	"testing"
)

func TestLeadIsCreatedReadAndPatched(t *testing.T) {
	g := newRig(t)
	ids := g.made("leads", "/leads", `[{"name":"Roof","price":1200,"_embedded":{"tags":[{"name":"vip"}]}}]`)
	path := fmt.Sprintf("/leads/%d", ids[0])
	r := g.get(path).want(200)
	r.eq("Roof", "name")
	r.eq(1200, "price")
	r.eq("vip", "_embedded", "tags", 0, "name")
	g.tick(5)
	g.patch(path, `{"name":"Roof 2","tags_to_add":[{"name":"hot"}]}`).want(200).eq(1_760_000_005, "updated_at")
	list := g.get("/leads?filter[id][]=" + fmt.Sprint(ids[0])).want(200)
	list.eq("Roof 2", "_embedded", "leads", 0, "name")
	g.get("/leads?page=2").want(204)
	g.get("/leads/1").want(204)
	g.post("/leads", `[{"nmae":"x"}]`).want(400).eq("FieldNotExpected", "validation-errors", 0, "errors", 0, "code")
}
