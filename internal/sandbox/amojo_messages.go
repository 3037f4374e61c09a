package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

func messageSchema() field {
	return field{name: "message", kind: objectKind, required: true, fields: schema{
		{name: "type", kind: stringKind, required: true, check: oneOf("text", "contact", "file", "video", "picture", "voice", "audio", "sticker", "location")},
		{name: "text", kind: stringKind},
		{name: "media", kind: stringKind},
		{name: "file_name", kind: stringKind},
		{name: "file_size", kind: intKind},
		{name: "sticker_id", kind: stringKind},
		{name: "location", kind: objectKind},
		{name: "contact", kind: objectKind},
		{name: "callback_data", kind: stringKind},
		{name: "media_duration", kind: intKind},
		{name: "shared_post", kind: objectKind},
		{name: "delivery_status", kind: objectKind},
		{name: "post", kind: objectKind},
	}}
}

// chatEvent takes new_message and edit_message. The same msgid is refused the second
// time (Kommo API facts: uniqueness).
func chatEvent(c *call, ch *channel) answer {
	o, bad := c.strict(schema{
		{name: "event_type", kind: stringKind, required: true, check: oneOf("new_message", "edit_message")},
		{name: "payload", kind: objectKind, required: true, fields: schema{
			{name: "timestamp", kind: intKind, required: true},
			{name: "msec_timestamp", kind: intKind},
			{name: "msgid", kind: stringKind},
			{name: "id", kind: stringKind},
			{name: "conversation_id", kind: stringKind},
			{name: "conversation_ref_id", kind: stringKind},
			{name: "silent", kind: boolKind},
			partySchema("sender", false), partySchema("receiver", false), messageSchema(),
			sourceOfChat(),
			{name: "reply_to", kind: objectKind},
			{name: "forwards", kind: objectKind},
		}},
	})
	if bad != nil {
		return *bad
	}
	p := o.obj("payload")
	if o["event_type"] == "edit_message" {
		return c.editMessage(ch, p)
	}
	if text := wrongMessage(p); text != "" {
		return chatError(http.StatusBadRequest, "bad_request", text)
	}
	msgid, _ := p.str("msgid")
	for _, k := range ch.Chats {
		if slices.ContainsFunc(k.History, func(h object) bool { return h.obj("message")["client_id"] == msgid }) {
			return chatError(http.StatusBadRequest, "bad_request", "msgid was used before")
		}
	}
	return c.newMessage(ch, p)
}

// wrongMessage tells what the schema cannot see, "" when all is well.
func wrongMessage(p object) string {
	m := p.obj("message")
	kind, _ := m.str("type")
	switch {
	case !p.has("msgid"):
		return "msgid is required"
	case !p.has("sender"):
		return "sender is required"
	case !p.has("conversation_id") && !p.has("conversation_ref_id"):
		return "conversation_id is required"
	case slices.Contains([]string{"file", "video", "picture"}, kind) && (!m.has("file_name") || !m.has("file_size")):
		return "message.file_name and message.file_size are required for " + kind
	}
	return ""
}

// newMessage keeps the message and, unless it is silent, opens a talk: a client who
// is not known gets a contact and an incoming lead.
func (c *call) newMessage(ch *channel, p object) answer {
	sender, receiver := p.obj("sender"), p.obj("receiver")
	_, fromUs := sender.str("ref_id")
	client := sender
	if fromUs && receiver != nil {
		client = receiver
	}
	conversation, _ := p.str("conversation_id")
	refID, _ := p.str("conversation_ref_id")
	k := ch.byID(refID)
	if k == nil {
		k = ch.byClient(conversation)
	}
	if k == nil {
		k = ch.addChat(conversation, readParty(client))
	}
	k.ClientID = conversation
	m := p.obj("message")
	row := c.remember(k, p, fromUs)
	if silent, _ := p.bool("silent"); !silent {
		c.intoTalk(ch, k, row, m, fromUs)
	}
	out := object{
		"conversation_id": k.ID, "sender_id": row.obj("sender")["id"], "msgid": row.obj("message")["id"], "ref_id": p["msgid"],
	}
	if receiver != nil {
		out["receiver_id"] = row.obj("receiver")["id"]
	}
	return chatOK(object{"new_message": out})
}

// remember puts the message into the chat's history and returns the row.
func (c *call) remember(k *chat, p object, fromUs bool) object {
	sender, receiver := k.User, party{}
	if fromUs {
		sender, receiver = readParty(p.obj("sender")), k.User
	} else if p.obj("receiver") != nil {
		receiver = readParty(p.obj("receiver"))
	}
	m := p.obj("message")
	kept := object{
		"id": newUUID(), "client_id": p["msgid"], "type": m["type"], "text": "", "media": "", "thumbnail": "", "file_name": "",
		"file_size": int64(0), "media_group_id": nil, "location": nil, "contact": nil,
	}
	for key, v := range m {
		if _, known := kept[key]; known {
			kept[key] = v
		}
	}
	ms, sent := p.int("msec_timestamp")
	if at, _ := p.int("timestamp"); !sent {
		ms = at * 1000
	}
	row := object{"timestamp": p["timestamp"], "msec_timestamp": ms, "sender": sender.view(), "message": kept}
	if receiver.ID != "" {
		row["receiver"] = receiver.view()
	}
	k.History = append(k.History, row)
	return row
}

// editMessage changes the text of a message by our id or the channel's.
func (c *call) editMessage(ch *channel, p object) answer {
	for _, k := range ch.Chats {
		for _, row := range k.History {
			kept := row.obj("message")
			if p.has("id") && kept["id"] != p["id"] || !p.has("id") && kept["client_id"] != p["msgid"] {
				continue
			}
			maps.Copy(kept, p.obj("message"))
			if p.has("msgid") {
				kept["client_id"] = p["msgid"] // both ids together bind the msgid anew
			}
			if m := c.a.messageOf(ch, textOf(kept["id"])); m != nil {
				m.Text = textOf(kept["text"])
			}
			return chatOK(object{"new_message": object{
				"conversation_id": k.ID, "sender_id": row.obj("sender")["id"], "receiver_id": nil, "msgid": kept["id"], "ref_id": kept["client_id"],
			}})
		}
	}
	return chatError(http.StatusNotFound, "not_found", "message not found")
}

// intoTalk shows the message in the account.
func (c *call) intoTalk(ch *channel, k *chat, row, m object, fromUs bool) {
	t := talks(c.a).get(k.Talk)
	if t == nil || t.Status != talkOpen {
		t = c.openTalk(ch, k)
	}
	kept, sender := row.obj("message"), row.obj("sender")
	msg := &message{
		ID: textOf(kept["id"]), Type: "incoming", Kind: textOf(m["type"]), Text: textOf(m["text"]), CreatedAt: c.now(),
		Author: messageAuthor{ID: textOf(sender["id"]), Type: "external", Name: textOf(sender["name"]), Avatar: textOf(sender["avatar"])},
	}
	event := "incoming_chat_message"
	if fromUs {
		msg.Type, msg.Author.Type, msg.Delivery, event = "outgoing", "internal", "sent", "outgoing_chat_message"
	}
	if media := textOf(m["media"]); media != "" {
		msg.Attachment = object{"type": msg.Kind, "link": media, "file_name": textOf(m["file_name"])}
	}
	t.Messages = append(t.Messages, msg)
	t.UpdatedAt, t.Read = c.now(), fromUs
	c.log(event, "contacts", t.ContactID, nil, valueOf("message", object{"id": msg.ID}))
}

// openTalk starts a talk on the client's only active lead, or on a new incoming one.
func (c *call) openTalk(ch *channel, k *chat) *talk {
	person := c.personOf(k)
	t := &talk{
		ID: talks(c.a).alloc(), ContactID: person.ID, ChatID: k.ID, Origin: ch.Code, Status: talkOpen, CreatedAt: c.now(), UpdatedAt: c.now(),
	}
	for _, id := range c.a.links.ids(person.ref(), "leads") {
		if l := leads(c.a).get(id); l != nil && !l.Deleted && !l.closed() {
			t.On = l.ref()
		}
	}
	if t.On.id == 0 {
		body := object{"name": "Chat with " + person.Name}
		c.makeIncoming(body)
		l := c.addLead(body)
		c.linkEntities(l.ref(), person.ref())
		c.a.links.setMain(l.ref(), person.ID)
		u := c.addIncoming(l, person, nil, object{
			"category": "chats", "from": person.Name, "to": ch.Title, "received_at": c.now(), "service": ch.Code,
			"client": object{"name": person.Name, "avatar": k.User.Avatar}, "origin": object{"chat_id": k.ID, "ref": "", "visitor_uid": ""},
			"source_name": ch.Title,
		})
		u.SourceUID, u.SourceName = "amojo:"+ch.Code+":"+k.ID, ch.Title
		t.On = l.ref()
	}
	talks(c.a).put(t.ID, t)
	k.Talk = t.ID
	c.log("talk_created", "contacts", person.ID, nil, valueOf("talk", object{"id": t.ID}))
	return t
}

// personOf is the contact that the chat is tied to, else the one with the client's
// phone, else a new one named after the profile.
func (c *call) personOf(k *chat) *card {
	for _, tie := range contactChats(c.a).all() {
		if person := contacts(c.a).get(tie.ContactID); tie.ChatID == k.ID && person != nil {
			return person
		}
	}
	if k.User.Phone != "" {
		for _, found := range c.a.cardsByPhone(k.User.Phone) {
			if found.Entity == "contacts" {
				c.a.tieChat(found.ID, k.ID)
				return found
			}
		}
	}
	body := object{"name": strings.TrimSpace(k.User.Name)}
	var values []any
	for _, pair := range [][2]string{{"PHONE", k.User.Phone}, {"EMAIL", k.User.Email}} {
		if pair[1] != "" {
			values = append(values, object{"field_code": pair[0], "values": []any{object{"value": pair[1], "enum_code": "WORK"}}})
		}
	}
	if values != nil {
		body["custom_fields_values"] = values
	}
	person := c.addCard("contacts", body)
	person.Unsorted = true
	c.a.tieChat(person.ID, k.ID)
	return person
}
