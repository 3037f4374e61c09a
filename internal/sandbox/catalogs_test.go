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

// TestListsAreSavedAsTheyWereRead sends back what reads give, as the published
// clients do.
func TestListsAreSavedAsTheyWereRead(t *testing.T) {
	g := newRig(t)
	list := g.made("catalogs", "/catalogs", `[{"name":"Roofs","created_by":0,"created_at":1700000000,"can_show_in_cards":true,"can_be_deleted":true}]`)[0]
	path := fmt.Sprintf("/catalogs/%d", list)
	r := g.get(path).want(200)
	r.eq(1700000000, "created_at")
	r.eq(true, "can_show_in_cards")
	r.eq(0, "created_by")
	one := fmt.Sprintf("%s/elements/%d", path, g.made("elements", path+"/elements", `[{"name":"Flat","created_by":0,"created_at":1700000000,"currency_id":1}]`)[0])
	g.patch(one, `{"id":1,"name":"Flat roof","created_by":0,"updated_by":0,"created_at":1700000000,"updated_at":1700000001,"request_id":"0"}`).want(200)
	r = g.get(one).want(200)
	r.eq(1700000001, "updated_at")
	r.eq(1700000000, "created_at")
}

func TestProductsAreSwitchedOff(t *testing.T) {
	g := newRig(t)
	g.get("/catalogs/products/settings").want(200).eq(true, "is_enabled")
	g.patch("/catalogs/products/settings", `{"is_enabled":false}`).want(200).eq(false, "is_enabled")
	g.get("/catalogs/products/settings").want(200).eq(false, "is_enabled")
	g.patch("/catalogs/products/settings", `{}`).want(400)
}
