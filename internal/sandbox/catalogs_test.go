package sandbox

import (
	"fmt"
	"testing"
)

func TestProductsAreMadeSearchedAndLinked(t *testing.T) {
	g := newRig(t)
	g.get("/catalogs").want(204)
	list := g.made("catalogs", "/catalogs", `[{"name":"Products","type":"products"}]`)[0]
	g.post("/catalogs", `[{"name":"More","type":"products"}]`).want(400)
	path := fmt.Sprintf("/catalogs/%d", list)
	g.get(path).want(200).eq("products", "type")
	g.patch(path, `{"name":"Goods"}`).want(200).eq("Goods", "name")
	r := g.post(path+"/elements", `[{"name":"Panel","request_id":"p","custom_fields_values":[{"field_code":"PRICE","values":[{"value":"999.12"}]}]}]`).want(200)
	r.eq("p", "_embedded", "elements", 0, "request_id")
	r.eq(nil, "_embedded", "elements", 0, "is_deleted")
	r.eq("999.12", "_embedded", "elements", 0, "custom_fields_values", 0, "values", 0, "value")
	id := int64(r.rows("elements")[0]["id"].(float64))
	g.get(path+"/elements?query=panel").want(200).eq(id, "_embedded", "elements", 0, "id")
	g.get(path + "/elements?query=nothing").want(204)
	one := fmt.Sprintf("%s/elements/%d", path, id)
	g.patch(one, `{"name":"Panel 400 W"}`).want(200).eq("Panel 400 W", "name")
	g.post(path+"/elements", `[{"name":"x","custom_fields_values":[{"field_code":"NOPE","values":[{"value":"1"}]}]}]`).want(400)
	if r := g.del(one).want(405); len(r.raw) != 0 {
		t.Errorf("body %q", r.raw)
	}
	g.get("/catalogs/1/elements").want(404)
	lead := g.made("leads", "/leads", `[{"name":"x"}]`)[0]
	link := fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"catalog_elements","metadata":{"catalog_id":%d,"quantity":2}}]`, id, list)
	g.post(fmt.Sprintf("/leads/%d/link", lead), link).want(200)
	l := g.get(fmt.Sprintf("/leads/%d?with=catalog_elements", lead)).want(200)
	l.eq(id, "_embedded", "catalog_elements", 0, "id")
	l.eq(2, "_embedded", "catalog_elements", 0, "metadata", "quantity")
}
