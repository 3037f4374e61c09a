package sandbox

import (
	"net/http"
	"slices"
)

func profileSchema() field {
	return field{name: "profile", kind: objectKind, fields: schema{{name: "phone", kind: stringKind}, {name: "email", kind: stringKind}}}
}

func partySchema(name string, required bool) field {
	return field{name: name, kind: objectKind, required: required, fields: schema{
		{name: "id", kind: stringKind},
		{name: "ref_id", kind: stringKind},
		{name: "name", kind: stringKind},
		{name: "avatar", kind: stringKind},
		{name: "profile_link", kind: stringKind},
		profileSchema(),
	}}
}

func sourceOfChat() field {
	return field{name: "source", kind: objectKind, fields: schema{{name: "external_id", kind: stringKind, check: atMost(maxExternalID)}}}
}

// createChat answers the chat there is for the same conversation. user.id alone
// comes back when the request gave a ref_id (Kommo API facts: talks and chats).
func createChat(c *call, ch *channel) answer {
	o, bad := c.strict(schema{
		{name: "conversation_id", kind: stringKind, required: true, notBlank: true},
		sourceOfChat(), partySchema("user", true),
	})
	if bad != nil {
		return *bad
	}
	conversation, _ := o.str("conversation_id")
	user := o.obj("user")
	if !user.has("ref_id") && (!user.has("id") || !user.has("name")) {
		return chatError(http.StatusBadRequest, "bad_request", "user.id and user.name are required")
	}
	k := ch.byClient(conversation)
	if k == nil {
		k = ch.addChat(conversation, readParty(user))
	}
	if _, byRef := user.str("ref_id"); byRef {
		return chatOK(object{"id": k.ID, "user": object{"id": k.User.ID}})
	}
	return chatOK(object{"id": k.ID, "user": object{
		"id": k.User.ID, "client_id": k.User.ClientID, "name": k.User.Name, "avatar": k.User.Avatar,
		"phone": k.User.Phone, "email": k.User.Email,
	}})
}

func readParty(o object) party {
	p := party{ID: newUUID()}
	if id, byRef := o.str("ref_id"); byRef {
		p.ID = id
	}
	p.ClientID, _ = o.str("id")
	p.Name, _ = o.str("name")
	p.Avatar, _ = o.str("avatar")
	p.Phone, _ = o.obj("profile").str("phone")
	p.Email, _ = o.obj("profile").str("email")
	return p
}

func (p party) view() object {
	o := object{"id": p.ID, "name": p.Name}
	for k, v := range map[string]string{"client_id": p.ClientID, "avatar": p.Avatar, "phone": p.Phone, "email": p.Email} {
		if v != "" {
			o[k] = v
		}
	}
	return o
}

func (ch *channel) addChat(conversation string, user party) *chat {
	k := &chat{ID: newUUID(), ClientID: conversation, User: user}
	ch.Chats = append(ch.Chats, k)
	return k
}

func (ch *channel) byClient(conversation string) *chat {
	for _, k := range ch.Chats {
		if k.ClientID == conversation && conversation != "" {
			return k
		}
	}
	return nil
}

// byID finds the chat by the API's id.
func (ch *channel) byID(id string) *chat {
	for _, k := range ch.Chats {
		if k.ID == id && id != "" {
			return k
		}
	}
	return nil
}

// chatHistory wants the API's chat id, not the channel's; an unknown chat is 204.
func chatHistory(c *call, ch *channel) answer {
	k := ch.byID(c.args["chat"])
	if k == nil {
		return noContent()
	}
	offset, limit := positive(c.q.get("offset"), 0), min(positive(c.q.get("limit"), 50), 50)
	if offset >= len(k.History) {
		return noContent()
	}
	newest := slices.Clone(k.History)
	slices.Reverse(newest)
	return chatOK(object{"messages": newest[offset:min(offset+limit, len(newest))]})
}

// typing answers 204, the other calls 200.
func typing(c *call, ch *channel) answer {
	o, bad := c.strict(schema{
		{name: "conversation_id", kind: stringKind, required: true}, partySchema("sender", true), {name: "duration_ms", kind: intKind},
	})
	if bad != nil {
		return *bad
	}
	if conversation, _ := o.str("conversation_id"); ch.byClient(conversation) == nil && ch.byID(conversation) == nil {
		return chatError(http.StatusNotFound, "not_found", "chat not found")
	}
	return noContent()
}

func react(c *call, ch *channel) answer {
	o, bad := c.strict(schema{
		{name: "conversation_id", kind: stringKind},
		{name: "conversation_ref_id", kind: stringKind},
		{name: "id", kind: stringKind},
		{name: "msgid", kind: stringKind},
		partySchema("user", true),
		{name: "type", kind: stringKind, required: true, check: oneOf("react", "unreact")},
		{name: "emoji", kind: stringKind},
	})
	if bad != nil {
		return *bad
	}
	conversation, _ := o.str("conversation_id")
	refID, _ := o.str("conversation_ref_id")
	if ch.byClient(conversation) == nil && ch.byID(refID) == nil {
		return chatError(http.StatusNotFound, "not_found", "chat not found")
	}
	return chatOK(object{})
}

// deliveryStatus is about one of our own messages, by the id its hook had.
func deliveryStatus(c *call, ch *channel) answer {
	o, bad := c.strict(schema{
		{name: "msgid", kind: stringKind},
		{name: "delivery_status", kind: intKind},
		{name: "status_code", kind: intKind, check: oneOf[int64](1, 2, -1)},
		{name: "error_code", kind: intKind, check: oneOf[int64](901, 902, 903, 904, 905)},
		{name: "error", kind: stringKind},
	})
	if bad != nil {
		return *bad
	}
	code, sent := o.int("status_code")
	if !sent {
		code, sent = o.int("delivery_status") // its name before 2026
	}
	if !sent || code == -1 && (!o.has("error_code") || !o.has("error")) {
		return chatError(http.StatusBadRequest, "bad_request", "status_code: -1 needs error_code and error")
	}
	m := c.a.messageOf(ch, c.args["msgid"])
	if m == nil {
		return chatError(http.StatusNotFound, "not_found", "message not found")
	}
	m.Delivery = map[int64]string{1: "delivered", 2: "delivered", -1: "error"}[code]
	return chatOK(object{})
}

// messageOf finds a message of the channel's talks.
func (a *account) messageOf(ch *channel, id string) *message {
	for _, k := range ch.Chats {
		t := talks(a).get(k.Talk)
		if t == nil {
			continue
		}
		for _, m := range t.Messages {
			if m.ID == id {
				return m
			}
		}
	}
	return nil
}
