package sandbox

import "strings"

// tagColors is the palette of lead tags, without # (Kommo API facts: tags).
const tagColors = "EBEBEB D0D0D0 F2DDF7 D1A4DC FF8F92 FFC8C8 C7DB8C DDEBB5 8699DA AABDFF FFCE5A FFE193 " +
	"90CDB0 C6F4DE A9A5D7 D8D5FF 86C0FC 832161 6A0F49 0C7C59 10599D 9D2B32 247BA0"

func tagRoutes() []route {
	all := "/{entity:leads|contacts|companies|customers}/tags"
	return []route{
		{Method: "GET", Path: all, Do: listTags, Query: []string{"query", "filter[name]", "filter[id]"}},
		{Method: "POST", Path: all, Do: createTags},
		{Method: "PATCH", Path: "/{entity:leads}/tags", Do: patchTags},
		{Method: "PATCH", Path: "/{entity:leads}/tags/{id:int}", Do: patchTag},
	}
}

func (c *call) tagsPath() string { return "/" + c.args["entity"] + "/tags" }

type tagRow struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Color     *string `json:"color"`
	RequestID string  `json:"request_id,omitempty"`
}

func readTag(t *tag) tagRow { return tagRow{ID: t.ID, Name: t.Name, Color: t.Color} }

// listTags knows one exact name, several ids, and a full text search.
func listTags(c *call) answer {
	search := strings.ToLower(c.q.get("query"))
	var rows []*tag
	for _, t := range c.a.tagTable(c.args["entity"]).all() {
		if matchIDs(c.q, t.ID, "filter", "id") && matchText(c.q, t.Name, "filter", "name") &&
			strings.Contains(strings.ToLower(t.Name), search) {
			rows = append(rows, t)
		}
	}
	return list(c, paging{}, "tags", c.tagsPath(), rows, readTag)
}

// tagFields: a colour is for leads only.
func tagFields(entity string, required bool) schema {
	color := unexpected("color")
	if entity == "leads" {
		color = field{name: "color", kind: stringKind, check: oneOf(strings.Fields(tagColors)...)}
	}
	return schema{{name: "name", kind: stringKind, required: required, notBlank: true}, color}
}

// createTags answers an existing name with its existing id.
func createTags(c *call) answer {
	entity := c.args["entity"]
	b, bad := c.parseMany(append(tagFields(entity, true), field{name: "id", kind: intKind}), maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []tagRow
	for _, it := range b {
		name, _ := it.str("name")
		t := c.a.tagNamed(entity, name)
		if color, sent := it.str("color"); sent {
			t.Color = &color
		}
		row := readTag(t)
		row.RequestID = it.requestID
		out = append(out, row)
	}
	return ok(whole(c, "tags", c.tagsPath(), out))
}

func patchTags(c *call) answer {
	b, bad := c.parseMany(append(tagFields("leads", false), field{name: "id", kind: intKind, required: true}), maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		if id, sent := it.int("id"); sent && !c.a.tagTable("leads").has(id) {
			it.p.add("id", codeNotSupported)
		}
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []tagRow
	for _, it := range b {
		id, _ := it.int("id")
		out = append(out, c.setTag(id, it))
	}
	return ok(whole(c, "tags", c.tagsPath(), out))
}

func patchTag(c *call) answer {
	if !c.a.tagTable("leads").has(c.id("id")) {
		return invalidField("id", codeNotSupported)
	}
	it, bad := c.parseOne(tagFields("leads", false))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	return ok(c.setTag(c.id("id"), it))
}

func (c *call) setTag(id int64, it *item) tagRow {
	t := c.a.tagTable("leads").get(id)
	if name, sent := it.str("name"); sent {
		t.Name = name
	}
	if color, sent := it.str("color"); sent {
		t.Color = &color
	} else if it.null("color") {
		t.Color = nil
	}
	row := readTag(t)
	if it.sentID {
		row.RequestID = it.requestID
	}
	return row
}
