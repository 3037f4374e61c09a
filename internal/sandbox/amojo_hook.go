package sandbox

import (
	"encoding/json"
	"strings"
)

// hookChannel tells the channel that owns the talk of a message written in the
// account. X-Signature is over the raw body here, not over the request (Kommo API
// facts: chats API, hooks).
func (c *call) hookChannel(t *talk, m *message) {
	if c.a.hooks() == nil {
		return
	}
	for _, ch := range channels(c.a).all() {
		k := ch.byID(t.ChatID)
		if k == nil || !ch.Connected || !isLoopback(ch.HookURL) {
			continue
		}
		body, err := json.Marshal(c.hookMessage(k, m))
		if err != nil {
			return
		}
		c.a.hooks().add(hookJob{
			url: strings.ReplaceAll(ch.HookURL, ":scope_id", ch.ID+"_"+c.a.profile.amojoID), ctype: "application/json", body: string(body),
			header: map[string]string{"X-Signature": sha1Hex(ch.Secret, body)},
		})
	}
}

// hookMessage is the hook of version v2.
func (c *call) hookMessage(k *chat, m *message) object {
	media, fileName := "", ""
	if m.Attachment != nil {
		media, fileName = textOf(m.Attachment["link"]), textOf(m.Attachment["file_name"])
	}
	return object{
		"account_id": c.a.profile.amojoID, "time": c.now(),
		"message": object{
			"receiver": k.User.view(), "sender": object{"id": m.Author.ID, "name": m.Author.Name},
			"conversation": object{"id": k.ID, "client_id": k.ClientID},
			"timestamp":    m.CreatedAt, "msec_timestamp": m.CreatedAt * 1000,
			"message": object{
				"id": m.ID, "type": m.Kind, "text": m.Text, "markup": nil, "tag": "", "media": media, "thumbnail": "",
				"file_name": fileName, "file_size": 0,
			},
		},
	}
}
