package sandbox

import (
	"fmt"
	"testing"
)

// talkRig has one contact and one open talk, 101, on a lead.
func talkRig(t *testing.T) (*rig, *talk) {
	t.Helper()
	g := newRig(t)
	contact := g.made("contacts", "/contacts", `[{"name":"Ann"}]`)[0]
	lead := g.made("leads", "/leads", `[{"name":"x"}]`)[0]
	a := g.s.byHost[g.host]
	tk := &talk{ID: talks(a).alloc(), ContactID: contact, On: ref{"leads", lead}, ChatID: "chat-1", Origin: "waba", Status: talkOpen, CreatedAt: g.unix.Load()}
	tk.Messages = []*message{{ID: "m-1", Type: "incoming", Kind: "text", Text: "Hi", CreatedAt: g.unix.Load(), Author: messageAuthor{ID: "u", Type: "external", Name: "Ann"}}}
	talks(a).put(tk.ID, tk)
	return g, tk
}

func TestTalkIsReadAnsweredAndClosed(t *testing.T) {
	g, tk := talkRig(t)
	l := g.get("/talks?filter[only_in_work]=1").want(200)
	l.eq(tk.ID, "_embedded", "talks", 0, "talk_id")
	l.eq("lead", "_embedded", "talks", 0, "entity_type")
	g.get("/talks?filter[entity_type]=customer").want(204)
	one := g.get(fmt.Sprintf("/talks/%d", tk.ID)).want(200)
	one.eq(true, "is_in_work")
	one.eq(tk.ContactID, "_embedded", "contacts", 0, "id")
	path := fmt.Sprintf("/talks/%d/", tk.ID)
	sent := g.post(path+"send_message", `{"text":"Hello Ann"}`).want(202)
	m := g.get(path + "messages").want(200)
	m.eq(sent.at("id"), "_embedded", "messages", 0, "id")
	m.eq("internal", "_embedded", "messages", 0, "author", "type")
	m.eq("Hi", "_embedded", "messages", 1, "text")
	g.post(path+"close", `{"force_close":true}`).want(202)
	g.post(path+"close", ``).want(422)
	g.post(path+"send_message", `{"text":"Again"}`).want(422).eq("Talk is closed", "detail")
	g.get("/talks/1").want(404)
}

func TestSendMessageNeedsScopeQuotaAndContent(t *testing.T) {
	g, tk := talkRig(t)
	path := fmt.Sprintf("/talks/%d/", tk.ID)
	g.post(path+"send_message", `{}`).want(400)
	g.post(path+"send_message", `{"text":""}`).want(400).eq("NotBlank", "validation-errors", 0, "errors", 0, "code")
	g.s.byHost[g.host].chatQuota().Left = 0
	g.post(path+"send_message", `{"text":"Hello"}`).want(402).eq("Over chat API limit", "detail")
	g.token = g.s.TokenWith(g.host, TokenOptions{Scopes: []string{"crm"}})
	g.post(path+"send_message", `{"text":"Hello"}`).want(403).eq("Invalid scope", "detail")
	g.get(path + "messages").want(403)
}

func TestChatTemplates(t *testing.T) {
	g := newRig(t)
	g.get("/chats/templates").want(204)
	r := g.post("/chats/templates", `[{"name":"Hello","content":"Hi {{contact.name}}","external_id":"e1","request_id":"q"}]`).want(200)
	r.eq("q", "_embedded", "chat_templates", 0, "request_id")
	id := int64(r.rows("chat_templates")[0]["id"].(float64))
	path := fmt.Sprintf("/chats/templates/%d", id)
	g.get("/chats/templates?filter[external_id]=e1").want(200).eq("draft", "_embedded", "chat_templates", 0, "review_status")
	g.patch(path, `{"name":"Hello 2"}`).want(200).eq("Hello 2", "name")
	g.post("/chats/templates", `[{"name":"x","content":"y","buttons":[{"type":"inline","text":"a"},{"type":"url","text":"b","url":"https://x.example.com"}]}]`).want(400)
	rev := g.post(path+"/review", `{}`).want(200)
	rev.eq("review", "_embedded", "reviews", 0, "status")
	g.post(path+"/review/1", `{"status":"approved"}`).want(200)
	g.get(path+"?with=reviews").want(200).eq("approved", "_embedded", "reviews", 0, "status")
	g.do("DELETE", "/chats/templates", fmt.Sprintf(`[{"id":%d}]`, id)).want(204)
	g.get(path).want(404)
}
