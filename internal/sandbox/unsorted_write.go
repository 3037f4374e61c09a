package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// metadataSchema is what forms and sip must say about the request or the call.
func metadataSchema(category string) schema {
	if category == "sip" {
		return schema{
			{name: "phone", kind: scalarKind, required: true},
			{name: "call_responsible", kind: scalarKind},
			{name: "duration", kind: intKind, required: true},
			{name: "link", kind: stringKind},
			{name: "service_code", kind: stringKind, required: true},
			{name: "called_at", kind: intKind},
			{name: "uniq", kind: scalarKind},
			{name: "from", kind: scalarKind},
			{name: "is_call_event_needed", kind: boolKind},
		}
	}
	return schema{
		{name: "form_id", kind: scalarKind, required: true},
		{name: "form_name", kind: stringKind, required: true},
		{name: "form_page", kind: stringKind, required: true},
		{name: "ip", kind: stringKind},
		{name: "form_sent_at", kind: intKind, required: true},
		{name: "referer", kind: stringKind},
		{name: "visitor_uid", kind: stringKind},
	}
}

func unsortedSchema(category string) schema {
	embedded := func(entity string, fields schema) field {
		fields = append(fields, field{name: "id", kind: intKind, check: exists(entity)}, field{name: "request_id", kind: scalarKind})
		return field{name: entity, kind: listKind, max: 1, item: &field{kind: objectKind, fields: fields}}
	}
	return schema{
		{name: "source_uid", kind: stringKind, required: true, notBlank: true},
		{name: "source_name", kind: stringKind, required: true, notBlank: true},
		{name: "pipeline_id", kind: intKind, check: exists("pipelines")},
		{name: "created_at", kind: intKind},
		{name: "metadata", kind: objectKind, required: true, fields: metadataSchema(category)},
		{name: "_embedded", kind: objectKind, required: true, fields: schema{
			embedded("leads", leadCreateSchema()), embedded("contacts", cardCreateSchema("contacts")), embedded("companies", cardCreateSchema("companies")),
		}},
	}
}

func createUnsorted(c *call) answer {
	category := c.args["category"]
	b, bad := c.parseMany(unsortedSchema(category), maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkUnsorted(it)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []object
	for _, it := range b {
		u := c.addUnsorted(category, it.object)
		out = append(out, object{
			"uid": u.UID, "account_id": c.a.id, "request_id": it.requestID, "_links": c.self(unsortedPath(u.UID)),
			"_embedded": c.unsortedParts(u, c.self),
		})
	}
	return ok(whole(c, "unsorted", unsortedPath(category), out))
}

// checkUnsorted looks into the embedded models.
func (c *call) checkUnsorted(it *item) {
	emb := it.obj("_embedded")
	for _, o := range emb.objects("leads") {
		c.checkLead(nil, o, "_embedded.leads.0", &it.p)
	}
	for _, entity := range []string{"contacts", "companies"} {
		for _, o := range emb.objects(entity) {
			c.checkFieldValues(entity, o, "_embedded."+entity+".0", &it.p)
		}
	}
}

// addUnsorted makes the lead in the incoming stage of its pipeline, with its
// contact and company, from a checked body.
func (c *call) addUnsorted(category string, o object) *incoming {
	p, _ := c.targetPipeline(nil, o)
	emb := o.obj("_embedded")
	body := object{}
	if list := emb.objects("leads"); len(list) > 0 {
		body = list[0]
	}
	body["pipeline_id"] = p.ID
	c.makeIncoming(body)
	l := c.addLead(body)
	contact := c.unsortedCard("contacts", emb, l)
	company := c.unsortedCard("companies", emb, l)
	if contact != nil {
		c.a.links.setMain(l.ref(), contact.ID)
		if company != nil {
			c.linkEntities(contact.ref(), company.ref())
		}
	}
	u := c.addIncoming(l, contact, company, o.obj("metadata"))
	u.Category = category
	u.SourceUID, _ = o.str("source_uid")
	u.SourceName, _ = o.str("source_name")
	if at, sent := o.int("created_at"); sent {
		u.CreatedAt = at
	}
	return u
}

// unsortedCard makes the card unless it is given by id, and links it to the lead.
func (c *call) unsortedCard(entity string, emb object, l *lead) *card {
	list := emb.objects(entity)
	if len(list) == 0 {
		return nil
	}
	id, _ := list[0].int("id")
	k := cards(c.a, entity).get(id)
	if k == nil {
		k = c.addCard(entity, list[0])
		k.Unsorted = true
	}
	c.linkEntities(l.ref(), k.ref())
	return k
}

// sortedBody is the answer to accept and decline.
func (c *call) sortedBody(u *incoming) object {
	return object{
		"uid": u.UID, "pipeline_id": u.PipelineID, "category": u.Category, "created_at": u.CreatedAt,
		"_links": c.self(unsortedPath(u.UID)), "_embedded": c.unsortedParts(u, c.self),
	}
}

// settleUnsorted marks it sorted and lets its cards into the lists.
func (c *call) settleUnsorted(u *incoming, state string) {
	u.State, u.SortedAt = state, c.now()
	for _, k := range []*card{contacts(c.a).get(u.ContactID), companies(c.a).get(u.CompanyID)} {
		if k != nil && k.Unsorted {
			k.Unsorted = false
			if state == "declined" {
				c.trashCard(k)
			}
		}
	}
}

// parseOptional is parseOne for actions whose body may be missing or empty.
func (c *call) parseOptional(s schema) (*item, *answer) {
	if text := strings.TrimSpace(string(c.body)); text == "" || text == "{}" || text == "[]" {
		return &item{object: object{}}, nil
	}
	return c.parseOne(s)
}

// acceptUnsorted moves the lead into a stage, the first of its pipeline unless one
// is given.
func acceptUnsorted(c *call) answer {
	u := c.waiting()
	if u == nil {
		return unsortedMissing()
	}
	it, bad := c.parseOptional(schema{{name: "user_id", kind: intKind, check: isUser(false)}, {name: "status_id", kind: intKind}})
	if bad != nil {
		return *bad
	}
	p := c.pipelineOfStage(u, it.object)
	if p == nil {
		it.p.add("status_id", codeNotSupported)
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	change := object{"pipeline_id": p.ID, "status_id": p.first().ID}
	if id, sent := it.int("status_id"); sent {
		change["status_id"] = id
	}
	if id, sent := it.int("user_id"); sent {
		change["responsible_user_id"] = id
	}
	u.PipelineID = p.ID
	c.updateLead(leads(c.a).get(u.LeadID), change)
	c.settleUnsorted(u, "accepted")
	return ok(c.sortedBody(u))
}

// pipelineOfStage is the pipeline that accept moves to: the one that has the stage;
// 142 and 143 are of every pipeline and mean its own.
func (c *call) pipelineOfStage(u *incoming, o object) *pipeline {
	own := pipelines(c.a).get(u.PipelineID)
	id, sent := o.int("status_id")
	if !sent || own.status(id) != nil {
		return own
	}
	for _, p := range pipelines(c.a).all() {
		if p.status(id) != nil {
			return p
		}
	}
	return nil
}

// declineUnsorted is a DELETE with a JSON body; the records go to the bin.
func declineUnsorted(c *call) answer {
	u := c.waiting()
	if u == nil {
		return unsortedMissing()
	}
	it, bad := c.parseOptional(schema{{name: "user_id", kind: intKind, check: isUser(false)}})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.trashLead(leads(c.a).get(u.LeadID))
	c.settleUnsorted(u, "declined")
	return ok(c.sortedBody(u))
}

// linkUnsorted puts a chat or a mail onto a lead there is; its own lead goes away.
func linkUnsorted(c *call) answer {
	u := c.waiting()
	if u == nil {
		return unsortedMissing()
	}
	it, bad := c.parseOne(schema{
		{name: "user_id", kind: intKind, check: isUser(false)},
		{name: "link", kind: objectKind, required: true, fields: schema{
			{name: "entity_id", kind: intKind, required: true},
			{name: "entity_type", kind: stringKind, required: true, check: oneOf("leads", "customers")},
			{name: "metadata", kind: objectKind, fields: schema{{name: "contact_id", kind: intKind, check: exists("contacts")}}},
		}},
	})
	if bad != nil {
		return *bad
	}
	l := it.obj("link")
	entity, _ := l.str("entity_type")
	id, _ := l.int("entity_id")
	if entity != "" && !c.a.has(entity, id) {
		it.p.add("link.entity_id", codeNotSupported)
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	if !slices.Contains([]string{"chats", "mail"}, u.Category) {
		return problem(http.StatusBadRequest, "Only chats and mail can be linked")
	}
	to := ref{entity, id}
	if u.ContactID != 0 {
		c.linkEntities(to, ref{"contacts", u.ContactID})
	}
	for _, t := range talks(c.a).all() {
		if t.On == (ref{"leads", u.LeadID}) {
			t.On = to
		}
	}
	if u.LeadID != id || entity != "leads" {
		c.trashLead(leads(c.a).get(u.LeadID))
	}
	c.settleUnsorted(u, "accepted")
	return ok(object{"uid": u.UID, "_links": c.self(unsortedPath(u.UID)), "_embedded": object{entity: []embeddedEntity{{id, c.self(cardPath(entity, id))}}}})
}
