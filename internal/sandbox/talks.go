package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
)

// talk is one conversation in a channel.
type talk struct {
	ID                     int64
	ContactID, SourceID    int64
	On                     ref // lead or customer; zero while there is none
	ChatID, Origin, Status string
	CreatedAt, UpdatedAt   int64
	MissedAt               *int64
	Rate                   int64
	Read                   bool
	Messages               []*message // oldest first
}

// message is one message of a talk.
type message struct {
	ID, Type, Kind, Text string // Type incoming|outgoing, Kind text|picture|…
	CreatedAt            int64
	Author               messageAuthor
	Delivery             string
	Attachment           object
}

type messageAuthor struct {
	ID     string `json:"id"`
	Type   string `json:"type"` // external, internal, bot
	Name   string `json:"name"`
	Avatar string `json:"avatar_url"`
}

func talks(a *account) *table[talk] { return tableFor[talk](a, "talks", 101) }

const (
	talkOpen   = "in_work"
	talkClosed = "closed"
)

// chatQuota is what is left of the messages that send_message may send. It is a
// trial's quota; tests lower it.
type chatQuota struct{ Left int }

func (a *account) chatQuota() *chatQuota {
	t := tableFor[chatQuota](a, "chat-quota", 1)
	if !t.has(1) {
		t.put(1, &chatQuota{Left: 500})
	}
	return t.get(1)
}

// Talks (Kommo API facts: talks). Reading and sending messages each have a scope of
// their own.
func talkRoutes() []route {
	return []route{
		{Method: "GET", Path: "/talks", Do: listTalks, Query: []string{
			"filter[talk_id]", "filter[contact_id]", "filter[entity_id]", "filter[entity_type]", "filter[only_in_work]",
		}},
		{Method: "GET", Path: "/talks/{id:int}", Do: getTalk},
		{Method: "POST", Path: "/talks/{id:int}/close", Do: closeTalk},
		{Method: "GET", Path: "/talks/{id:int}/messages", Do: listMessages, Scope: "list_external_messages", Query: []string{
			"filter[created_at][from]", "filter[created_at][to]",
		}},
		{Method: "POST", Path: "/talks/{id:int}/send_message", Do: sendMessage, Scope: "send_external_messages"},
	}
}

type talkView struct {
	ID         int64   `json:"talk_id"`
	CreatedAt  int64   `json:"created_at"`
	UpdatedAt  int64   `json:"updated_at"`
	Rate       int64   `json:"rate"`
	ContactID  int64   `json:"contact_id"`
	ChatID     string  `json:"chat_id"`
	EntityID   *int64  `json:"entity_id"`
	EntityType *string `json:"entity_type"`
	InWork     bool    `json:"is_in_work"`
	Read       bool    `json:"is_read"`
	Status     string  `json:"status"`
	Origin     string  `json:"origin"`
	MissedAt   *int64  `json:"missed_at"`
	SourceID   int64   `json:"source_id"`
	AccountID  int64   `json:"account_id"`
	Links      links   `json:"_links"`
	Embedded   object  `json:"_embedded"`
}

func (c *call) readTalk(t *talk, self func(string) links) talkView {
	v := talkView{
		ID: t.ID, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Rate: t.Rate, ContactID: t.ContactID, ChatID: t.ChatID,
		InWork: t.Status == talkOpen, Read: t.Read, Status: t.Status, Origin: t.Origin, MissedAt: t.MissedAt,
		SourceID: t.SourceID, AccountID: c.a.id, Links: self("/talks/" + strconv.FormatInt(t.ID, 10)),
	}
	emb := object{"contacts": []embeddedEntity{}, "leads": []embeddedEntity{}, "customers": []embeddedEntity{}}
	if t.ContactID != 0 {
		emb["contacts"] = []embeddedEntity{{t.ContactID, self(cardPath("contacts", t.ContactID))}}
	}
	if t.On.id != 0 {
		kind := singular(t.On.entity)
		v.EntityID, v.EntityType = &t.On.id, &kind
		emb[t.On.entity] = []embeddedEntity{{t.On.id, self(cardPath(t.On.entity, t.On.id))}}
	}
	v.Embedded = emb
	return v
}

// listTalks has the newest first.
func listTalks(c *call) answer {
	var rows []*talk
	for _, t := range talks(c.a).all() {
		if matchIDs(c.q, t.ID, "filter", "talk_id") && matchIDs(c.q, t.ContactID, "filter", "contact_id") &&
			matchIDs(c.q, t.On.id, "filter", "entity_id") && matchText(c.q, singular(t.On.entity), "filter", "entity_type") &&
			(!isTrue(c.q.get("filter", "only_in_work")) || t.Status == talkOpen) {
			rows = append(rows, t)
		}
	}
	slices.SortFunc(rows, func(x, y *talk) int { return cmp.Compare(y.ID, x.ID) })
	return list(c, paging{}, "talks", "/talks", rows, func(t *talk) talkView { return c.readTalk(t, c.selfItem) })
}

// isTrue reads a boolean of a query: 1, true or 0, false.
func isTrue(s string) bool { v, err := strconv.ParseBool(s); return err == nil && v }

func noSuchEntity() answer { return problem(http.StatusNotFound, "Requested entity not found") }

func getTalk(c *call) answer {
	t := talks(c.a).get(c.id("id"))
	if t == nil {
		return noSuchEntity()
	}
	return ok(c.readTalk(t, c.self))
}

// closeTalk answers 202; with force_close false an NPS bot would ask first, which
// the sandbox has none of.
func closeTalk(c *call) answer {
	t := talks(c.a).get(c.id("id"))
	if t == nil {
		return noSuchEntity()
	}
	it, bad := c.parseOptional(schema{{name: "force_close", kind: boolKind}})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	if t.Status != talkOpen {
		return problem(http.StatusUnprocessableEntity, "Talk is closed")
	}
	t.Status, t.UpdatedAt, t.Read = talkClosed, c.now(), true
	c.log("talk_closed", "contacts", t.ContactID, nil, valueOf("talk", object{"id": t.ID}))
	return answer{status: http.StatusAccepted}
}

type messageView struct {
	ID         string        `json:"id"`
	Type       string        `json:"type"`
	Kind       string        `json:"message_type"`
	Origin     string        `json:"origin"`
	Text       string        `json:"text"`
	CreatedAt  int64         `json:"created_at"`
	Author     messageAuthor `json:"author"`
	Delivery   *string       `json:"delivery_status"`
	Attachment object        `json:"attachment"`
}

// listMessages has the newest first, as the talks do.
func listMessages(c *call) answer {
	t := talks(c.a).get(c.id("id"))
	if t == nil {
		return noSuchEntity()
	}
	var rows []*message
	for _, m := range slices.Backward(t.Messages) {
		if matchTime(c.q, &m.CreatedAt, "filter", "created_at") {
			rows = append(rows, m)
		}
	}
	path := "/talks/" + c.args["id"] + "/messages"
	return list(c, paging{}, "messages", path, rows, func(m *message) messageView {
		v := messageView{
			ID: m.ID, Type: m.Type, Kind: m.Kind, Origin: t.Origin, Text: m.Text, CreatedAt: m.CreatedAt,
			Author: m.Author, Attachment: m.Attachment,
		}
		if m.Delivery != "" {
			v.Delivery = &m.Delivery
		}
		return v
	})
}

// sendMessage sends in the channel of somebody else's integration. It is accepted,
// not delivered: there is no key against sending twice.
func sendMessage(c *call) answer {
	t := talks(c.a).get(c.id("id"))
	if t == nil {
		return noSuchEntity()
	}
	it, bad := c.parseOne(schema{
		{name: "text", kind: stringKind},
		{name: "attachment", kind: objectKind, fields: schema{
			{name: "drive_uuid", kind: stringKind, required: true},
			{name: "drive_version_uuid", kind: stringKind},
			{name: "type", kind: stringKind, required: true, check: oneOf("picture", "file")},
		}},
	})
	if bad != nil {
		return *bad
	}
	if text, _ := it.str("text"); text == "" && it.obj("attachment") == nil {
		it.p.add("text", codeNotBlank)
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	quota := c.a.chatQuota()
	switch {
	case t.Status != talkOpen:
		return problem(http.StatusUnprocessableEntity, "Talk is closed")
	case quota.Left <= 0:
		return problem(http.StatusPaymentRequired, "Over chat API limit")
	}
	quota.Left--
	m := c.outgoing(t, it.object)
	return answer{status: http.StatusAccepted, body: object{"id": m.ID}}
}

func (c *call) outgoing(t *talk, o object) *message {
	text, _ := o.str("text")
	m := &message{
		ID: newUUID(), Type: "outgoing", Kind: "text", Text: text, CreatedAt: c.now(), Delivery: "sent",
		Author: messageAuthor{ID: c.user.AmojoID, Type: "internal", Name: c.user.Name},
	}
	if att := o.obj("attachment"); att != nil {
		kind, _ := att.str("type")
		uuid, _ := att.str("drive_uuid")
		m.Kind, m.Attachment = kind, object{"type": kind, "link": c.a.profile.driveURL + "/download/" + uuid, "file_name": uuid}
		if f := c.a.fileNamed(uuid); f != nil {
			m.Attachment["file_name"] = f.Name
		}
	}
	t.Messages = append(t.Messages, m)
	t.UpdatedAt, t.Read = c.now(), true
	c.log("outgoing_chat_message", "contacts", t.ContactID, nil, valueOf("message", object{"id": m.ID}))
	c.hookChannel(t, m)
	return m
}
