package kommo

import "testing"

func TestLinksRead(t *testing.T) {
	c, r := recorded(t,
		`{"_total_items":2,"_embedded":{"links":[{"to_entity_id":41,"to_entity_type":"contacts","metadata":{"main_contact":true}},
			{"to_entity_id":77,"to_entity_type":"catalog_elements","metadata":{"quantity":1.5,"catalog_id":4,"price_id":6}},
			{"to_entity_id":8,"to_entity_type":"companies","metadata":null}]}}`,
		`{"_total_items":0,"_links":{}}`,
		`{"_embedded":{"links":[{"entity_id":901,"entity_type":"leads","to_entity_id":41,"to_entity_type":"contacts","metadata":{"main_contact":false}}]}}`)
	links := must(c.Links.List(t.Context(), Leads, 901))(t)
	m := links[1].Metadata
	if !links[0].Metadata.Main || links[0].ToID != 41 || links[0].ToType != Contacts || *m.Quantity != 1.5 || *m.CatalogID != 4 || *m.PriceID != 6 || links[2].Metadata != nil {
		t.Errorf("read as %+v", links)
	}
	none := must(c.Links.List(t.Context(), Leads, 902, LinkTarget{ID: 41, Type: Contacts}, LinkTarget{CatalogID: 4}, LinkTarget{Type: Companies}))(t)
	if len(none) != 0 {
		t.Errorf("no links read as %+v", none)
	}
	many := must(c.Links.ListMany(t.Context(), Leads, []int64{901, 902}))(t)
	if many[0].EntityID != 901 || many[0].EntityType != Leads || many[0].Metadata.Main {
		t.Errorf("read as %+v", many)
	}
	if many, err := c.Links.ListMany(t.Context(), Leads, nil); err != nil || many != nil {
		t.Errorf("links of nothing: %+v, %v", many, err)
	}
	r.want(t, get("/leads/901/links", ""), get("/leads/902/links", "filter[to_catalog_id]=4&filter[to_entity_id]=41&filter[to_entity_type]=contacts"),
		get("/leads/links", "filter[entity_id][0]=901&filter[entity_id][1]=902"))
}

func TestLinksWrite(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"links":[]}}`, "", `{"_embedded":{"links":[]}}`, "")
	contact := []LinkWrite{{ToID: 41, ToType: Contacts, Metadata: &LinkMetadata{Main: true, SetMain: new(true)}}}
	element := []LinkWrite{{EntityID: 901, ToID: 77, ToType: "catalog_elements", Metadata: &LinkMetadata{
		Quantity: new(1.5), CatalogID: new(int64(4)), PriceID: new(int64(6)), UpdatedBy: new(int64(11)),
	}}}
	for _, err := range []error{
		c.Links.Link(t.Context(), Leads, 901, contact), c.Links.Unlink(t.Context(), Leads, 901, []LinkWrite{{ToID: 41, ToType: Contacts}}),
		c.Links.LinkMany(t.Context(), Leads, element), c.Links.UnlinkMany(t.Context(), Leads, element),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	mass := `[{"entity_id":901,"to_entity_id":77,"to_entity_type":"catalog_elements","metadata":{"quantity":1.5,"catalog_id":4,"price_id":6,"updated_by":11}}]`
	r.want(t, post("/leads/901/link", `[{"to_entity_id":41,"to_entity_type":"contacts","metadata":{"is_main":true}}]`),
		post("/leads/901/unlink", `[{"to_entity_id":41,"to_entity_type":"contacts"}]`), post("/leads/link", mass), post("/leads/unlink", mass))
}
