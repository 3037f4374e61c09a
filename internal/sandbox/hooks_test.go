package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// inbox receives hooks.
type inbox struct {
	t   *testing.T
	url string
	got chan received
}

type received struct {
	header http.Header
	raw    string
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{t: t, got: make(chan received, 100)}
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		in.got <- received{r.Header, string(raw)}
	}))
	t.Cleanup(srv.Close)
	in.url = srv.URL
	return in
}

func (in *inbox) next() received {
	in.t.Helper()
	select {
	case r := <-in.got:
		return r
	case <-time.After(5 * time.Second):
		in.t.Fatal("no hook came")
		return received{}
	}
}

func (in *inbox) form() url.Values {
	in.t.Helper()
	r := in.next()
	if ct := r.header.Get("Content-Type"); ct != "application/x-www-form-urlencoded" {
		in.t.Errorf("content type %s", ct)
	}
	v, err := url.ParseQuery(r.raw)
	if err != nil {
		in.t.Fatal(err)
	}
	return v
}

func TestWebhooksTellOfChangesInOrder(t *testing.T) {
	g := newRig(t)
	in := newInbox(t)
	g.s.DeliverHooks(t.Context(), http.DefaultClient, nil)
	g.post("/webhooks", fmt.Sprintf(`{"destination":"%s/h","settings":["add_lead","status_lead","update_lead","note_lead","add_contact","add_task"]}`, in.url)).want(200)
	g.post("/webhooks", `{"destination":"https://hooks.example.com/x","settings":["add_lead"]}`).want(200)
	id := fmt.Sprint(g.made("leads", "/leads", `[{"name":"Roof & more","price":10,"_embedded":{"tags":[{"name":"vip"}]}}]`)[0])
	add := in.form()
	for key, want := range map[string]string{
		"leads[add][0][id]": id, "leads[add][0][name]": "Roof & more", "leads[add][0][price]": "10", "leads[add][0][tags][0][name]": "vip",
		"account[subdomain]": "demo", "account[_links][self]": "https://demo.kommo.com",
	} {
		if add.Get(key) != want {
			t.Errorf("%s = %q, want %q", key, add.Get(key), want)
		}
	}
	g.patch("/leads/"+id, `{"status_id":142}`).want(200)
	moved := in.form()
	if moved.Get("leads[status][0][status_id]") != "142" || moved.Get("leads[status][0][old_status_id]") == "" {
		t.Errorf("stage move: %v", moved)
	}
	if up := in.form(); up.Get("leads[update][0][old_status_id]") == "" {
		t.Errorf("a stage move is an update, too: %v", up)
	}
	g.post("/leads/"+id+"/notes", `[{"note_type":"common","params":{"text":"hi"}}]`).want(200)
	if note := in.form(); note.Get("leads[note][0][note][text]") != "hi" {
		t.Errorf("note: %v", note)
	}
	g.made("contacts", "/contacts", `[{"name":"Ann"}]`)
	if k := in.form(); k.Get("contacts[add][0][type]") != "contact" {
		t.Errorf("contact: %v", k)
	}
	g.post("/tasks", fmt.Sprintf(`[{"text":"call","complete_till":1760003600,"entity_id":%s,"entity_type":"leads"}]`, id)).want(200)
	if k := in.form(); k.Get("task[add][0][complete_till]") != "2025-10-09 09:53:20" {
		t.Errorf("task: %v", k)
	}
}

func TestChannelIsToldOfOutgoingMessages(t *testing.T) {
	g := newChatRig(t)
	in := newInbox(t)
	g.s.DeliverHooks(t.Context(), http.DefaultClient, nil)
	for _, ch := range channels(g.s.byHost[DefaultHost]).all() {
		ch.HookURL = in.url + "/in/:scope_id"
	}
	g.send("POST", testChannel+"/connect", fmt.Sprintf(`{"account_id":%q,"hook_api_version":"v2"}`, testAmojo), "+0000").want(200)
	g.send("POST", g.scope(), `{"event_type":"new_message","payload":{"timestamp":1,"msgid":"m","conversation_id":"c","sender":{"id":"u","name":"Bob"},"message":{"type":"text","text":"x"}}}`, "+0000").want(200)
	talk := int64(g.get("/talks").want(200).at("_embedded", "talks", 0, "talk_id").(float64))
	g.post(fmt.Sprintf("/talks/%d/send_message", talk), `{"text":"Hello Bob"}`).want(202)
	r := in.next()
	if sig := r.header.Get("X-Signature"); sig != sha1Hex(DemoChannelSecret, []byte(r.raw)) {
		t.Errorf("signature %s of %s", sig, r.raw)
	}
	hook := reply{t: t, status: 200, raw: []byte(r.raw)}
	hook.eq("Hello Bob", "message", "message", "text")
	hook.eq("c", "message", "conversation", "client_id")
	hook.eq("u", "message", "receiver", "client_id")
}

// The vector for hooks of Kommo's API facts.
func TestHookSignatureVector(t *testing.T) {
	if got := sha1Hex("5f2c9d1e7b", []byte(`{"time":1}`)); got != "8262c8b8a0ec8d1fdb601a8ea1d6f4395c4e2135" {
		t.Error(got)
	}
}
