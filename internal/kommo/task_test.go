package kommo

import "testing"

func TestTasksRead(t *testing.T) {
	done := `{"id":61,"created_by":11,"updated_by":12,"created_at":100,"updated_at":200,"responsible_user_id":13,"group_id":3,"entity_id":901,
		"entity_type":"leads","duration":1800,"is_completed":true,"task_type_id":1,"text":"Call back","result":{"text":"Reached"},"complete_till":300,"account_id":5}`
	open := `{"id":62,"entity_id":null,"entity_type":null,"duration":0,"is_completed":false,"task_type_id":2,"text":"","result":[],"complete_till":400}`
	c, r := recorded(t, done, `{"_embedded":{"tasks":[`+done+`,`+open+`]}}`, "")
	k := must(c.Tasks.Get(t.Context(), 61))(t)
	if k != (Task{
		ID: 61, CreatedBy: 11, UpdatedBy: 12, CreatedAt: 100, UpdatedAt: 200, ResponsibleID: 13, GroupID: 3, EntityID: 901, EntityType: Leads,
		Duration: 1800, Completed: true, TypeID: 1, Text: "Call back", Result: TaskResult{"Reached"}, Deadline: 300, AccountID: 5,
	}) {
		t.Errorf("reads as %+v", k)
	}
	page := must(c.Tasks.List(t.Context(), TaskFilter{
		ListOptions: ListOptions{Limit: 9}, IDs: []int64{61}, Responsible: []int64{13}, CreatedBy: []int64{11}, Stages: []StagePair{{70, 71}},
		Completed: new(false), TypeIDs: []int64{1}, EntityType: Leads, EntityIDs: []int64{901, 902},
		UpdatedAt: Range{To: new(int64(5))}, Order: Order{By: "complete_till"},
	}))(t)
	if k := page.Items[1]; k.EntityID != 0 || k.Result.Text != "" || k.Completed || k.Deadline != 400 {
		t.Errorf("an open task without card reads as %+v", k)
	}
	must(Collect(c.Tasks.All(t.Context(), TaskFilter{Completed: new(true)})))(t)
	if _, err := c.Tasks.List(t.Context(), TaskFilter{EntityIDs: []int64{901}}); !HasCode(err, CodeInvalid) {
		t.Errorf("cards without kind: %v", err)
	}
	r.want(t, get("/tasks/61", ""), get("/tasks", "filter[created_by][0]=11&filter[entity_id][0]=901&filter[entity_id][1]=902&filter[entity_type]=leads"+
		"&filter[id][0]=61&filter[is_completed]=0&filter[lead_statuses][0][pipeline_id]=70&filter[lead_statuses][0][status_id]=71"+
		"&filter[responsible_user_id][0]=13&filter[task_type][0]=1&filter[updated_at][to]=5&limit=9&order[complete_till]=asc"),
		get("/tasks", "filter[is_completed]=1&limit=250"))
}

func TestTasksWrite(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"tasks":[{"id":63,"request_id":"0"}]}}`, `{"id":61,"updated_at":5}`, `{"_embedded":{"tasks":[{"id":61,"updated_at":5}]}}`)
	made := must(c.Tasks.Create(t.Context(), []TaskWrite{{
		Text: "Call", Deadline: 300, ResponsibleID: 13, EntityID: 901, EntityType: Leads, TypeID: 2, Duration: 60, CreatedBy: new(int64(11)),
	}}))(t)
	u := must(c.Tasks.Update(t.Context(), 61, TaskWrite{Completed: new(true), Result: &TaskResult{"Done"}}))(t)
	many := must(c.Tasks.UpdateMany(t.Context(), []TaskWrite{{ID: 61, Completed: new(false)}}))(t)
	if made[0].ID != 63 || u.UpdatedAt != 5 || many[0].ID != 61 {
		t.Errorf("made %+v, updated %+v and %+v", made, u, many)
	}
	r.want(t,
		post("/tasks", `[{"text":"Call","complete_till":300,"responsible_user_id":13,"entity_id":901,"entity_type":"leads","task_type_id":2,"duration":60,"created_by":11}]`),
		patch("/tasks/61", `{"is_completed":true,"result":{"text":"Done"}}`), patch("/tasks", `[{"id":61,"is_completed":false}]`))
}
