package sandbox

import (
	"fmt"
	"testing"
)

func TestLinksOfALead(t *testing.T) {
	g := newRig(t)
	lead := g.made("leads", "/leads", `[{"name":"Roof"},{"name":"Wall"}]`)
	people := g.made("contacts", "/contacts", `[{"name":"Ann"},{"name":"Bob"}]`)
	firm := g.made("companies", "/companies", `[{"name":"Acme"},{"name":"Beta"}]`)
	at := fmt.Sprintf("/leads/%d", lead[0])
	empty := g.get(at + "/links").want(200)
	empty.eq(0, "_total_items")
	empty.eq([]any{}, "_embedded", "links")
	body := `[{"to_entity_id":%d,"to_entity_type":"contacts","entity_id":null,"entity_type":null,"metadata":null},{"to_entity_id":%d,"to_entity_type":"contacts","metadata":{"is_main":true}},{"to_entity_id":%d,"to_entity_type":"companies"}]`
	r := g.post(at+"/link", fmt.Sprintf(body, people[0], people[1], firm[0])).want(200)
	r.eq(3, "_total_items")
	r.eq(nil, "_embedded", "links", 2, "metadata")
	list := g.get(at + "/links").want(200)
	list.eq(map[string]any{"main_contact": false}, "_embedded", "links", 0, "metadata")
	list.eq(map[string]any{"main_contact": true}, "_embedded", "links", 1, "metadata")
	one := fmt.Sprintf("?filter[to_entity_id]=%d&filter[to_entity_type]=contacts", people[1])
	g.get(at+"/links"+one).eq(1, "_total_items")
	g.get(at+"/links?filter[to_entity_type]=contacts").eq(3, "_total_items")
	g.get(fmt.Sprintf("/contacts/%d/links", people[0])).eq("leads", "_embedded", "links", 0, "to_entity_type")
	g.get(at+"?with=contacts").eq(true, "_embedded", "contacts", 1, "is_main")
	// A second company takes the first one's place.
	g.post(at+"/link", fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"companies"}]`, firm[1])).want(200)
	g.get(at).eq(firm[1], "_embedded", "companies", 0, "id")
	if r := g.post(at+"/unlink", fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"contacts"}]`, people[1])).want(204); len(r.raw) > 0 {
		t.Errorf("204 has a body: %s", r.raw)
	}
	g.get(at+"?with=contacts").eq(true, "_embedded", "contacts", 0, "is_main")
}

func TestMassLinks(t *testing.T) {
	g := newRig(t)
	lead := g.made("leads", "/leads", `[{"name":"Roof"},{"name":"Wall"}]`)
	ann := g.made("contacts", "/contacts", `[{"name":"Ann"}]`)[0]
	pair := `{"entity_id":%d,"to_entity_id":%d,"to_entity_type":"contacts"}`
	both := "[" + fmt.Sprintf(pair, lead[0], ann) + "," + fmt.Sprintf(pair, lead[1], ann) + "]"
	g.post("/leads/link", both).want(200).eq(lead[1], "_embedded", "links", 1, "entity_id")
	ids := fmt.Sprintf("/leads/links?filter[entity_id][]=%d&filter[entity_id][]=%d", lead[0], lead[1])
	g.get(ids).want(200).eq("leads", "_embedded", "links", 0, "entity_type")
	g.get("/leads/links").want(400)
	g.post("/leads/unlink", both).want(204)
	g.get(ids).eq(0, "_total_items")
}

func TestLinksAreChecked(t *testing.T) {
	g := newRig(t)
	lead := g.made("leads", "/leads", `[{"name":"Roof"}]`)[0]
	at := fmt.Sprintf("/leads/%d/link", lead)
	for body, want := range map[string][2]string{
		`{"to_entity_id":5}`:                                                              {"FieldMissing", "to_entity_type"},
		`{"to_entity_id":5,"to_entity_type":"contacts"}`:                                  {"NotSupportedChoice", "to_entity_id"},
		`{"to_entity_id":5,"to_entity_type":"leads"}`:                                     {"NotSupportedChoice", "to_entity_type"},
		`{"to_entity_id":5,"to_entity_type":"contacts","metadata":{"main_contact":true}}`: {"FieldNotExpected", "metadata.main_contact"},
	} {
		r := g.post(at, "["+body+"]").want(400)
		r.eq(want[0], "validation-errors", 0, "errors", 0, "code")
		r.eq(want[1], "validation-errors", 0, "errors", 0, "path")
	}
	g.get("/leads/5/links").want(400)
}

func TestTagDictionariesAreSeparate(t *testing.T) {
	g := newRig(t)
	g.get("/leads/tags").want(204)
	r := g.post("/leads/tags", `[{"name":"vip","color":"EBEBEB"},{"name":"hot","request_id":"h"}]`).want(200)
	r.eq(2, "_total_items")
	r.eq("h", "_embedded", "tags", 1, "request_id")
	id := r.at("_embedded", "tags", 0, "id")
	g.post("/leads/tags", `[{"name":"vip"}]`).want(200).eq(id, "_embedded", "tags", 0, "id")
	g.get("/leads/tags?filter[name]=vip").eq("EBEBEB", "_embedded", "tags", 0, "color")
	g.get("/leads/tags?query=ho").eq("hot", "_embedded", "tags", 0, "name")
	g.get("/contacts/tags").want(204)
	g.post("/contacts/tags", `[{"name":"vip","color":"EBEBEB"}]`).want(400).eq("color", "validation-errors", 0, "errors", 0, "path")
	g.post("/leads/tags", `[{"name":"x","color":"123456"}]`).want(400)
	g.post("/leads/tags", `[{"color":"EBEBEB"}]`).want(400).eq("FieldMissing", "validation-errors", 0, "errors", 0, "code")
	g.patch("/leads/tags", fmt.Sprintf(`[{"id":%v,"name":"top","color":null}]`, int64(id.(float64)))).want(200).eq("top", "_embedded", "tags", 0, "name")
	g.get("/leads/tags?filter[id][]="+fmt.Sprint(int64(id.(float64)))).eq(nil, "_embedded", "tags", 0, "color")
}
