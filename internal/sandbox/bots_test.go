package sandbox

import (
	"fmt"
	"testing"
)

func TestBotsAreListedUnderItemsAndQueued(t *testing.T) {
	g := newRig(t)
	a := g.s.byHost[g.host]
	g.get("/bots").want(204)
	bots(a).put(56_001, &bot{ID: 56_001, Name: "Greeting", Type: "greeting", Active: true})
	l := g.get("/bots?with=favorite").want(200)
	l.eq("Greeting", "_embedded", "items", 0, "name")
	l.eq(true, "_embedded", "items", 0, "settings", "active")
	g.get("/bots?filter[type_functionality][]=nps").want(204)
	g.get("/bots/56001").want(200).eq("greeting", "type_functionality")
	g.get("/bots/1").want(204)
	lead := g.made("leads", "/leads", `[{"name":"x"}]`)[0]
	body := fmt.Sprintf(`{"entity_id":%d,"entity_type":"leads"}`, lead)
	if r := g.post("/bots/56001/run", body).want(202); string(r.raw) != "Accepted" {
		t.Errorf("body %q", r.raw)
	}
	many := g.post("/bots/run", fmt.Sprintf(`[{"bot_id":56001,"entity_id":%d,"entity_type":"leads"}]`, lead)).want(202)
	if len(many.raw) != 0 || botRuns(a).len() != 1 {
		t.Errorf("body %q, %d runs: a record has one bot at a time", many.raw, botRuns(a).len())
	}
	g.post("/bots/56001/stop", body).want(202)
	if !botRuns(a).get(1).Stopped {
		t.Error("the run was not stopped")
	}
	g.post("/bots/56001/run", `{"entity_id":1,"entity_type":"sheep"}`).want(400)
	g.post("//api/v2/salesbot/run", fmt.Sprintf(`[{"bot_id":56001,"entity_id":%d,"entity_type":"2"}]`, lead)).want(202)
	if botRuns(a).len() != 2 {
		t.Errorf("%d runs after the legacy call", botRuns(a).len())
	}
}
