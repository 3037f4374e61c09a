package kommo

import (
	"net/http"
	"testing"
)

func TestPipelineWrites(t *testing.T) {
	c, r := recorded(t,
		`{"_embedded":{"pipelines":[{"id":7,"name":"A","request_id":"0","_embedded":{"statuses":[{"id":9,"name":"S"}]}}]}}`,
		`{"id":7,"name":"B"}`, `{"_embedded":{"statuses":[{"id":9,"name":"S","request_id":"0"}]}}`, `{"id":9,"name":"T"}`, "", "")
	made := must(c.Pipelines.Create(t.Context(), []PipelineNew{{
		Name: "A", Sort: 2, Embedded: PipelineOwns{Statuses: []StatusWrite{{Name: "S", Sort: new(int64(20)), Color: "#fffeb2"}}},
	}}))(t)
	if made[0].ID != 7 || made[0].Embedded.Statuses[0].ID != 9 {
		t.Errorf("made %+v", made)
	}
	if p := must(c.Pipelines.Update(t.Context(), 7, PipelineWrite{Name: "B", Main: new(true)}))(t); p.Name != "B" {
		t.Errorf("changed %+v", p)
	}
	must(c.Pipelines.CreateStatuses(t.Context(), 7, []StatusWrite{{Name: "S", Sort: new(int64(0))}}))(t)
	must(c.Pipelines.UpdateStatus(t.Context(), 7, 9, StatusWrite{Name: "T"}))(t)
	for _, err := range []error{c.Pipelines.DeleteStatus(t.Context(), 7, 9), c.Pipelines.Delete(t.Context(), 7)} {
		if err != nil {
			t.Error(err)
		}
	}
	r.want(t,
		post("/leads/pipelines", `[{"name":"A","sort":2,"is_main":false,"is_unsorted_on":false,"_embedded":{"statuses":[{"name":"S","sort":20,"color":"#fffeb2"}]}}]`),
		patch("/leads/pipelines/7", `{"name":"B","is_main":true}`), post("/leads/pipelines/7/statuses", `[{"name":"S","sort":0}]`),
		patch("/leads/pipelines/7/statuses/9", `{"name":"T"}`),
		asked{Method: http.MethodDelete, Path: "/leads/pipelines/7/statuses/9"}, asked{Method: http.MethodDelete, Path: "/leads/pipelines/7"})
}

func TestFieldWritesKeepCodes(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"custom_fields":[{"id":5,"name":"Roof","request_id":"0"}]}}`, `{"_embedded":{"custom_fields":[{"id":5,"name":"Roof 2"}]}}`,
		`{"_embedded":{"custom_field_groups":[{"id":"leads_1","name":"G","request_id":"0"}]}}`, `{"id":"leads_1","name":"H"}`, "", "")
	must(c.CustomFields.Create(t.Context(), Leads, []CustomFieldWrite{{Name: "Roof", Type: FieldSelect, Enums: []EnumWrite{{Value: "Flat", Sort: 1}}}}))(t)
	f := must(c.CustomFields.Update(t.Context(), Leads, 5, CustomFieldWrite{Enums: []EnumWrite{{ID: 1, Value: "Flat", Sort: 1, Code: new("flat")}, {Value: "Dome", Sort: 2}}}))(t)
	if f.Name != "Roof 2" {
		t.Errorf("an answer in an envelope reads as %+v", f)
	}
	g := must(c.CustomFields.CreateGroups(t.Context(), Leads, []GroupWrite{{Name: "G", Sort: new(int64(3))}}))(t)
	if g[0].ID != "leads_1" {
		t.Errorf("group %+v", g)
	}
	must(c.CustomFields.UpdateGroup(t.Context(), Leads, "leads_1", GroupWrite{Name: "H"}))(t)
	for _, err := range []error{c.CustomFields.DeleteGroup(t.Context(), Leads, "leads_1"), c.CustomFields.Delete(t.Context(), Leads, 5)} {
		if err != nil {
			t.Error(err)
		}
	}
	r.want(t, post("/leads/custom_fields", `[{"name":"Roof","type":"select","enums":[{"value":"Flat","sort":1}]}]`),
		patch("/leads/custom_fields/5", `{"enums":[{"id":1,"value":"Flat","sort":1,"code":"flat"},{"value":"Dome","sort":2}]}`),
		post("/leads/custom_fields/groups", `[{"name":"G","sort":3}]`), patch("/leads/custom_fields/groups/leads_1", `{"name":"H"}`),
		asked{Method: http.MethodDelete, Path: "/leads/custom_fields/groups/leads_1"}, asked{Method: http.MethodDelete, Path: "/leads/custom_fields/5"})
}

// An answer that does not say what was made leaves the outcome open.
func TestDefinitionsWithoutIDs(t *testing.T) {
	for _, reply := range []string{`{"_embedded":{"sources":[{"name":"A"}]}}`, `{}`, `{"_embedded":{"sources":"?"}}`} {
		c, _ := recorded(t, reply)
		if _, err := c.Sources.Create(t.Context(), []SourceWrite{{Name: "A", ExternalID: "a"}}); !HasCode(err, CodeUnknownOutcome) {
			t.Errorf("%s: %v", reply, err)
		}
	}
	c, r := recorded(t)
	if _, err := c.Sources.Create(t.Context(), nil); !HasCode(err, CodeInvalid) {
		t.Errorf("nothing to write: %v", err)
	}
	r.want(t)
}

func TestSourcesTemplatesTagsWebhooks(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"sources":[{"id":3,"request_id":"0"}]}}`, `{"id":3}`, "",
		`{"_embedded":{"chat_templates":[{"id":4,"request_id":"0"}]}}`, `{"id":4}`, "", `{}`, `{"id":8,"settings":{"add_lead":1}}`, "", "", "")
	must(c.Sources.Create(t.Context(), []SourceWrite{{Name: "A", ExternalID: "a", PipelineID: 7}}))(t)
	must(c.Sources.Update(t.Context(), 3, SourceWrite{Default: new(false)}))(t)
	drop(t, c.Sources.Delete(t.Context(), 3))
	must(c.Templates.Create(t.Context(), []TemplateWrite{{Name: "A", Content: "b", Buttons: []TemplateButton{{Type: "inline", Text: "Yes"}}}}))(t)
	must(c.Templates.Update(t.Context(), 4, TemplateWrite{Content: "c"}))(t)
	drop(t, c.Templates.Delete(t.Context(), 4))
	drop(t, c.Tags.Update(t.Context(), []TagChange{{ID: 6, Color: "FF8F92"}}))
	must(c.Webhooks.Set(t.Context(), WebhookWrite{Destination: "https://x.io", Events: []string{"add_lead"}}))(t)
	drop(t, c.Webhooks.Delete(t.Context(), "https://x.io"))
	must(c.Webhooks.List(t.Context(), "https://x.io"))(t)
	must(c.Sources.List(t.Context(), "a"))(t)
	r.want(t, post("/sources", `[{"name":"A","external_id":"a","pipeline_id":7}]`), patch("/sources/3", `{"default":false}`),
		asked{Method: http.MethodDelete, Path: "/sources/3"},
		post("/chats/templates", `[{"name":"A","content":"b","buttons":[{"type":"inline","text":"Yes"}]}]`), patch("/chats/templates/4", `{"content":"c"}`),
		asked{Method: http.MethodDelete, Path: "/chats/templates/4"}, patch("/leads/tags", `[{"id":6,"color":"FF8F92"}]`),
		post("/webhooks", `{"destination":"https://x.io","settings":["add_lead"]}`),
		asked{Method: http.MethodDelete, Path: "/webhooks", Body: `{"destination":"https://x.io"}`},
		get("/webhooks", "filter[destination]=https://x.io"), get("/sources", "filter[external_id]=a"))
}

func drop(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
