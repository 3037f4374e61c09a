package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	testChannel = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	testAmojo   = "11111111-2222-3333-4444-555555555555"
)

// chatRig signs as a channel does.
type chatRig struct{ *rig }

func newChatRig(t *testing.T) chatRig {
	t.Helper()
	g := newRig(t, WithAccount("second.kommo.com", Blank()))
	g.unix.Store(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).Unix())
	g.s.byHost[DefaultHost].profile.amojoID = testAmojo
	g.s.RegisterChannel(Channel{ID: testChannel, Secret: DemoChannelSecret, Code: "acme", Title: "Acme chat"})
	g.token = g.s.Token(g.host) // the first one has expired by then
	return chatRig{g}
}

// send signs the request as Kommo's API facts and clients describe it.
func (g chatRig) send(method, path, body, zone string) reply {
	g.t.Helper()
	date := time.Unix(g.unix.Load(), 0).UTC().Format("Mon, 02 Jan 2006 15:04:05 ") + zone
	path = "/v2/origin/custom/" + path
	sum := md5Hex([]byte(body))
	bare, _, _ := strings.Cut(path, "?")
	text := strings.Join([]string{method, sum, "application/json", date, bare}, "\n")
	host, token := g.host, g.token
	g.host, g.token = "amojo.kommo.com", ""
	defer func() { g.host, g.token = host, token }()
	return g.do(method, "/"+path, body, "Content-Type", "application/json", "Content-MD5", sum, "Date", date, "X-Signature", sha1Hex(DemoChannelSecret, []byte(text)))
}

func (g chatRig) scope() string { return testChannel + "_" + testAmojo }

func TestChatSignatureVector(t *testing.T) {
	g := newChatRig(t)
	body := `{"account_id":"11111111-2222-3333-4444-555555555555","hook_api_version":"v2"}`
	path := "//v2/origin/custom/" + testChannel + "/connect"
	headers := []string{
		"Date", "Fri, 20 Nov 2026 12:00:00 +0000", "Content-MD5", "9aeada71d43e7be022d7537880c95b25",
		"X-Signature", "ca22408d21c28c8d3936b6e95c4d9555efc2189e", "Authorization", "",
	}
	r := g.do("POST", path, body, headers...).want(200)
	r.eq(g.scope(), "scope_id")
	r.eq("v2", "hook_api_version")
	g.do("POST", path, body+" ", headers...).want(403)
	g.tick(16 * 60)
	g.do("POST", path, body, headers...).want(403).eq("invalid signature", "error_description")
}

func TestChatMessageMakesContactLeadAndTalk(t *testing.T) {
	g := newChatRig(t)
	connect := fmt.Sprintf(`{"account_id":%q,"hook_api_version":"v2"}`, testAmojo)
	g.send("POST", g.scope()+"/chats", `{"conversation_id":"c-1","user":{"id":"u-1","name":"Ann"}}`, "+0000").want(403)
	g.send("POST", testChannel+"/connect", connect, "GMT").want(200)
	chat := g.send("POST", g.scope()+"/chats", `{"conversation_id":"c-1","user":{"id":"u-1","name":"Ann","profile":{"phone":"+12025550123"}}}`, "+0000").want(200)
	chat.eq("u-1", "user", "client_id")
	chat.eq("Ann", "user", "name")
	again := g.send("POST", g.scope()+"/chats", `{"conversation_id":"c-1","user":{"id":"u-1","name":"Ann"}}`, "+0000").want(200)
	again.eq(chat.at("id"), "id")
	msg := `{"event_type":"new_message","payload":{"timestamp":1795176000,"msec_timestamp":1795176000123,"msgid":"m-1","conversation_id":"c-1","sender":{"id":"u-1","name":"Ann"},"message":{"type":"text","text":"Hello"}}}`
	sent := g.send("POST", g.scope(), msg, "+0000").want(200)
	sent.eq("m-1", "new_message", "ref_id")
	sent.eq(chat.at("id"), "new_message", "conversation_id")
	g.send("POST", g.scope(), msg, "+0000").want(400)
	g.send("POST", g.scope(), strings.Replace(msg, `"timestamp":1795176000`, `"timestamp":"1795176000"`, 1), "+0000").want(400)

	h := g.send("GET", g.scope()+"/chats/"+chat.at("id").(string)+"/history?limit=10", "", "+0000").want(200)
	h.eq("Hello", "messages", 0, "message", "text")
	h.eq(1795176000123, "messages", 0, "msec_timestamp")
	g.send("GET", g.scope()+"/chats/c-1/history", "", "+0000").want(204)
	talks := g.get("/talks").want(200)
	talks.eq("acme", "_embedded", "talks", 0, "origin")
	g.get("/leads/unsorted?filter[category][]=chats").want(200)
	talkPath := fmt.Sprintf("/talks/%v", int64(talks.at("_embedded", "talks", 0, "talk_id").(float64)))
	g.get(talkPath+"/messages").want(200).eq("external", "_embedded", "messages", 0, "author", "type")

	g.send("POST", g.scope()+"/typing", `{"conversation_id":"c-1","sender":{"id":"u-1"}}`, "+0000").want(204)
	answer := g.post(talkPath+"/send_message", `{"text":"Hi Ann"}`).want(202).at("id").(string)
	g.send("POST", g.scope()+"/"+answer+"/delivery_status", `{"status_code":-1}`, "+0000").want(400)
	g.send("POST", g.scope()+"/"+answer+"/delivery_status", `{"status_code":1}`, "+0000").want(200)
	g.send("POST", g.scope()+"/nope/delivery_status", `{"status_code":1}`, "+0000").want(404)
	g.send("POST", g.scope()+"/react", `{"conversation_id":"c-1","id":"x","user":{"id":"u-1"},"type":"react","emoji":"👍"}`, "+0000").want(200)
	g.send("DELETE", testChannel+"/disconnect", fmt.Sprintf(`{"account_id":%q}`, testAmojo), "+0000").want(200)
	if r := g.send("POST", g.scope(), msg, "+0000"); r.status != http.StatusForbidden {
		t.Errorf("after disconnect: %d", r.status)
	}
}

func TestHistoryAcceptsTheSignedEmptyList(t *testing.T) {
	g := newChatRig(t)
	g.send("POST", testChannel+"/connect", fmt.Sprintf(`{"account_id":%q}`, testAmojo), "+0000").want(200)
	g.send("GET", g.scope()+"/chats/x/history", "[]", "+0000").want(204)
}

func TestKnownPhoneReusesTheContact(t *testing.T) {
	g := newChatRig(t)
	g.send("POST", testChannel+"/connect", fmt.Sprintf(`{"account_id":%q}`, testAmojo), "+0000").want(200)
	id := g.made("contacts", "/contacts", `[{"name":"Bob","custom_fields_values":[{"field_code":"PHONE","values":[{"value":"(202) 555-0177"}]}]}]`)[0]
	lead := g.made("leads", "/leads", fmt.Sprintf(`[{"name":"x","_embedded":{"contacts":[{"id":%d}]}}]`, id))[0]
	g.send("POST", g.scope(), `{"event_type":"new_message","payload":{"timestamp":1,"msgid":"m","conversation_id":"c","sender":{"id":"u","name":"Bobby","profile":{"phone":"+12025550177"}},"message":{"type":"text","text":"x"}}}`, "+0000").want(200)
	r := g.get("/talks").want(200)
	r.eq(id, "_embedded", "talks", 0, "contact_id")
	r.eq(lead, "_embedded", "talks", 0, "entity_id")
	g.get("/leads/unsorted").want(204)
}
