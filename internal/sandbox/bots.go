package sandbox

import "net/http"

type bot struct {
	ID       int64
	Name     string
	Type     string // regular, greeting, marketing, nps
	Active   bool
	Favorite bool
}

// botRun is one bot at work on a record. A record has at most one at a time.
type botRun struct {
	ID, Bot int64
	On      ref
	At      int64
	Stopped bool
}

func bots(a *account) *table[bot] { return tableFor[bot](a, "bots", 56_001) }

func botRuns(a *account) *table[botRun] { return tableFor[botRun](a, "bot-runs", 1) }

const maxBotRuns = 100

// Bots cannot be made or changed by API (Kommo API facts: salesbot).
func botRoutes() []route {
	return []route{
		{Method: "GET", Path: "/bots", Do: listBots, With: []string{"favorite"}, Query: []string{"filter[id]", "filter[type_functionality]"}},
		{Method: "GET", Path: "/bots/{id:int}", Do: getBot, With: []string{"favorite"}},
		{Method: "POST", Path: "/bots/{id:int}/run", Do: runBot},
		{Method: "POST", Path: "/bots/run", Do: runBots},
		{Method: "POST", Path: "/bots/{id:int}/stop", Do: stopBot},
	}
}

func (c *call) readBot(b *bot) object {
	o := object{
		"id": b.ID, "name": b.Name, "type_functionality": b.Type, "is_visual_editor": true,
		"settings": object{"active": b.Active},
	}
	if c.with("favorite") {
		o["is_favorite"] = b.Favorite
	}
	return o
}

// listBots has its rows under _embedded.items.
func listBots(c *call) answer {
	var rows []*bot
	for _, b := range bots(c.a).all() {
		if matchIDs(c.q, b.ID, "filter", "id") && matchText(c.q, b.Type, "filter", "type_functionality") {
			rows = append(rows, b)
		}
	}
	return list(c, paging{}, "items", "/bots", rows, c.readBot)
}

// getBot answers 204 for an unknown bot.
func getBot(c *call) answer {
	b := bots(c.a).get(c.id("id"))
	if b == nil {
		return noContent()
	}
	return ok(c.readBot(b))
}

func botTarget(types ...string) schema {
	return schema{
		{name: "entity_id", kind: intKind, required: true},
		{name: "entity_type", kind: stringKind, required: true, check: oneOf(types...)},
	}
}

// startBot only queues: a wrong record fails in silence, and a bot that runs on the
// record already is left alone.
func (c *call) startBot(botID int64, o object) {
	entity, _ := o.str("entity_type")
	id, _ := o.int("entity_id")
	on := ref{entity, id}
	if !c.a.has(entity, id) || !bots(c.a).has(botID) {
		return
	}
	for _, r := range botRuns(c.a).all() {
		if r.On == on && !r.Stopped {
			return
		}
	}
	run := &botRun{ID: botRuns(c.a).alloc(), Bot: botID, On: on, At: c.now()}
	botRuns(c.a).put(run.ID, run)
	c.log("robot_replied", entity, id, nil, valueOf("helpbot", object{"id": botID}))
}

// accepted is the 202 of the bot calls: a word of HTML.
func accepted() answer {
	return html(http.StatusAccepted, "Accepted")
}

func runBot(c *call) answer {
	it, bad := c.parseOne(botTarget("leads", "contacts", "customers"))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.startBot(c.id("id"), it.object)
	return accepted()
}

func runBots(c *call) answer {
	b, bad := c.parseMany(append(botTarget("leads", "contacts", "customers"), field{name: "bot_id", kind: intKind, required: true}), maxBotRuns)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	for _, it := range b {
		botID, _ := it.int("bot_id")
		c.startBot(botID, it.object)
	}
	return answer{status: http.StatusAccepted}
}

func stopBot(c *call) answer {
	it, bad := c.parseOne(botTarget("leads", "contacts", "customers"))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	entity, _ := it.str("entity_type")
	id, _ := it.int("entity_id")
	for _, r := range botRuns(c.a).all() {
		if r.Bot == c.id("id") && r.On == (ref{entity, id}) {
			r.Stopped = true
		}
	}
	return accepted()
}

// legacyRoutes are the two calls of API v2 that are still documented. Root with a
// scope: they lie outside /api/v4 and still want a token.
func legacyRoutes() []route {
	return []route{
		{Method: "POST", Path: "/api/v2/salesbot/run", Do: runSalesbots, Root: true, Scope: "crm"},
		{Method: "POST", Path: "/api/v2/events", Do: phoneCalls, Root: true, Scope: "crm"},
	}
}

// runSalesbots takes entity_type as 1 contact or 2 lead, number or text.
func runSalesbots(c *call) answer {
	b, bad := c.parseMany(schema{
		{name: "bot_id", kind: intKind, required: true},
		{name: "entity_id", kind: intKind, required: true},
		{name: "entity_type", kind: scalarKind, required: true},
	}, maxBotRuns)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		if legacyEntity(it.object["entity_type"]) == "" {
			it.p.add("entity_type", codeNotSupported)
		}
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	for _, it := range b {
		botID, _ := it.int("bot_id")
		id, _ := it.int("entity_id")
		c.startBot(botID, object{"entity_type": legacyEntity(it.object["entity_type"]), "entity_id": id})
	}
	return answer{status: http.StatusAccepted, body: object{"success": true}}
}

// legacyEntity is the entity of an element_type of API v2, "" when unknown.
func legacyEntity(v any) string {
	switch v {
	case int64(1), "1":
		return "contacts"
	case int64(2), "2":
		return "leads"
	case int64(3), "3":
		return "companies"
	case int64(12), "12":
		return "customers"
	}
	return ""
}

// legacyType is the number API v2 and the hooks have for an entity.
func legacyType(entity string) int {
	return map[string]int{"contacts": 1, "leads": 2, "companies": 3, "customers": 12}[entity]
}

// phoneCalls shows the incoming call card to users: POST /api/v2/events with
// {"add":[{"type":"phone_call",…}]}.
func phoneCalls(c *call) answer {
	it, bad := c.parseOne(schema{{name: "add", kind: listKind, required: true, min: 1, item: &field{kind: objectKind, fields: schema{
		{name: "type", kind: stringKind, required: true, check: oneOf("phone_call")},
		{name: "phone_number", kind: stringKind, required: true, notBlank: true},
		{name: "users"},
	}}}})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	var rows []object
	for _, e := range it.objects("add") {
		phone, _ := e.str("phone_number")
		row := object{"element_id": nil, "element_type": nil, "uid": randomHex(16), "phone_number": phone}
		if found, matched := c.a.callTarget(phone); matched {
			row["element_id"], row["element_type"] = found.id, legacyType(found.entity)
		}
		rows = append(rows, row)
	}
	return ok(object{"_links": links{Self: &link{Href: c.base + "/api/v2/events"}}, "_embedded": object{"items": rows}})
}
