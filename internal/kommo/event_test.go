package kommo

import (
	"encoding/json"
	"errors"
	"testing"
)

const stageEvent = `{"id":"01jk5w","type":"lead_status_changed","entity_id":901,"entity_type":"lead","created_by":11,"created_at":100,
"value_after":[{"lead_status":{"id":142,"pipeline_id":70}}],"value_before":[{"lead_status":{"id":71,"pipeline_id":70}}],"account_id":5,
"_embedded":{"entity":{"id":901,"name":"Roof job"}}}`

func TestEventsRead(t *testing.T) {
	c, r := recorded(t, stageEvent, `{"_links":{"next":{"href":"n"}},"_embedded":{"events":[`+stageEvent+`]}}`, "",
		`{"_total_items":1,"_embedded":{"events_types":[{"key":"lead_added","type":1,"lang":"New lead"}]}}`,
		`{"_embedded":{"events_types":[]}}`)
	e := must(c.Events.Get(t.Context(), "01jk5w", "lead_name"))(t)
	if e.ID != "01jk5w" || e.Type != "lead_status_changed" || e.EntityID != 901 || e.EntityType != "lead" || e.CreatedBy != 11 || e.CreatedAt != 100 ||
		e.AccountID != 5 || e.Embedded.Entity.ID != 901 || e.Embedded.Entity.Name != "Roof job" {
		t.Errorf("a named key was lost: %+v", e)
	}
	if *e.ValuesAfter()[0].Stage != (StageValue{142, 70}) || *e.ValuesBefore()[0].Stage != (StageValue{71, 70}) {
		t.Errorf("values are %+v and %+v", e.ValuesAfter(), e.ValuesBefore())
	}
	must(Collect(c.Events.All(t.Context(), EventFilter{})))(t)
	types := must(c.Events.Types(t.Context(), "en"))(t)
	if len(types) != 1 || types[0] != (EventType{"lead_added", 1, "New lead"}) {
		t.Errorf("types are %+v", types)
	}
	must(c.Events.Types(t.Context(), ""))(t)
	r.want(t, get("/events/01jk5w", "with=lead_name"), get("/events", "limit=100"), get("/events", "limit=100&page=2"),
		get("/events/types", "language_code=en"), get("/events/types", ""))
	if _, err := c.Events.Get(t.Context(), "../leads"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an id with a slash: %v", err)
	}
}

func TestEventsFilter(t *testing.T) {
	c, r := recorded(t, "")
	must(c.Events.List(t.Context(), EventFilter{
		ListOptions: ListOptions{Limit: 250}, IDs: []string{"a"}, Entity: "lead", EntityIDs: []int64{901, 902}, Types: []string{"lead_added", "lead_status_changed"},
		CreatedBy: []int64{11}, CreatedAt: Range{From: new(int64(100)), To: new(int64(200))}, With: []string{"lead_name", "contact_name"},
		Before: EventChange{Stages: []StagePair{{70, 71}}, Value: "Old"},
		After:  EventChange{Stages: []StagePair{{70, 142}, {70, 143}}, Responsible: []int64{11, 12}, Options: []int64{9, 10}},
	}))(t)
	r.want(t, get("/events", "filter[created_at][from]=100&filter[created_at][to]=200&filter[created_by][0]=11"+
		"&filter[entity]=lead&filter[entity_id][0]=901&filter[entity_id][1]=902&filter[id][0]=a&filter[type]=lead_added,lead_status_changed"+
		"&filter[value_after][custom_field_values]=9,10&filter[value_after][leads_statuses][0][pipeline_id]=70&filter[value_after][leads_statuses][0][status_id]=142"+
		"&filter[value_after][leads_statuses][1][pipeline_id]=70&filter[value_after][leads_statuses][1][status_id]=143&filter[value_after][responsible_user_id]=11,12"+
		"&filter[value_before][leads_statuses][0][pipeline_id]=70&filter[value_before][leads_statuses][0][status_id]=71&filter[value_before][value]=Old"+
		"&limit=100&with=lead_name,contact_name"))
}

func TestEventsRefuseWhatKommoIgnores(t *testing.T) {
	c, r := recorded(t)
	for _, f := range []EventFilter{
		{EntityIDs: []int64{1}}, {Entity: "lead", EntityIDs: make([]int64, 11)}, {CreatedBy: make([]int64, 11)},
	} {
		if _, err := c.Events.List(t.Context(), f); !HasCode(err, CodeInvalid) {
			t.Errorf("%+v: error is %v", f, err)
		}
	}
	r.want(t)
}

func TestEventValues(t *testing.T) {
	tests := []struct {
		raw string
		ok  func(EventValue) bool
	}{
		{`{"customer_status":{"id":1}}`, func(v EventValue) bool { return v.CustomerStage.ID == 1 }},
		{`{"responsible_user":{"id":11}}`, func(v EventValue) bool { return v.Responsible.ID == 11 }},
		{`{"note":{"id":5}}`, func(v EventValue) bool { return v.Note.ID == 5 }},
		{`{"tag":{"name":"vip"}}`, func(v EventValue) bool { return v.Tag.Name == "vip" }},
		{`{"link":{"entity":{"type":"contact","id":41}}}`, func(v EventValue) bool { return v.Link.Entity.ID == 41 && v.Link.Entity.Type == "contact" }},
		{`{"unlink":{"entity":{"type":"contact","id":41}}}`, func(v EventValue) bool { return v.Unlink.Entity.ID == 41 }},
		{`{"task":{"text":"Call"}}`, func(v EventValue) bool { return v.Task.Text == "Call" }},
		{`{"task_type":{"id":2}}`, func(v EventValue) bool { return v.TaskType.ID == 2 }},
		{`{"task_deadline":{"timestamp":300}}`, func(v EventValue) bool { return v.TaskDeadline.At == 300 }},
		{
			`{"custom_field_value":{"field_id":55,"field_type":4,"enum_id":9,"text":"Red"}}`,
			func(v EventValue) bool {
				return v.Field.FieldID == 55 && v.Field.FieldType == 4 && *v.Field.EnumID == 9 && v.Field.Text == "Red"
			},
		},
		{`{"nps":{"rate":8}}`, func(v EventValue) bool { return v.NPS.Rate == 8 }},
		{`{"message":{"id":"m-1"}}`, func(v EventValue) bool { return v.Message.ID == "m-1" }},
		{`{"helpbot":{"id":3}}`, func(v EventValue) bool { return v.Helpbot.ID == 3 }},
		{`{"transaction":{"id":4}}`, func(v EventValue) bool { return v.Transaction.ID == 4 }},
		{`{"sale_field_value":{"sale":7.5}}`, func(v EventValue) bool { return v.Sale.Sale == "7.5" }},
		{`{"name_field_value":{"name":"New"}}`, func(v EventValue) bool { return v.Name.Name == "New" }},
		{`{"newest":{"a":7}}`, func(v EventValue) bool { return string(v.Raw) == `{"newest":{"a":7}}` }},
		{`{"note":"five"}`, func(v EventValue) bool { return v.Note == nil && string(v.Raw) == `{"note":"five"}` }},
		{`"text"`, func(v EventValue) bool { return string(v.Raw) == `"text"` }},
	}
	for _, tt := range tests {
		if got := (Event{After: []json.RawMessage{json.RawMessage(tt.raw)}}).ValuesAfter(); len(got) != 1 || !tt.ok(got[0]) {
			t.Errorf("%s reads as %+v", tt.raw, got)
		}
	}
}
