package sandbox

import (
	"fmt"
	"testing"
)

func TestTaskLife(t *testing.T) {
	g := newRig(t)
	lead := g.made("leads", "/leads", `[{"name":"Roof"}]`)[0]
	body := `[{"text":"Call","complete_till":1760003600,"entity_id":%d,"entity_type":"leads"},{"text":"Later","complete_till":1760009999,"entity_id":%d,"entity_type":"leads"},{"text":"Free","complete_till":1760000001}]`
	ids := g.made("tasks", "/tasks", fmt.Sprintf(body, lead, lead))
	one := fmt.Sprintf("/tasks/%d", ids[0])
	r := g.get(one).want(200)
	r.eq([]any{}, "result")
	r.eq(1, "task_type_id")
	r.eq("leads", "entity_type")
	g.get(fmt.Sprintf("/tasks/%d", ids[2])).eq(nil, "entity_type")
	leadPath := fmt.Sprintf("/leads/%d", lead)
	g.get(leadPath).eq(1_760_003_600, "closest_task_at")
	g.tick(60)
	p := g.patch(one, `{"is_completed":true,"result":{"text":"Done"}}`).want(200)
	p.eq(1_760_000_060, "updated_at")
	g.get(one).eq("Done", "result", "text")
	g.get(leadPath).eq(1_760_009_999, "closest_task_at")
	onLead := fmt.Sprintf("?filter[entity_type]=leads&filter[entity_id][]=%d", lead)
	byIDs := fmt.Sprintf("?filter[id][]=%d&filter[id][]=%d", ids[0], ids[2])
	for query, want := range map[string]int{
		"":                        3,
		"?filter[is_completed]=1": 1,
		"?filter[is_completed]=0": 2,
		onLead:                    2,
		"?filter[entity_type]=leads&filter[entity_id]=5": 0,
		"?filter[entity_id]=5":                           3,
		"?filter[task_type]=2":                           0,
		"?filter[updated_at]=1760000050":                 1,
		byIDs:                                            2,
	} {
		if n := len(g.get("/tasks" + query).rows("tasks")); n != want {
			t.Errorf("%s: %d tasks, want %d", query, n, want)
		}
	}
	stage := int64(g.get(leadPath).at("status_id").(float64))
	for query, want := range map[string]int{
		fmt.Sprintf("?filter[lead_statuses][0][status_id]=%d", stage): 2,
		"?filter[lead_statuses][0][status_id]=143":                    0,
	} {
		if n := len(g.get("/tasks" + query).rows("tasks")); n != want {
			t.Errorf("%s: %d tasks, want %d", query, n, want)
		}
	}
	g.get("/tasks?order[complete_till]=desc").eq("Later", "_embedded", "tasks", 0, "text")
	g.get("/tasks?order[updated_at]=desc").eq("Later", "_embedded", "tasks", 0, "text")
	g.get("/tasks/1").want(204)
	g.del(one).want(403).eq("Invalid scope", "detail")
	g.patch("/tasks", fmt.Sprintf(`[{"id":%d,"request_id":"r","is_completed":true}]`, ids[1])).want(200).eq("r", "_embedded", "tasks", 0, "request_id")
	g.get(leadPath).eq(nil, "closest_task_at")
}

func TestTaskWritesAreChecked(t *testing.T) {
	g := newRig(t)
	for body, want := range map[string][2]string{
		`{"complete_till":1}`: {"FieldMissing", "text"},
		`{"text":"a"}`:        {"FieldMissing", "complete_till"},
		`{"text":"a","complete_till":1,"entity_id":5}`:                       {"FieldMissing", "entity_type"},
		`{"text":"a","complete_till":1,"entity_id":5,"entity_type":"leads"}`: {"NotSupportedChoice", "entity_id"},
		`{"text":"a","complete_till":1,"task_type_id":99}`:                   {"NotSupportedChoice", "task_type_id"},
		`{"text":"a","complete_till":1,"responsible_user_id":99}`:            {"NotSupportedChoice", "responsible_user_id"},
		`{"text":"a","complete_till":"1"}`:                                   {"InvalidType", "complete_till"},
	} {
		r := g.post("/tasks", "["+body+"]").want(400)
		r.eq(want[0], "validation-errors", 0, "errors", 0, "code")
		r.eq(want[1], "validation-errors", 0, "errors", 0, "path")
	}
}

// TestTasksGoOnVisibleRecordsOnly: a user who sees own leads alone cannot put a task
// on another's.
func TestTasksGoOnVisibleRecordsOnly(t *testing.T) {
	g := newRig(t)
	hers := g.made("leads", "/leads", `[{"name":"another's"}]`)[0]
	r := g.post("/users", userBody(memberJSON)).want(201)
	id := int64(r.at("_embedded", "users", 0, "id").(float64))
	mine := g.made("leads", "/leads", fmt.Sprintf(`[{"name":"mine","responsible_user_id":%d}]`, id))[0]
	g.token = g.s.UserToken(g.host, id)
	body := `[{"text":"x","complete_till":1760003600,"entity_id":%d,"entity_type":"leads"}]`
	g.post("/tasks", fmt.Sprintf(body, hers)).want(403)
	g.post("/tasks", fmt.Sprintf(body, mine)).want(200)
	g.post("/tasks", `[{"text":"x","complete_till":1760003600}]`).want(200)
}
