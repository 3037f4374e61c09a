package sandbox

import (
	"fmt"
	"testing"
)

func TestFieldTypesOfLists(t *testing.T) {
	g := newRig(t)
	list := g.made("catalogs", "/catalogs", `[{"name":"Goods","can_add_elements":true}]`)[0]
	owner := fmt.Sprintf("catalogs/%d", list)
	ann := g.made("contacts", "/contacts", `[{"name":"Ann"}]`)[0]
	element := func(field int64, values string) reply {
		body := fmt.Sprintf(`[{"name":"E","custom_fields_values":[{"field_id":%d,"values":%s}]}]`, field, values)
		id := g.made("elements", "/"+owner+"/elements", body)[0]
		return g.get(fmt.Sprintf("/%s/elements/%d", owner, id)).want(200)
	}
	value := []any{"custom_fields_values", 0, "values", 0, "value"}
	at := func(keys ...any) []any { return append(append([]any{}, value...), keys...) }

	price, _ := g.field(owner, `{"name":"P","type":"price"}`)
	element(price, `[{"value":999.12}]`).eq("999.12", value...)

	items, _ := g.field(owner, `{"name":"I","type":"items"}`)
	r := element(items, `[{"value":{"sku":"a","description":"Panel","unit_price":100,"quantity":2,"discount":{"type":"percentage","value":10}}}]`)
	r.eq(180, at("total_sum")...)
	r.eq(false, at("is_discount_recalculated")...)

	linked, _ := g.field(owner, `{"name":"L","type":"linked_entity"}`)
	r = element(linked, fmt.Sprintf(`[{"value":{"entity_id":%d,"entity_type":"contacts","catalog_id":null}}]`, ann))
	r.eq("Ann", at("name")...)
	r.eq(nil, at("catalog_id")...)

	payer, _ := g.field(owner, `{"name":"Y","type":"payer"}`)
	element(payer, `[{"value":{"name":"Acme","type":"legal","vat_id":"1"}}]`).eq("Acme", at("name")...)

	supplier, _ := g.field(owner, `{"name":"S","type":"supplier"}`)
	element(supplier, `[{"value":{"entity_id":3}}]`).eq(nil, at("vat_id")...)

	row := g.post("/"+owner+"/custom_fields", `[{"name":"C","type":"category","nested":[{"value":"Roof","request_id":"r"},{"value":"Tile","parent_request_id":"r"}]}]`).want(201)
	root := row.at("_embedded", "custom_fields", 0, "nested", 0, "id")
	row.eq(root, "_embedded", "custom_fields", 0, "nested", 1, "parent_id")
	category := int64(row.at("_embedded", "custom_fields", 0, "id").(float64))
	element(category, `[{"value":"Roof"}]`).eq(root, "custom_fields_values", 0, "values", 0, "enum_id")

	for body, path := range map[string]string{
		fmt.Sprintf(`{"field_id":%d,"values":[{"value":{"sku":"a","colour":"red"}}]}`, items):             "value.colour",
		fmt.Sprintf(`{"field_id":%d,"values":[{"value":{"discount":{"type":"half","value":1}}}]}`, items): "value.discount.type",
		fmt.Sprintf(`{"field_id":%d,"values":[{"value":{"entity_id":1,"entity_type":"leads"}}]}`, linked): "value.entity_type",
		fmt.Sprintf(`{"field_id":%d,"values":[{"value":"Wall"}]}`, category):                              "value",
		fmt.Sprintf(`{"field_id":%d,"values":[{"value":"cheap"}]}`, price):                                "value",
	} {
		bad := g.post("/"+owner+"/elements", `[{"name":"E","custom_fields_values":[`+body+`]}]`).want(400)
		bad.eq("custom_fields_values.0.values.0."+path, "validation-errors", 0, "errors", 0, "path")
	}
}
