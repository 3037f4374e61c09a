package sandbox

import (
	"fmt"
	"net/http"
)

// websiteButton is a chat button for a website. It is made in the background:
// creation_status is creation_pending until it is read once.
type websiteButton struct {
	SourceID, ButtonID, PipelineID int64
	Name                           string
	Websites                       []string
	InApp, Created, OnlineChat     bool
}

func websiteButtons(a *account) *table[websiteButton] {
	return tableFor[websiteButton](a, "website-buttons", 1_150_001)
}

const maxWebsites = 10

// Website chat buttons are for administrators (Kommo API facts: sources).
func websiteButtonRoutes() []route {
	const all = "/website_buttons"
	with := []string{"scripts", "deleted"}
	return []route{
		{Method: "GET", Path: all, Do: listButtons, Admin: true, With: with},
		{Method: "GET", Path: all + "/{id:int}", Do: getButton, Admin: true, With: with},
		{Method: "POST", Path: all, Do: createButton, Admin: true},
		{Method: "PATCH", Path: all + "/{id:int}", Do: patchButton, Admin: true},
		{Method: "POST", Path: all + "/{id:int}/online_chat", Do: addOnlineChat, Admin: true},
	}
}

func (c *call) readButton(b *websiteButton) object {
	status := "creation_pending"
	if b.Created {
		status = "created"
	}
	b.Created = true
	o := object{
		"account_id": c.a.id, "source_id": b.SourceID, "button_id": b.ButtonID, "name": b.Name, "pipeline_id": b.PipelineID,
		"is_duplication_control_enabled": false, "creation_status": status, "is_deleted": false,
	}
	if c.with("scripts") {
		o["script"] = fmt.Sprintf(`<script>(function(a,m,o,c,r){a[o+"Id"]=%d})(window,0,"crmPlugin")</script>`, b.ButtonID)
	}
	return o
}

func listButtons(c *call) answer {
	var rows []*websiteButton
	for _, b := range websiteButtons(c.a).all() {
		rows = append(rows, b)
	}
	return list(c, paging{}, "website_buttons", "/website_buttons", rows, c.readButton)
}

func getButton(c *call) answer {
	b := websiteButtons(c.a).get(c.id("id"))
	if b == nil {
		return noSuchEntity()
	}
	return ok(c.readButton(b))
}

func createButton(c *call) answer {
	it, bad := c.parseOne(schema{
		{name: "pipeline_id", kind: intKind, required: true, check: exists("pipelines")},
		{name: "trusted_websites", kind: listKind, required: true, min: 1, max: maxWebsites, item: &field{kind: stringKind}},
		{name: "is_used_in_app", kind: boolKind},
		{name: "name", kind: stringKind},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	id := websiteButtons(c.a).alloc()
	b := &websiteButton{SourceID: id, ButtonID: id + 500_000, Name: "Website chat button"}
	b.PipelineID, _ = it.int("pipeline_id")
	b.InApp, _ = it.bool("is_used_in_app")
	if name, sent := it.str("name"); sent {
		b.Name = name
	}
	b.Websites = stringsOf(it.list("trusted_websites"))
	websiteButtons(c.a).put(id, b)
	return answer{status: http.StatusAccepted, body: object{"source_id": id, "trusted_websites": b.Websites}}
}

// stringsOf are the strings of a list.
func stringsOf(list []any) []string {
	out := []string{}
	for _, v := range list {
		if s, isText := v.(string); isText {
			out = append(out, s)
		}
	}
	return out
}

func patchButton(c *call) answer {
	b := websiteButtons(c.a).get(c.id("id"))
	if b == nil {
		return noSuchEntity()
	}
	it, bad := c.parseOne(schema{
		{name: "trusted_websites", kind: objectKind, fields: schema{{name: "add", kind: listKind, item: &field{kind: stringKind}}}},
		{name: "name", kind: stringKind},
	})
	if bad != nil {
		return *bad
	}
	add := stringsOf(it.obj("trusted_websites").list("add"))
	if len(b.Websites)+len(add) > maxWebsites {
		it.p.add("trusted_websites.add", codeTooMany)
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	b.Websites = append(b.Websites, add...)
	if name, sent := it.str("name"); sent {
		b.Name = name
	}
	// Published clients read the whole button from this answer.
	out := c.readButton(b)
	out["trusted_websites"] = b.Websites
	return ok(out)
}

func addOnlineChat(c *call) answer {
	b := websiteButtons(c.a).get(c.id("id"))
	if b == nil {
		return noSuchEntity()
	}
	b.OnlineChat = true
	return answer{status: http.StatusAccepted, body: object{}}
}
