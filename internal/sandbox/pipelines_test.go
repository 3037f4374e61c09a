package sandbox

import (
	"fmt"
	"testing"
)

func newPipelineBody(name string) string {
	return fmt.Sprintf(`[{"name":%q,"sort":7,"is_main":false,"is_unsorted_on":true,"request_id":"p",
		"_embedded":{"statuses":[{"name":"Two","sort":200,"color":"#fffd7f"},{"name":"One","sort":100},{"id":142,"name":"Sold"},{"id":143,"name":"Gone"}]}}]`, name)
}

func TestPipelinesReadAsKommoShowsThem(t *testing.T) {
	g := newRig(t)
	r := g.get("/leads/pipelines?page=2&limit=1").want(200)
	r.eq(1, "_total_items")
	p := func(path ...any) []any { return append([]any{"_embedded", "pipelines", 0}, path...) }
	r.eq(true, p("is_main")...)
	r.eq(false, p("is_archive")...)
	st := func(i int, key string) []any { return p("_embedded", "statuses", i, key) }
	r.eq(1, st(0, "type")...)
	r.eq(10, st(0, "sort")...)
	r.eq(false, st(0, "is_editable")...)
	r.eq("#c1c1c1", st(0, "color")...)
	r.eq(20, st(1, "sort")...)
	r.eq(true, st(1, "is_editable")...)
	r.eq(142, st(4, "id")...)
	r.eq("#CCFF66", st(4, "color")...)
	r.eq(11000, st(5, "sort")...)
	r.eq("#D5D8DB", st(5, "color")...)
}

func TestPipelineLifeCycle(t *testing.T) {
	g := newRig(t)
	r := g.post("/leads/pipelines", newPipelineBody("Second")).want(200)
	r.eq("p", "_embedded", "pipelines", 0, "request_id")
	id := int64(r.at("_embedded", "pipelines", 0, "id").(float64))
	path := pipelinePath(id)
	var got []any
	for _, s := range g.get(path).want(200).at("_embedded", "statuses").([]any) {
		m := s.(map[string]any)
		got = append(got, m["name"], m["sort"])
	}
	if want := "[Incoming leads 10 One 20 Two 30 Sold 10000 Gone 11000]"; fmt.Sprint(got) != want {
		t.Errorf("stages %v, want %s", got, want)
	}
	g.patch(path, `{"name":"Renamed","is_main":true}`).want(200).eq(true, "is_main")
	mains := 0
	for _, row := range g.get("/leads/pipelines").rows("pipelines") {
		if row["is_main"] == true {
			mains++
		}
	}
	if mains != 1 {
		t.Errorf("%d main pipelines", mains)
	}
	lead := g.made("leads", "/leads", `[{"name":"in the new main one"}]`)[0]
	g.get(leadPath(lead)).eq(id, "pipeline_id")
	d := g.del(path).want(422)
	d.eq("Only pipelines without leads can be deleted", "detail")
	g.state(func(a *account) { leads(a).del(lead) })
	g.del(path).want(204)
	gone := g.del(path).want(400)
	gone.eq("NotSupportedChoice", "validation-errors", 0, "errors", 0, "code")
	gone.eq("id", "validation-errors", 0, "errors", 0, "path")
	gone.eq(nil, "validation-errors", 0, "request_id")
	g.get(path).want(404)
	g.patch(path, `{"name":"x"}`).want(404)
	last, _ := g.stages()
	g.del(pipelinePath(last)).want(400)
}

func TestPipelineNeedsStatuses(t *testing.T) {
	g := newRig(t)
	r := g.post("/leads/pipelines", `[{"name":"x","sort":1,"is_main":false,"is_unsorted_on":true}]`).want(400)
	r.eq("_embedded", "validation-errors", 0, "errors", 0, "path")
	g.post("/leads/pipelines", `[{"name":"x","sort":1,"is_main":false,"is_unsorted_on":true,"_embedded":{"statuses":[]}}]`).want(400).
		eq("TooFew", "validation-errors", 0, "errors", 0, "code")
	g.post("/leads/pipelines", `[{"name":"x","sort":1,"is_main":false,"is_unsorted_on":true,"_embedded":{"statuses":[{"name":"a","color":"#123456"}]}}]`).want(400).
		eq("_embedded.statuses.0.color", "validation-errors", 0, "errors", 0, "path")
	for i := range maxPipelines - 1 {
		g.post("/leads/pipelines", newPipelineBody(fmt.Sprint("p", i))).want(200)
	}
	g.post("/leads/pipelines", newPipelineBody("one too many")).want(422)
}

func TestStatusLifeCycle(t *testing.T) {
	g := newRig(t)
	pipelineID, stages := g.stages()
	base := pipelinePath(pipelineID) + "/statuses"
	r := g.post(base, `[{"name":"Late","sort":25,"color":"#deff81","descriptions":[{"level":"newbie","description":"call"}]}]`).want(200)
	r.eq("0", "_embedded", "statuses", 0, "request_id")
	r.eq(30, "_embedded", "statuses", 0, "sort") // renumbered after the first of 20
	id := int64(r.at("_embedded", "statuses", 0, "id").(float64))
	path := fmt.Sprintf("%s/%d", base, id)
	d := g.get(path + "?with=descriptions").want(200)
	d.eq("call", "descriptions", 0, "description")
	d.eq("2025-10-09 08:53:20", "descriptions", 0, "created_at")
	did := int64(d.at("descriptions", 0, "id").(float64))
	g.patch(path, fmt.Sprintf(`{"descriptions":[{"id":%d,"description":"ring"}],"name":"Later"}`, did)).want(200).eq("Later", "name")
	g.get(path+"?with=descriptions").eq("ring", "descriptions", 0, "description")
	g.patch(path, fmt.Sprintf(`{"descriptions":[{"id":%d}]}`, did)).want(200)
	g.get(path+"?with=descriptions").eq([]any{}, "descriptions")
	if g.get(path).at("descriptions") != nil {
		t.Error("descriptions without with")
	}

	lead := g.made("leads", "/leads", fmt.Sprintf(`[{"status_id":%d}]`, id))[0]
	g.del(path).want(204)
	g.get(leadPath(lead)).eq(stages[1], "status_id")
	g.get(path).want(404)
	g.del(base + "/142").want(400)
	g.patch(base+"/142", `{"name":"Sold","color":"#deff81"}`).want(200).eq("#CCFF66", "color")
	g.get(base).want(200).eq(6, "_total_items")
	g.get("/leads/pipelines/5/statuses").want(404).eq("Pipeline not found", "detail")
	g.post(base, `[{"name":"no sort"}]`).want(400).eq("FieldMissing", "validation-errors", 0, "errors", 0, "code")
}

func TestStagesHaveALimit(t *testing.T) {
	g := newRig(t)
	pipelineID, stages := g.stages()
	body := "["
	for i := range maxStatuses - len(stages) {
		body += fmt.Sprintf(`{"name":"s%d","sort":%d},`, i, i)
	}
	base := pipelinePath(pipelineID) + "/statuses"
	g.post(base, body[:len(body)-1]+"]").want(200)
	g.post(base, `[{"name":"one","sort":1}]`).want(422)
}

func TestLossReasonLifeCycle(t *testing.T) {
	g := newRig(t)
	g.get("/leads/loss_reasons").want(204)
	r := g.post("/leads/loss_reasons", `[{"name":"Price","sort":20},{"name":"Time","sort":10}]`).want(200)
	r.eq(2, "_total_items")
	r.eq("0", "_embedded", "loss_reasons", 0, "request_id")
	id := int64(r.at("_embedded", "loss_reasons", 0, "id").(float64))
	list := g.get("/leads/loss_reasons").want(200)
	list.eq("Time", "_embedded", "loss_reasons", 0, "name")
	list.eq(2, "_total_items")
	path := fmt.Sprintf("/leads/loss_reasons/%d", id)
	one := g.get(path).want(200)
	one.eq("Price", "name")
	one.eq(1_760_000_000, "created_at")
	lead := g.made("leads", "/leads", fmt.Sprintf(`[{"status_id":143,"loss_reason_id":%d}]`, id))[0]
	g.patch(path, `{"name":"x"}`).want(405)
	g.del(path).want(204)
	g.get(path).want(404).eq("Loss reason not found", "detail")
	g.del(path).want(404)
	g.get(leadPath(lead)).eq(nil, "loss_reason_id")
	g.post("/leads/loss_reasons", `[{"name":""}]`).want(400).eq("NotBlank", "validation-errors", 0, "errors", 0, "code")
}
