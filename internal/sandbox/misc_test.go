package sandbox

import (
	"fmt"
	"testing"
)

func TestShortLinkHasThreeKeys(t *testing.T) {
	g := newRig(t)
	id := g.made("contacts", "/contacts", `[{"name":"Ann"}]`)[0]
	r := g.post("/short_links", fmt.Sprintf(`[{"url":"https://example.com/offer","metadata":{"entity_type":"contacts","entity_id":%d}}]`, id)).want(200)
	if row := r.rows("short_links")[0]; len(row) != 3 {
		t.Errorf("keys of %v", row)
	}
	r.eq(id, "_embedded", "short_links", 0, "metadata", "entity_id")
}

func TestWidgetIsInstalledAndRemoved(t *testing.T) {
	g := newRig(t)
	a := g.s.byHost[g.host]
	widgets(a).put(960_001, &widget{ID: 960_001, Code: "dialer", Name: "Dialer"})
	g.get("/widgets").want(200).eq(false, "_embedded", "widgets", 0, "is_active_in_account")
	g.post("/widgets/dialer", `{"api_key":"k"}`).want(200).eq("k", "settings", "api_key")
	g.get("/widgets/dialer").want(200).eq(true, "is_active_in_account")
	g.del("/widgets/dialer").want(204)
	g.get("/widgets/dialer").want(200).eq(nil, "settings")
	g.get("/widgets/none").want(404)
}

func TestWebsiteButtonIsMadeInTheBackground(t *testing.T) {
	g := newRig(t)
	pipeline := g.get("/leads/pipelines").want(200).at("_embedded", "pipelines", 0, "id")
	r := g.post("/website_buttons", fmt.Sprintf(`{"pipeline_id":%v,"trusted_websites":["example.com"]}`, int64(pipeline.(float64)))).want(202)
	path := fmt.Sprintf("/website_buttons/%v", int64(r.at("source_id").(float64)))
	g.get(path).want(200).eq("creation_pending", "creation_status")
	g.get(path+"?with=scripts").want(200).eq("created", "creation_status")
	patched := g.patch(path, `{"trusted_websites":{"add":["example.org"]}}`).want(200)
	patched.eq([]string{"example.com", "example.org"}, "trusted_websites")
	patched.eq(g.s.byHost[g.host].id, "account_id")
	g.post(path+"/online_chat", `{}`).want(202)
	g.get("/website_buttons/1").want(404)
}

func TestCurrenciesAndSubscriptions(t *testing.T) {
	g := newRig(t)
	g.get("/currencies").want(200).eq("USD", "_embedded", "currencies", 0, "code")
	id := g.made("leads", "/leads", `[{"name":"x"}]`)[0]
	r := g.get(fmt.Sprintf("/leads/%d/subscriptions", id)).want(200)
	r.eq("user", "_embedded", "subscriptions", 0, "type")
	g.get("/leads/1/subscriptions").want(404)
}

func TestPhoneCallEventFindsTheOnlyActiveLead(t *testing.T) {
	g := newRig(t)
	contact := g.made("contacts", "/contacts", `[{"name":"Ann","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"(202) 555-0123"}]}]}]`)[0]
	ask := func() reply {
		return g.post("//api/v2/events/", `{"add":[{"type":"phone_call","phone_number":"+1 202 555 0123","users":[1]}]}`).want(200)
	}
	ask().eq(contact, "_embedded", "items", 0, "element_id")
	lead := g.made("leads", "/leads", fmt.Sprintf(`[{"name":"x","_embedded":{"contacts":[{"id":%d}]}}]`, contact))[0]
	r := ask()
	r.eq(lead, "_embedded", "items", 0, "element_id")
	r.eq(2, "_embedded", "items", 0, "element_type")
	g.post("//api/v2/events/", `{"add":[{"type":"phone_call","phone_number":"+44 20 0000 0000"}]}`).want(200).eq(nil, "_embedded", "items", 0, "element_id")
}
