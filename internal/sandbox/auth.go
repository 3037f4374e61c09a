package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TokenOptions describe an access token to mint. The zero value of each field is
// the usual one.
type TokenOptions struct {
	UserID   int64         // 0: the account's first administrator
	Scopes   []string      // nil: all
	TTL      time.Duration // 0: a year; negative: already expired
	ClientID string        // the integration (aud)
}

func allScopes() []string {
	return []string{"crm", "files", "files_delete", "list_external_messages", "notifications", "push_notifications", "send_external_messages"}
}

// Token returns a long-lived administrator token of the account, or "" when there
// is no such host.
func (s *Sandbox) Token(host string) string { return s.TokenWith(host, TokenOptions{}) }

// UserToken returns a token that acts with that user's rights.
func (s *Sandbox) UserToken(host string, userID int64) string {
	return s.TokenWith(host, TokenOptions{UserID: userID})
}

// TokenWith mints a token for the account; "" when the host is unknown.
func (s *Sandbox) TokenWith(host string, o TokenOptions) string {
	a := s.byHost[strings.ToLower(host)]
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return s.mint(a, o)
}

// mint signs a token; the account's lock is held.
func (s *Sandbox) mint(a *account, o TokenOptions) string {
	if o.UserID == 0 {
		o.UserID = firstAdmin(a)
	}
	if o.Scopes == nil {
		o.Scopes = allScopes()
	}
	if o.TTL == 0 {
		o.TTL = 365 * 24 * time.Hour
	}
	if o.ClientID == "" {
		o.ClientID = "00000000-0000-4000-8000-00000000c1d0"
	}
	now := s.clock()
	zone := zoneOf(a.host)
	return sign(s.key, claims{
		Aud: o.ClientID, Jti: randomHex(32), Iat: now.Unix(), Nbf: now.Unix(), Exp: now.Add(o.TTL).Unix(),
		Sub: strconv.FormatInt(o.UserID, 10), AccountID: a.id, BaseDomain: zone, Version: 2,
		Scopes: o.Scopes, HashUUID: randomHex(16), APIDomain: "api-c." + zone,
	})
}

func firstAdmin(a *account) int64 {
	for id, u := range users(a).all() {
		if u.Rights.IsAdmin && u.Rights.IsActive {
			return id
		}
	}
	return 0
}

// authorize checks the bearer token and sets c.user; the answer is the refusal.
func (s *Sandbox) authorize(c *call, rt *route) *answer {
	refusal := new(unauthorized(c.a.host))
	cl, u := s.bearer(c)
	if u == nil {
		return refusal
	}
	if id := c.r.Header.Get("X-Context-User-ID"); id != "" {
		// Only tokens granted by an administrator may act for others; a free or
		// unknown user is refused (Kommo API facts: scopes).
		n, err := strconv.ParseInt(id, 10, 64)
		other := users(c.a).get(n)
		if err != nil || other == nil || !u.Rights.IsAdmin || other.Rights.IsFree || !other.Rights.IsActive {
			return refusal
		}
		u = other
	}
	c.user = u
	scope := rt.Scope
	if scope == "" {
		scope = "crm"
	}
	if !slices.Contains(cl.Scopes, scope) {
		return new(problem(http.StatusForbidden, "Invalid scope"))
	}
	if rt.Admin && !u.Rights.IsAdmin {
		return new(forbidden())
	}
	return nil
}

// bearer returns the token's claims and its active user, or nil.
func (s *Sandbox) bearer(c *call) (claims, *user) {
	token, isBearer := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	cl, err := verify(s.key, token)
	if !isBearer || err != nil || cl.AccountID != c.a.id || c.a.clock().Unix() >= cl.Exp || s.oauth.isRevoked(cl) {
		return cl, nil
	}
	id, err := strconv.ParseInt(cl.Sub, 10, 64)
	u := users(c.a).get(id)
	if err != nil || u == nil || !u.Rights.IsActive {
		return cl, nil
	}
	return cl, u
}

// accountOfToken finds the account by the bearer token, nil when it is no good.
func (s *Sandbox) accountOfToken(r *http.Request) *account {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	cl, err := verify(s.key, token)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(s.accounts, func(a *account) bool { return a.id == cl.AccountID })
	if i < 0 {
		return nil
	}
	return s.accounts[i]
}
