package sandbox

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // the Chats API signs with MD5 and SHA-1, which is not ours to choose
	"crypto/sha1" //nolint:gosec // as above
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Channel is a chat channel as Kommo's support registers it for an integration.
type Channel struct {
	ID, Secret string
	Code       string // origin of its talks
	Title      string
	HookURL    string // ":scope_id" is replaced; loopback addresses only are called
	BotID      string
}

// The channel that the demo account knows.
const (
	DemoChannelID     = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	DemoChannelSecret = "5f2c9d1e7b" //nolint:gosec // an invented secret of an invented channel
)

// channel is a registered channel in one account.
type channel struct {
	Channel
	Connected    bool
	HookVersion  string
	NoTimeWindow bool
	Chats        []*chat
}

// chat is one conversation of a channel.
type chat struct {
	ID       string // the API's
	ClientID string // conversation_id: the channel's
	User     party
	Talk     int64 // 0 until a message made one
	History  []object
	Pending  []string // ids of our messages whose delivery is not known
}

// party is who takes part: ID the API's id, ClientID the channel's.
type party struct {
	ID, ClientID, Name, Avatar, Phone, Email string
}

func channels(a *account) *table[channel] { return tableFor[channel](a, "channels", 1) }

// RegisterChannel makes the channel known to every account; each connects it by
// itself.
func (s *Sandbox) RegisterChannel(ch Channel) {
	for _, a := range s.accounts {
		a.mu.Lock()
		addChannel(a, ch)
		a.mu.Unlock()
	}
}

func addChannel(a *account, ch Channel) {
	channels(a).put(channels(a).alloc(), &channel{Channel: ch})
}

// The Chats API has no OAuth: the channel's secret signs each request (Kommo API
// facts: chats API).
func amojoRoutes() []route {
	const base = "/v2/origin/custom/"
	at := func(method, path string, do func(*call, *channel) answer) route {
		return route{Method: method, Path: base + path, Do: signed(do), Root: true, AnyHost: true, NoLock: true}
	}
	return []route{
		at("POST", "{scope}/connect", connectChannel),
		at("DELETE", "{scope}/disconnect", disconnectChannel),
		at("POST", "{scope}/chats", inScope(createChat)),
		at("POST", "{scope}", inScope(chatEvent)),
		at("GET", "{scope}/chats/{chat}/history", inScope(chatHistory)),
		at("POST", "{scope}/typing", inScope(typing)),
		at("POST", "{scope}/react", inScope(react)),
		at("POST", "{scope}/{msgid}/delivery_status", inScope(deliveryStatus)),
	}
}

func chatError(status int, kind, text string) answer {
	return answer{status: status, ctype: "application/json", body: object{
		"error_code": status, "error_type": kind, "error_description": text,
	}}
}

// signed finds channel and account, checks the signature and runs do under the
// account's lock.
func signed(do func(*call, *channel) answer) handler {
	return func(c *call) answer {
		channelID, amojoID, _ := strings.Cut(c.args["scope"], "_")
		if amojoID == "" {
			body, _ := decodeJSON(c.body)
			o, _ := body.(object)
			amojoID, _ = o.str("account_id")
		}
		a, ch := c.s.channelOf(channelID, amojoID)
		if ch == nil {
			return chatError(http.StatusNotFound, "not_found", "channel or account not found")
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		c.a = a
		if !c.signatureHolds(ch.Secret) {
			return chatError(http.StatusForbidden, "forbidden", "invalid signature")
		}
		return c.announcing(func(c *call) answer { return do(c, ch) })
	}
}

// channelOf finds the account by its amojo id and the channel in it.
func (s *Sandbox) channelOf(channelID, amojoID string) (*account, *channel) {
	for _, a := range s.accounts {
		a.mu.Lock()
		mine := a.profile.amojoID == amojoID
		var found *channel
		for _, ch := range channels(a).all() {
			if mine && ch.ID == channelID {
				found = ch
			}
		}
		a.mu.Unlock()
		if found != nil {
			return a, found
		}
	}
	return nil, nil
}

func inScope(do func(*call, *channel) answer) func(*call, *channel) answer {
	return func(c *call, ch *channel) answer {
		if !ch.Connected || !strings.Contains(c.args["scope"], "_") {
			return chatError(http.StatusForbidden, "forbidden", "the channel is not connected to the account")
		}
		return do(c, ch)
	}
}

// signatureLife is how long a Date stays good.
const signatureLife = 15 * time.Minute

// signatureHolds checks Content-MD5 and X-Signature over the header values as they
// came. A missing header counts as empty text.
func (c *call) signatureHolds(secret string) bool {
	h := c.r.Header
	bodies := [][]byte{c.body}
	if c.r.Method == http.MethodGet {
		// One published client signs the body "[]" on GET.
		bodies = append(bodies, nil, []byte("[]"))
	}
	if !slices.ContainsFunc(bodies, func(b []byte) bool { return h.Get("Content-MD5") == md5Hex(b) }) {
		return false
	}
	at, ok := parseDate(h.Get("Date"))
	if age := c.a.clock().Sub(at); !ok || age > signatureLife || age < -signatureLife {
		return false
	}
	text := strings.Join([]string{c.r.Method, h.Get("Content-MD5"), h.Get("Content-Type"), h.Get("Date"), c.r.URL.EscapedPath()}, "\n")
	return hmac.Equal([]byte(strings.ToLower(h.Get("X-Signature"))), []byte(sha1Hex(secret, []byte(text))))
}

// parseDate reads both zones that clients write: +0000 and GMT.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC1123Z, time.RFC1123} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b) //nolint:gosec // prescribed by the Chats API
	return hex.EncodeToString(sum[:])
}

func sha1Hex(secret string, b []byte) string {
	m := hmac.New(sha1.New, []byte(secret))
	m.Write(b)
	return hex.EncodeToString(m.Sum(nil))
}

// strict reads a body whose named keys must have the right types; keys that it
// does not name pass.
func (c *call) strict(s schema) (object, *answer) {
	v, err := decodeJSON(c.body)
	o, isObject := v.(object)
	if err != nil || !isObject {
		return nil, new(chatError(http.StatusBadRequest, "bad_request", "invalid JSON"))
	}
	var p problems
	s.validate(c, o, "", &p)
	for _, e := range p.list {
		if e.Code != codeNotExpected {
			return nil, new(chatError(http.StatusBadRequest, "bad_request", e.Path+": "+e.Detail))
		}
	}
	return o, nil
}

func connectChannel(c *call, ch *channel) answer {
	o, bad := c.strict(schema{
		{name: "account_id", kind: stringKind, required: true},
		{name: "title", kind: stringKind},
		{name: "hook_api_version", kind: stringKind, check: oneOf("v1", "v2")},
		{name: "is_time_window_disabled", kind: boolKind},
	})
	if bad != nil {
		return *bad
	}
	ch.Connected, ch.HookVersion = true, "v1"
	if v, sent := o.str("hook_api_version"); sent {
		ch.HookVersion = v
	}
	if v, sent := o.str("title"); sent {
		ch.Title = v
	}
	ch.NoTimeWindow, _ = o.bool("is_time_window_disabled")
	return chatOK(object{
		"account_id": c.a.profile.amojoID, "scope_id": ch.ID + "_" + c.a.profile.amojoID, "title": ch.Title,
		"hook_api_version": ch.HookVersion, "is_time_window_disabled": ch.NoTimeWindow,
	})
}

func chatOK(body any) answer {
	return answer{status: http.StatusOK, ctype: "application/json", body: body}
}

// disconnectChannel is a DELETE with a signed body.
func disconnectChannel(c *call, ch *channel) answer {
	if _, bad := c.strict(schema{{name: "account_id", kind: stringKind, required: true}}); bad != nil {
		return *bad
	}
	ch.Connected = false
	return chatOK(object{})
}
