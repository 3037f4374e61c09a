package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// chatTemplate is a text prepared for chats. Its own keys are kept as they were
// written: the platform does not look into most of them.
type chatTemplate struct {
	ID                   int64
	CreatedAt, UpdatedAt int64
	Fields               object
	Reviews              []object
}

func chatTemplates(a *account) *table[chatTemplate] {
	return tableFor[chatTemplate](a, "chat-templates", 7_300_001)
}

const maxTemplates = 50

// Templates are for administrators; an integration sees its own (Kommo API facts:
// templates).
func templateRoutes() []route {
	const one = "/chats/templates/{id:int}"
	with := []string{"reviews"}
	return []route{
		{Method: "GET", Path: "/chats/templates", Do: listTemplates, Admin: true, With: with, Query: []string{"filter[external_id]"}},
		{Method: "GET", Path: one, Do: getTemplate, Admin: true, With: with},
		{Method: "POST", Path: "/chats/templates", Do: createTemplates, Admin: true},
		{Method: "PATCH", Path: "/chats/templates", Do: patchTemplates, Admin: true},
		{Method: "PATCH", Path: one, Do: patchTemplate, Admin: true},
		{Method: "DELETE", Path: "/chats/templates", Do: deleteTemplates, Admin: true},
		{Method: "DELETE", Path: one, Do: deleteTemplate, Admin: true},
		{Method: "POST", Path: one + "/review", Do: askReview, Admin: true},
		{Method: "POST", Path: one + "/review/{review:int}", Do: answerReview, Admin: true},
	}
}

func templateSchema(create bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: create, notBlank: true},
		{name: "content", kind: stringKind, required: create, notBlank: true},
		{name: "type", kind: stringKind, check: oneOf("amocrm", "waba")},
		{name: "is_editable", kind: boolKind},
		{name: "external_id", kind: stringKind},
		{name: "buttons", kind: listKind, item: &field{kind: objectKind, fields: schema{
			{name: "type", kind: stringKind, required: true, check: oneOf("inline", "url")},
			{name: "text", kind: stringKind, required: true},
			{name: "url", kind: stringKind},
		}}},
		{name: "attachment", kind: objectKind, fields: schema{
			{name: "id", kind: scalarKind, required: true},
			{name: "name", kind: stringKind},
			{name: "type", kind: stringKind, check: oneOf("picture", "file", "document", "video")},
			{name: "is_external", kind: boolKind},
		}},
		{name: "waba_header", kind: stringKind, check: atMost(60)},
		{name: "waba_header_type", kind: stringKind, check: oneOf("text", "media")},
		{name: "waba_footer", kind: stringKind, check: atMost(60)},
		{name: "waba_category", kind: stringKind, check: oneOf("UTILITY", "AUTHENTICATION", "MARKETING")},
		{name: "waba_language", kind: stringKind},
		{name: "waba_examples"},
	}
}

func templateDefaults() object {
	return object{
		"type": "amocrm", "is_editable": true, "external_id": nil, "buttons": []any{}, "attachment": nil,
		"waba_header": "", "waba_header_type": "text", "waba_footer": "", "waba_category": nil, "waba_language": nil,
		"waba_examples": object{}, "review_status": "draft", "is_on_review": false,
	}
}

func (c *call) readTemplate(t *chatTemplate, self func(string) links) object {
	o := templateDefaults()
	maps.Copy(o, t.Fields)
	o["id"], o["account_id"], o["created_at"], o["updated_at"] = t.ID, c.a.id, t.CreatedAt, t.UpdatedAt
	o["_links"] = self(fmt.Sprintf("/chats/templates/%d", t.ID))
	if c.with("reviews") {
		reviews := t.Reviews
		if reviews == nil {
			reviews = []object{}
		}
		o["_embedded"] = object{"reviews": reviews}
	}
	return o
}

func listTemplates(c *call) answer {
	var rows []*chatTemplate
	for _, t := range chatTemplates(c.a).all() {
		ext, _ := t.Fields.str("external_id")
		if matchText(c.q, ext, "filter", "external_id") {
			rows = append(rows, t)
		}
	}
	return list(c, paging{max: maxTemplates}, "chat_templates", "/chats/templates", rows, func(t *chatTemplate) object {
		return c.readTemplate(t, c.selfItem)
	})
}

func templateMissing() answer { return problem(http.StatusNotFound, "Template not found") }

func getTemplate(c *call) answer {
	t := chatTemplates(c.a).get(c.id("id"))
	if t == nil {
		return templateMissing()
	}
	return ok(c.readTemplate(t, c.self))
}

// set merges what was sent into the template.
func (t *chatTemplate) set(c *call, o object) {
	if t.Fields == nil {
		t.Fields = object{}
	}
	for k, v := range o {
		if k != "id" && k != "request_id" {
			t.Fields[k] = v
		}
	}
	t.UpdatedAt = c.now()
}

// mixedButtons reports buttons of different types, which Kommo refuses.
func mixedButtons(o object, p *problems) {
	kinds := map[any]bool{}
	for _, b := range o.objects("buttons") {
		kinds[b["type"]] = true
	}
	if len(kinds) > 1 {
		p.add("buttons", codeNotSupported)
	}
}

func createTemplates(c *call) answer {
	return c.writeTemplates(templateSchema(true), func(*item) *chatTemplate {
		t := &chatTemplate{ID: chatTemplates(c.a).alloc(), CreatedAt: c.now()}
		chatTemplates(c.a).put(t.ID, t)
		return t
	})
}

func patchTemplates(c *call) answer {
	s := append(templateSchema(false), field{name: "id", kind: intKind, required: true, check: exists("chat-templates")})
	return c.writeTemplates(s, func(it *item) *chatTemplate {
		id, _ := it.int("id")
		return chatTemplates(c.a).get(id)
	})
}

func (c *call) writeTemplates(s schema, target func(*item) *chatTemplate) answer {
	b, bad := c.parseMany(s, maxTemplates)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		mixedButtons(it.object, &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []object
	for _, it := range b {
		t := target(it)
		t.set(c, it.object)
		o := c.readTemplate(t, c.self)
		o["request_id"] = it.requestID
		out = append(out, o)
	}
	return ok(whole(c, "chat_templates", "/chats/templates", out))
}

func patchTemplate(c *call) answer {
	t := chatTemplates(c.a).get(c.id("id"))
	if t == nil {
		return templateMissing()
	}
	it, bad := c.parseOne(templateSchema(false))
	if bad != nil {
		return *bad
	}
	mixedButtons(it.object, &it.p)
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	t.set(c, it.object)
	return ok(c.readTemplate(t, c.self))
}

func deleteTemplates(c *call) answer {
	b, bad := c.parseMany(append(templateSchema(false), field{name: "id", kind: intKind, required: true, check: exists("chat-templates")}), maxTemplates)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	for _, it := range b {
		id, _ := it.int("id")
		chatTemplates(c.a).del(id)
	}
	return noContent()
}

func deleteTemplate(c *call) answer {
	if !chatTemplates(c.a).has(c.id("id")) {
		return templateMissing()
	}
	chatTemplates(c.a).del(c.id("id"))
	return noContent()
}

// askReview sends a WhatsApp template to review; the review stays open until
// answerReview.
func askReview(c *call) answer {
	t := chatTemplates(c.a).get(c.id("id"))
	if t == nil {
		return templateMissing()
	}
	t.Reviews = append(t.Reviews, object{"id": int64(len(t.Reviews) + 1), "source_id": nil, "status": "review", "reject_reason": nil})
	t.Fields["review_status"], t.Fields["is_on_review"] = "review", true
	return ok(object{"_total_items": len(t.Reviews), "_embedded": object{"reviews": t.Reviews}})
}

func answerReview(c *call) answer {
	t := chatTemplates(c.a).get(c.id("id"))
	if t == nil {
		return templateMissing()
	}
	it, bad := c.parseOne(schema{
		{name: "status", kind: stringKind, required: true, check: oneOf("approved", "paused", "rejected")},
		{name: "reject_reason", kind: stringKind},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	i := slices.IndexFunc(t.Reviews, func(o object) bool { return o["id"] == c.id("review") })
	if i < 0 {
		return problem(http.StatusNotFound, "Review not found")
	}
	t.Reviews[i]["status"], t.Reviews[i]["reject_reason"] = it.object["status"], it.object["reject_reason"]
	t.Fields["review_status"], t.Fields["is_on_review"] = it.object["status"], false
	return ok(t.Reviews[i])
}
