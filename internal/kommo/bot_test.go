package kommo

import (
	"io"
	"net/http"
	"testing"
)

func TestBotsRead(t *testing.T) {
	bot := `{"id":5,"name":"Welcome","type_functionality":"greeting","is_visual_editor":true,"settings":{"active":false},"is_favorite":true}`
	c, r := recorded(t, `{"_embedded":{"items":[`+bot+`,{"id":6,"name":"Bare","settings":[]}]}}`, bot, "", "")
	page := must(c.Bots.List(t.Context(), BotFilter{ListOptions: ListOptions{Limit: 9}, IDs: []int64{5}, Kinds: []string{BotGreeting}, With: []string{"favorite"}}))(t)
	if b := page.Items[0]; b.ID != 5 || b.Kind != BotGreeting || *b.Settings.Active || !*b.Favorite || !b.VisualEditor {
		t.Errorf("reads as %+v", b)
	}
	if b := page.Items[1]; b.Settings.Active != nil || b.Favorite != nil {
		t.Errorf("a bare bot reads as %+v", b)
	}
	must(c.Bots.Get(t.Context(), 5))(t)
	if _, err := c.Bots.Get(t.Context(), 9); !HasCode(err, CodeNotFound) {
		t.Errorf("a missing bot: %v", err)
	}
	if none := must(Collect(c.Bots.All(t.Context(), BotFilter{})))(t); len(none) != 0 {
		t.Errorf("%+v", none)
	}
	r.want(t, get("/bots", "filter[id][0]=5&filter[type_functionality][0]=greeting&limit=9&with=favorite"), get("/bots/5", ""), get("/bots/9", ""), get("/bots", "limit=250"))
}

// Kommo answers 202 with a word of HTML, or with nothing at all.
func TestBotsAreQueued(t *testing.T) {
	var got []string
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.URL.Path+" "+string(body))
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusAccepted)
		if len(got) != 2 {
			_, _ = w.Write([]byte("Accepted"))
		}
	}))
	on := BotTarget{EntityID: 9, EntityType: Leads}
	for name, err := range map[string]error{
		"run": c.Bots.Run(t.Context(), 5, on), "run many": c.Bots.RunMany(t.Context(), []BotRun{{BotID: 5, BotTarget: on}}), "stop": c.Bots.Stop(t.Context(), 5, on),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Bots.RunMany(t.Context(), nil); !HasCode(err, CodeInvalid) {
		t.Errorf("nothing to run: %v", err)
	}
	want := []string{
		`/api/v4/bots/5/run {"entity_id":9,"entity_type":"leads"}`, `/api/v4/bots/run [{"bot_id":5,"entity_id":9,"entity_type":"leads"}]`,
		`/api/v4/bots/5/stop {"entity_id":9,"entity_type":"leads"}`,
	}
	for i, w := range want {
		if i >= len(got) || got[i] != w {
			t.Errorf("request %d: %v, want %s", i, got, w)
		}
	}
}
