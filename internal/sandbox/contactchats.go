package sandbox

import "slices"

// contactChat ties a chat of a channel to a contact (Kommo API facts: contacts and
// chats).
type contactChat struct {
	ID        int64  `json:"id"`
	ContactID int64  `json:"contact_id"`
	ChatID    string `json:"chat_id"`
	RequestID string `json:"request_id,omitempty"`
}

func contactChats(a *account) *table[contactChat] {
	return tableFor[contactChat](a, "contact-chats", 9_830_001)
}

func chatRoutes() []route {
	return []route{
		{Method: "GET", Path: "/contacts/chats", Do: listContactChats, Admin: true, Query: []string{"contact_id", "chat_id"}},
		{Method: "POST", Path: "/contacts/chats", Do: createContactChats, Admin: true},
	}
}

func listContactChats(c *call) answer {
	var rows []contactChat
	for _, k := range contactChats(c.a).all() {
		chats := c.q.list("chat_id")
		if matchIDs(c.q, k.ContactID, "contact_id") && (len(chats) == 0 || slices.Contains(chats, k.ChatID)) {
			rows = append(rows, *k)
		}
	}
	if rows == nil {
		return noContent()
	}
	return ok(chatsBody(rows))
}

// createContactChats moves a chat that another contact had: a chat belongs to one.
func createContactChats(c *call) answer {
	b, bad := c.parseMany(schema{
		{name: "contact_id", kind: intKind, required: true, check: exists("contacts")},
		{name: "chat_id", kind: stringKind, required: true, notBlank: true},
	}, maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []contactChat
	for _, it := range b {
		contactID, _ := it.int("contact_id")
		chatID, _ := it.str("chat_id")
		row := c.a.tieChat(contactID, chatID)
		row.RequestID = it.requestID
		out = append(out, row)
	}
	return ok(chatsBody(out))
}

func (a *account) tieChat(contactID int64, chatID string) contactChat {
	t := contactChats(a)
	for _, k := range t.all() {
		if k.ChatID == chatID {
			k.ContactID = contactID
			return *k
		}
	}
	k := contactChat{ID: t.alloc(), ContactID: contactID, ChatID: chatID}
	t.put(k.ID, &k)
	return k
}

func chatsBody(rows []contactChat) object {
	return object{"_total_items": len(rows), "_embedded": object{"chats": rows}}
}
