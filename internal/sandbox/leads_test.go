package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// state runs do with the account locked.
func (g *rig) state(do func(a *account)) {
	a := g.s.byHost[g.host]
	a.mu.Lock()
	defer a.mu.Unlock()
	do(a)
}

// plant stores a contact or company, its texts in the three parts of the name.
func (g *rig) plant(entity string, texts ...string) (id int64) {
	texts = append(texts, "", "", "")
	g.state(func(a *account) {
		t := cards(a, entity)
		id = t.alloc()
		t.put(id, &card{ID: id, Entity: entity, Name: texts[0], FirstName: texts[1], LastName: texts[2]})
	})
	return id
}

// stages are the ids of the main pipeline and its stages in order.
func (g *rig) stages() (pipelineID int64, ids []int64) {
	g.state(func(a *account) {
		p := mainPipeline(a)
		pipelineID = p.ID
		for _, s := range p.Statuses {
			ids = append(ids, s.ID)
		}
	})
	return pipelineID, ids
}

// eventTypes lists the log from the n-th event on.
func (g *rig) eventTypes(from int) (types []string) {
	g.state(func(a *account) {
		for _, e := range a.events[from:] {
			types = append(types, e.Type)
		}
	})
	return types
}

func (g *rig) eventCount() (n int) {
	g.state(func(a *account) { n = len(a.events) })
	return n
}

func TestNewLeadReadsAsKommoShowsIt(t *testing.T) {
	g := newRig(t)
	pipelineID, stages := g.stages()
	id := g.made("leads", "/leads", `[{"name":"Roof","price":1200}]`)[0]
	r := g.get(leadPath(id)).want(200)
	admin := r.at("created_by")
	r.eq(map[string]any{
		"id": id, "name": "Roof", "price": 1200, "price_with_minor_units": 1200, "responsible_user_id": admin, "group_id": 0,
		"status_id": stages[1], "pipeline_id": pipelineID, "loss_reason_id": nil, "created_by": admin, "updated_by": admin,
		"created_at": 1_760_000_000, "updated_at": 1_760_000_000, "closed_at": nil, "closest_task_at": nil, "is_deleted": false,
		"custom_fields_values": nil, "score": nil, "account_id": firstAccountID, "labor_cost": nil,
		"_links":    map[string]any{"self": map[string]any{"href": fmt.Sprintf("https://demo.kommo.com/api/v4/leads/%d", id)}},
		"_embedded": map[string]any{"tags": []any{}, "companies": []any{}},
	})
	if got := g.eventTypes(0); !slices.Equal(got, []string{"lead_added"}) {
		t.Errorf("events %v", got)
	}
}

func TestPriceKeepsMinorUnits(t *testing.T) {
	g := newRig(t)
	r := g.get(leadPath(g.made("leads", "/leads", `[{"price":12.75}]`)[0]))
	r.eq(12, "price")
	r.eq(12.75, "price_with_minor_units")
}

func TestLeadTakesWhatImportsSend(t *testing.T) {
	g := newRig(t)
	u := g.member("ana", memberRights("A"))
	id := g.made("leads", "/leads", fmt.Sprintf(
		`[{"created_by":0,"updated_by":%d,"created_at":1700000000,"updated_at":1700000001,"responsible_user_id":%[1]d,"status_id":142,"closed_at":1700000002}]`, u.ID))[0]
	r := g.get(leadPath(id))
	r.eq(0, "created_by")
	r.eq(u.ID, "updated_by")
	r.eq(1_700_000_000, "created_at")
	r.eq(1_700_000_001, "updated_at")
	r.eq(1_700_000_002, "closed_at")
	r.eq(fmt.Sprintf("Lead #%d", id), "name")
}

func TestClosingSetsAndReopeningClears(t *testing.T) {
	g := newRig(t)
	pipelineID, stages := g.stages()
	reason := g.made("loss_reasons", "/leads/loss_reasons", `[{"name":"Too expensive"}]`)[0]
	id := g.made("leads", "/leads", `[{"name":"a"}]`)[0]
	from := g.eventCount()
	g.tick(10)
	g.patch(leadPath(id), fmt.Sprintf(`{"status_id":143,"pipeline_id":%d,"loss_reason_id":%d}`, pipelineID, reason)).want(200).eq(1_760_000_010, "updated_at")
	r := g.get(leadPath(id) + "?with=loss_reason")
	r.eq(143, "status_id")
	r.eq(1_760_000_010, "closed_at")
	r.eq(reason, "loss_reason_id")
	r.eq("Too expensive", "_embedded", "loss_reason", 0, "name")
	g.patch(leadPath(id), fmt.Sprintf(`{"status_id":%d}`, stages[2])).want(200)
	r = g.get(leadPath(id) + "?with=loss_reason")
	r.eq(nil, "closed_at")
	r.eq(nil, "loss_reason_id")
	r.eq([]any{}, "_embedded", "loss_reason")
	if got := g.eventTypes(from); !slices.Equal(got, []string{"lead_status_changed", "lead_status_changed"}) {
		t.Errorf("events %v", got)
	}
	g.state(func(a *account) {
		e := a.events[from]
		before := e.ValueBefore[0].(object)["lead_status"].(object)
		after := e.ValueAfter[0].(object)["lead_status"].(object)
		if before["id"] != stages[1] || after["id"] != int64(143) || after["pipeline_id"] != pipelineID || len(e.ID) != 26 {
			t.Errorf("event %+v", e)
		}
	})
}

func TestLossReasonNeedsALostLead(t *testing.T) {
	g := newRig(t)
	reason := g.made("loss_reasons", "/leads/loss_reasons", `[{"name":"x"}]`)[0]
	id := g.made("leads", "/leads", `[{}]`)[0]
	r := g.patch(leadPath(id), fmt.Sprintf(`{"loss_reason_id":%d}`, reason)).want(400)
	r.eq("Loss reason can be specified only for lost lead", "errors", fmt.Sprint(id))
	r.eq("Invalid request body", "detail")
	g.patch(leadPath(id), `{"loss_reason_id":null}`).want(200)
	g.post("/leads", fmt.Sprintf(`[{"loss_reason_id":%d}]`, reason)).want(400)
	g.post("/leads", fmt.Sprintf(`[{"status_id":143,"loss_reason_id":%d}]`, reason)).want(200)
}

func TestStrictLossReasonJudgesTheStageBefore(t *testing.T) {
	g := newRig(t, WithSwitches(Switches{StrictLossReason: true}))
	reason := g.made("loss_reasons", "/leads/loss_reasons", `[{"name":"x"}]`)[0]
	id := g.made("leads", "/leads", `[{}]`)[0]
	g.patch(leadPath(id), fmt.Sprintf(`{"status_id":143,"loss_reason_id":%d}`, reason)).want(400)
	g.patch(leadPath(id), `{"status_id":143,"loss_reason_id":null}`).want(400)
	g.get(leadPath(id)).eq(nil, "closed_at")
	g.patch(leadPath(id), `{"status_id":143}`).want(200)
	g.patch(leadPath(id), fmt.Sprintf(`{"loss_reason_id":%d}`, reason)).want(200)
	g.get(leadPath(id)).eq(reason, "loss_reason_id")
}

func TestStageMustBeInThePipeline(t *testing.T) {
	g := newRig(t)
	var other, stage int64
	g.state(func(a *account) {
		p := addPipeline(a, "Other", false, "New", "Next")
		other, stage = p.ID, p.Statuses[2].ID
	})
	id := g.made("leads", "/leads", `[{}]`)[0]
	g.patch(leadPath(id), fmt.Sprintf(`{"status_id":%d}`, stage)).want(400).eq("status_id", "validation-errors", 0, "errors", 0, "path")
	g.patch(leadPath(id), fmt.Sprintf(`{"status_id":%d,"pipeline_id":%d}`, stage, other)).want(200)
	r := g.get(leadPath(id))
	r.eq(other, "pipeline_id")
	r.eq(stage, "status_id")
	main, stages := g.stages()
	g.patch(leadPath(id), fmt.Sprintf(`{"pipeline_id":%d}`, main)).want(200)
	g.get(leadPath(id)).eq(stages[1], "status_id") // a new pipeline without a stage: its first
}

func TestPatchManyAnswersInTheEnvelope(t *testing.T) {
	g := newRig(t)
	ids := g.made("leads", "/leads", `[{"name":"a"},{"name":"b"}]`)
	g.tick(1)
	r := g.patch("/leads", fmt.Sprintf(`[{"id":%d,"name":"a2"},{"id":%d,"price":5,"request_id":"q"}]`, ids[0], ids[1])).want(200)
	r.eq(1_760_000_001, "_embedded", "leads", 0, "updated_at")
	r.eq("q", "_embedded", "leads", 1, "request_id")
	r = g.patch("/leads", fmt.Sprintf(`[{"id":%d,"name":"a3"},{"id":5},{"name":"x"}]`, ids[0])).want(400)
	r.eq("NotSupportedChoice", "validation-errors", 0, "errors", 0, "code")
	r.eq("FieldMissing", "validation-errors", 1, "errors", 0, "code")
	g.get(leadPath(ids[0])).eq("a2", "name")
	g.patch("/leads/5", `{"name":"x"}`).want(400).eq("id", "validation-errors", 0, "errors", 0, "path")
}

func TestTagsReplaceAddAndDelete(t *testing.T) {
	g := newRig(t)
	id := g.made("leads", "/leads", `[{"_embedded":{"tags":[{"name":"a"},{"name":"b"}]},"tags_to_add":[{"name":"c"}]}]`)[0]
	names := func() string {
		var out []string
		for _, v := range g.get(leadPath(id)).at("_embedded", "tags").([]any) {
			out = append(out, v.(map[string]any)["name"].(string))
		}
		return strings.Join(out, ",")
	}
	if got := names(); got != "a,b,c" {
		t.Fatalf("tags %s", got)
	}
	bID := g.get(leadPath(id)).at("_embedded", "tags", 1, "id")
	for _, step := range []struct{ body, want string }{
		{`{"tags_to_add":[{"name":"d"},{"name":"A"}]}`, "a,b,c,d"},
		{fmt.Sprintf(`{"tags_to_delete":[{"name":"a"},{"id":%v}]}`, int64(bID.(float64))), "c,d"},
		{`{"_embedded":{"tags":[{"name":"z"}]}}`, "z"},
		{`{"name":"untouched"}`, "z"},
		{`{"_embedded":{"tags":null}}`, ""},
	} {
		g.patch(leadPath(id), step.body).want(200)
		if got := names(); got != step.want {
			t.Errorf("%s: %q, want %q", step.body, got, step.want)
		}
	}
	g.patch(leadPath(id), `{"_embedded":{"contacts":[{"id":1}]}}`).want(400)
	types := g.eventTypes(0)
	if !slices.Contains(types, "entity_tag_added") || !slices.Contains(types, "entity_tag_deleted") {
		t.Errorf("events %v", types)
	}
}

func TestEveryChangeIsLogged(t *testing.T) {
	g := newRig(t)
	u := g.member("ana", memberRights("A"))
	id := g.made("leads", "/leads", `[{"name":"a","price":1}]`)[0]
	from := g.eventCount()
	g.patch(leadPath(id), fmt.Sprintf(`{"name":"b","price":2,"responsible_user_id":%d}`, u.ID)).want(200)
	if got := g.eventTypes(from); !slices.Equal(got, []string{"entity_responsible_changed", "name_field_changed", "sale_field_changed"}) {
		t.Errorf("events %v", got)
	}
	from = g.eventCount()
	g.patch(leadPath(id), `{"name":"b","price":2}`).want(200)
	if got := g.eventTypes(from); len(got) != 0 {
		t.Errorf("no change, yet %v", got)
	}
}

func TestLeadLinksAreEmbedded(t *testing.T) {
	g := newRig(t)
	c1, c2, co := g.plant("contacts"), g.plant("contacts"), g.plant("companies")
	id := g.made("leads", "/leads", fmt.Sprintf(
		`[{"_embedded":{"contacts":[{"id":%d},{"id":%d,"is_main":true}],"companies":[{"id":%d}]}}]`, c1, c2, co))[0]
	plain := g.get(leadPath(id))
	plain.eq(co, "_embedded", "companies", 0, "id")
	if plain.at("_embedded", "contacts") != nil {
		t.Error("contacts without with=contacts")
	}
	r := g.get(leadPath(id) + "?with=contacts,catalog_elements,source,source_id,is_price_modified_by_robot")
	r.eq(false, "_embedded", "contacts", 0, "is_main")
	r.eq(true, "_embedded", "contacts", 1, "is_main")
	r.eq(fmt.Sprintf("https://demo.kommo.com/api/v4/contacts/%d", c1), "_embedded", "contacts", 0, "_links", "self", "href")
	r.eq([]any{}, "_embedded", "catalog_elements")
	r.eq(nil, "source_id")
	r.eq(false, "is_price_modified_by_robot")
	if _, has := r.json()["source_id"]; !has {
		t.Error("no source_id with with=source_id")
	}
	list := g.get("/leads?with=contacts")
	list.eq(fmt.Sprintf("https://demo.kommo.com/api/v4/companies/%d?with=contacts&page=1&limit=50", co), "_embedded", "leads", 0, "_embedded", "companies", 0, "_links", "self", "href")
	if types := g.eventTypes(0); !slices.Contains(types, "entity_linked") {
		t.Errorf("events %v", types)
	}
}

func TestTheBinIsSeenOnlyWithOnlyDeleted(t *testing.T) {
	g := newRig(t)
	ids := g.made("leads", "/leads", `[{"name":"kept"},{"name":"binned","price":5}]`)
	g.state(func(a *account) {
		c := &call{s: g.s, a: a}
		c.trashLead(leads(a).get(ids[1]))
	})
	if rows := g.get("/leads").rows("leads"); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
	g.get(leadPath(ids[1])).want(204)
	g.get(leadPath(ids[1])+"?with=only_deleted").want(200).eq(true, "is_deleted")
	r := g.get("/leads?with=only_deleted&filter[id]=" + fmt.Sprint(ids[1])).want(200)
	r.eq(ids[1], "_embedded", "leads", 0, "id")
	for _, key := range []string{"name", "price", "status_id", "pipeline_id", "responsible_user_id"} {
		r.eq(nil, "_embedded", "leads", 0, key)
	}
	g.patch(leadPath(ids[1]), `{"name":"x"}`).want(400)
}
