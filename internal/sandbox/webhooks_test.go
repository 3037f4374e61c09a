package sandbox

import "testing"

func TestWebhookIsUpsertedByDestination(t *testing.T) {
	g := newRig(t)
	g.get("/webhooks").want(204)
	first := g.post("/webhooks", `{"destination":"https://hooks.example.com/a","settings":["add_lead"]}`).want(200)
	first.eq(map[string]any{"add_lead": 1}, "settings")
	g.tick(10)
	again := g.post("/webhooks", `{"destination":"https://hooks.example.com/a","settings":["status_lead","note_lead"],"sort":3}`).want(200)
	again.eq(first.at("id"), "id")
	again.eq(first.at("created_at"), "created_at")
	l := g.get("/webhooks?filter[destination]=https://hooks.example.com/a").want(200)
	l.eq([]string{"status_lead", "note_lead"}, "_embedded", "webhooks", 0, "settings")
	l.eq(1, "_total_items")
	g.get("/webhooks?filter[destination]=https://other.example.com").want(204)
	g.do("DELETE", "/webhooks", `{"destination":"https://nowhere.example.com"}`).want(404)
	g.do("DELETE", "/webhooks", `{"destination":"https://hooks.example.com/a"}`).want(204)
	g.get("/webhooks").want(204)
}

func TestWebhookRefusals(t *testing.T) {
	g := newRig(t)
	for body, code := range map[string]string{
		`{"destination":"https://a.example.com","settings":[]}`:                 "TooFew",
		`{"destination":"https://a.example.com","settings":["add_sheep"]}`:      "NotSupportedChoice",
		`{"destination":"not a url","settings":["add_lead"]}`:                   "NotSupportedChoice",
		`{"settings":["add_lead"]}`:                                             "FieldMissing",
		`{"destination":"https://a.example.com","settings":["add_lead"],"x":1}`: "FieldNotExpected",
	} {
		g.post("/webhooks", body).want(400).eq(code, "validation-errors", 0, "errors", 0, "code")
	}
}
