package sandbox

import (
	"fmt"
	"testing"
)

func TestEventsOfALeadsLife(t *testing.T) {
	g := newRig(t)
	g.get("/events").want(204)
	lead := g.made("leads", "/leads", `[{"name":"Roof"},{"name":"Wall"}]`)
	ann := g.made("contacts", "/contacts", `[{"name":"Ann"}]`)[0]
	g.tick(100)
	one := fmt.Sprintf("/leads/%d", lead[0])
	g.patch(one, `{"status_id":142,"price":5,"tags_to_add":[{"name":"vip"}]}`).want(200)
	g.post(one+"/link", fmt.Sprintf(`[{"to_entity_id":%d,"to_entity_type":"contacts"}]`, ann)).want(200)
	g.made("notes", one+"/notes", `[{"note_type":"common","params":{"text":"x"}}]`)
	task := g.made("tasks", "/tasks", `[{"text":"Call","complete_till":1760003600}]`)[0]
	g.patch(fmt.Sprintf("/tasks/%d", task), `{"is_completed":true,"result":{"text":"ok"},"complete_till":1760009000}`).want(200)
	pipeline := g.get(one).at("pipeline_id")
	for query, want := range map[string]int{
		"filter[type]=lead_added":                                                        2,
		"filter[type][]=lead_added&filter[type][]=contact_added":                         3,
		"filter[type]=lead_added,contact_added":                                          3,
		"filter[type]=entity_linked":                                                     2,
		"filter[type]=task_added,task_completed,task_result_added,task_deadline_changed": 4,
		"filter[entity]=task":                                                            4,
		fmt.Sprintf("filter[entity]=lead&filter[entity_id]=%d,%d", lead[0], lead[1]):     7,
		"filter[type]=lead_added&filter[created_at]=1760000050":                          0,
		"filter[type]=lead_added&filter[created_at][to]=1760000000":                      2,
		fmt.Sprintf("filter[value_after][leads_statuses][0][pipeline_id]=%v&filter[value_after][leads_statuses][0][status_id]=142", int64(pipeline.(float64))): 1,
		"filter[value_after][leads_statuses][0][status_id]=143": 0,
		"filter[value_after][value]=vip":                        1,
		"filter[created_by]=0":                                  0,
	} {
		if n := len(g.get("/events?limit=100&" + query).rows("events")); n != want {
			t.Errorf("%s: %d events, want %d", query, n, want)
		}
	}
	r := g.get("/events?filter[type]=lead_status_changed&with=lead_name").want(200)
	r.eq("lead", "_embedded", "events", 0, "entity_type")
	r.eq("Roof", "_embedded", "events", 0, "_embedded", "entity", "name")
	r.eq(142, "_embedded", "events", 0, "value_after", 0, "lead_status", "id")
	id := r.at("_embedded", "events", 0, "id").(string)
	g.get("/events/"+id).want(200).eq("lead_status_changed", "type")
	g.get("/events/nope").want(204)
	newest := g.get("/events?limit=1").want(200)
	newest.eq(1_760_000_100, "_embedded", "events", 0, "created_at")
	if newest.at("_links", "next", "href") == nil {
		t.Error("there is a next page")
	}
}

func TestEventLimitsAndTypes(t *testing.T) {
	g := newRig(t)
	for range 6 {
		g.made("leads", "/leads", `[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"},{"name":"e"},{"name":"f"},{"name":"g"},{"name":"h"},{"name":"i"},{"name":"j"}]`)
	}
	for limit, want := range map[int]int{100: 60, 101: 50, 7: 7} {
		if n := len(g.get(fmt.Sprintf("/events?limit=%d", limit)).rows("events")); n != want {
			t.Errorf("limit %d gives %d, want %d", limit, n, want)
		}
	}
	g.get("/events?filter[entity_id]=5").want(400)
	g.get("/events?filter[entity]=lead,contact&filter[entity_id]=5").want(400)
	g.get("/events?filter[created_by]=1,2,3,4,5,6,7,8,9,10,11").want(400)
	types := g.get("/events/types?language_code=en").want(200)
	types.eq("lead_added", "_embedded", "events_types", 0, "key")
	types.eq("Lead added", "_embedded", "events_types", 0, "lang")
}

func TestFieldChangesAreEvents(t *testing.T) {
	g := newRig(t)
	id, enums := g.field("leads", `{"name":"Colour","type":"select","enums":[{"value":"Red","sort":1},{"value":"Blue","sort":2}]}`)
	lead := g.made("leads", "/leads", `[{"name":"Roof"}]`)[0]
	body := `{"custom_fields_values":[{"field_id":%d,"values":[{"enum_id":%d}]}]}`
	g.patch(fmt.Sprintf("/leads/%d", lead), fmt.Sprintf(body, id, enums[0])).want(200)
	g.tick(1)
	g.patch(fmt.Sprintf("/leads/%d", lead), fmt.Sprintf(body, id, enums[1])).want(200)
	g.patch(fmt.Sprintf("/leads/%d", lead), fmt.Sprintf(body, id, enums[1])).want(200)
	typ := fmt.Sprintf("/events?filter[type]=custom_field_%d_value_changed", id)
	r := g.get(typ).want(200)
	if n := len(r.rows("events")); n != 2 {
		t.Errorf("%d events, want 2: the same value is no change", n)
	}
	r.eq("Blue", "_embedded", "events", 0, "value_after", 0, "custom_field_value", "text")
	r.eq(enums[0], "_embedded", "events", 0, "value_before", 0, "custom_field_value", "enum_id")
	g.get(typ+fmt.Sprintf("&filter[value_after][custom_field_values]=%d", enums[0])).eq("Red", "_embedded", "events", 0, "value_after", 0, "custom_field_value", "text")
}
