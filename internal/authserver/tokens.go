package authserver

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// What our secrets start with: people, and programs that look for leaked secrets,
// see what they are.
const (
	codePrefix    = "kmcp_ac_"
	accessPrefix  = "kmcp_at_"
	refreshPrefix = "kmcp_rt_"
	secretPrefix  = "kmcp_cs_" //nolint:gosec // G101: what secrets start with is none

	maxSecret = 200 // bytes: ours are shorter
)

const (
	codeLife = time.Minute
	// codeKept is how long a code is remembered after it: who shows it again then has
	// stolen it, or it was stolen from them.
	codeKept    = 24 * time.Hour
	accessLife  = time.Hour
	refreshLife = 90 * 24 * time.Hour
	// retryTime is how long a refresh token that was used may be shown once more, as
	// long as its successor was not, and as we do not know that the answer with it went
	// out (see deliveries): the connection broke, or two workers of one client came at
	// once. They get the same successor, so a token that was stolen is still found out
	// at the next use by either.
	retryTime = 30 * time.Second
)

// pair is an answer of the token endpoint.
type pair struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int64  `json:"expires_in"` // seconds
	Refresh string `json:"refresh_token,omitempty"`
	Scope   string `json:"scope"`

	spent string // name of the refresh token that it is the answer to
}

func invalidGrant(why string) *oauthError { return &oauthError{codeInvalidGrant, why} }

// redeem exchanges a code. The code is used up whatever comes of it: who shows it
// with anything wrong is not who it was made for.
func (s *Server) redeem(ctx context.Context, c client, form url.Values) (p pair, told *oauthError, err error) {
	code := form.Get("code")
	if !ours(code, codePrefix) {
		return p, invalidGrant("the code is none of this server's"), nil
	}
	t, ok, err := s.cfg.Store.Ticket(ctx, kindCode, digest(code)) // most that is wrong costs no write
	if err != nil {
		return p, nil, err
	}
	if !ok {
		return p, invalidGrant("the code is unknown or was used"), nil
	}
	active, err := s.cfg.Active(ctx, t.Account)
	if err != nil {
		return p, nil, err
	}
	err = s.cfg.Store.ChangeTickets(ctx, func(change store.TicketChange) error {
		p, told, err = s.spend(change, t.Name, c, form, active)
		return err
	})
	return p, told, err
}

// spend uses a code up and makes what it is good for.
func (s *Server) spend(change store.TicketChange, name string, c client, form url.Values, active bool) (p pair, told *oauthError, err error) {
	t, ok, err := change.Get(kindCode, name)
	switch {
	case err != nil:
		return p, nil, err
	case !ok:
		return p, invalidGrant("the code is unknown or was used"), nil
	case !t.Used.IsZero():
		return p, invalidGrant("the code was used before; all that it gave is revoked"), change.DropFamily(t.Family)
	}
	g, _ := read(t)
	if g.Client == c.ID { // else it is none of this client's, and ends below
		if told, err := s.spendProof(change, c, g); told != nil || err != nil {
			return p, told, err
		}
	}
	if err := change.Use(kindCode, name); err != nil {
		return p, nil, err
	}
	if told := s.checkCode(t, g, c, form); told != nil {
		return p, told, nil
	}
	if !active {
		return p, invalidGrant("the Kommo account is not connected any more"), nil
	}
	g.Redirect, g.Challenge = "", ""
	p, err = s.issue(change, t, g, "", g.Scope)
	return p, nil, err
}

// checkCode holds a code to what it was made for.
func (s *Server) checkCode(t store.Ticket, g given, c client, form url.Values) *oauthError {
	switch {
	case s.cfg.Now().Sub(t.Created) >= codeLife:
		return invalidGrant("the code is older than a minute")
	case g.Client != c.ID:
		return invalidGrant("the code was made for another client")
	// OAuth 2.1 leaves redirect_uri out of this request; who names it, names the one
	// that was used.
	case form.Has("redirect_uri") && form.Get("redirect_uri") != g.Redirect:
		return invalidGrant("redirect_uri is not the one of the authorization request")
	case !verified(form.Get("code_verifier"), g.Challenge):
		return invalidGrant("code_verifier does not fit the challenge of the authorization request")
	case g.Resource != s.resource:
		return invalidGrant("the code is for another resource")
	}
	return nil
}

// verifierPattern is that of RFC 7636.
var verifierPattern = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

func verified(verifier, challenge string) bool {
	if !verifierPattern.MatchString(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// refresh exchanges a refresh token, which is good once. One that comes back later is
// known to two, and nobody can tell which of them stole it: all of the family ends.
// arrived is when the request came, by the count of deliveries.
func (s *Server) refresh(ctx context.Context, c client, form url.Values, arrived uint64) (p pair, told *oauthError, err error) {
	secret := form.Get("refresh_token")
	if !ours(secret, refreshPrefix) {
		return p, invalidGrant("the refresh token is none of this server's"), nil
	}
	t, ok, err := s.cfg.Store.Ticket(ctx, kindRefresh, digest(secret))
	if err != nil {
		return p, nil, err
	}
	g, fine := read(t)
	if !ok || !fine || g.Resource != s.resource {
		return p, invalidGrant("the refresh token is unknown, has expired or was revoked"), nil
	}
	if g.Client != c.ID {
		return p, invalidGrant("the refresh token was given to another client"), nil
	}
	scope, ok := narrowed(g.Scope, form.Get("scope"))
	if !ok {
		return p, &oauthError{"invalid_scope", "a refresh gives no more than was allowed: " + g.Scope}, nil
	}
	active, err := s.cfg.Active(ctx, t.Account)
	if err != nil {
		return p, nil, err
	}
	if !active {
		return p, invalidGrant("the Kommo account is not connected any more"), nil
	}
	err = s.cfg.Store.ChangeTickets(ctx, func(change store.TicketChange) error {
		if told, err = s.spendProof(change, c, g); told != nil || err != nil {
			return err
		}
		p, told, err = s.rotate(change, t.Name, secret, g, scope, arrived)
		return err
	})
	p.spent = t.Name
	if told != nil && told.code == codeInvalidGrant && err == nil {
		s.cfg.Log.WarnContext(ctx, "a spent refresh token was shown again: all that came of its consent is ended", "client", g.Name, "account", t.Account, "id", t.Family)
	}
	return p, told, err
}

func (s *Server) rotate(change store.TicketChange, name, secret string, g given, scope string, arrived uint64) (p pair, told *oauthError, err error) {
	t, ok, err := change.Get(kindRefresh, name)
	if err != nil {
		return p, nil, err
	}
	if !ok {
		return p, invalidGrant("the refresh token was revoked"), nil
	}
	next := successor(secret, g.Salt)
	if t.Used.IsZero() {
		if err := change.Use(kindRefresh, name); err != nil {
			return p, nil, err
		}
		p, err = s.issue(change, t, g, next, scope)
		return p, nil, err
	}
	after, ok, err := change.Get(kindRefresh, digest(next))
	if err != nil {
		return p, nil, err
	}
	if !ok || !after.Used.IsZero() || s.cfg.Now().Sub(t.Used) >= retryTime || s.deliveries.before(name, arrived) {
		return p, invalidGrant("the refresh token was used before; all that came of this consent is revoked, connect again"), change.DropFamily(t.Family)
	}
	p, err = s.issueAccess(change, t, g, scope)
	p.Refresh = next
	return p, nil, err
}

// successor is the refresh token that follows one: always the same, and known to
// nobody who has not both the token and what we keep of it.
func successor(secret, salt string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(secret))
	return refreshPrefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
}

// issue makes an access token and, unless the client cannot use one, a refresh token:
// the given one, or a new one.
func (s *Server) issue(change store.TicketChange, from store.Ticket, g given, next, scope string) (pair, error) {
	p, err := s.issueAccess(change, from, g, scope)
	if err != nil {
		return pair{}, err
	}
	if err := s.keepClient(change, g.Client); err != nil || g.NoRefresh {
		return p, err
	}
	if next == "" {
		next = refreshPrefix + rand.Text() + rand.Text()
	}
	p.Refresh, g.Salt = next, rand.Text()
	return p, s.put(change, from, kindRefresh, next, g, refreshLife)
}

func (s *Server) issueAccess(change store.TicketChange, from store.Ticket, g given, scope string) (pair, error) {
	access := accessPrefix + rand.Text() + rand.Text()
	g.Salt, g.Scope = "", scope
	err := s.put(change, from, kindAccess, access, g, accessLife)
	return pair{Access: access, Type: "Bearer", Expires: int64(accessLife.Seconds()), Scope: scope}, err
}

// put keeps a secret's digest, in the family and account of what it comes from.
func (s *Server) put(change store.TicketChange, from store.Ticket, kind, secret string, g given, life time.Duration) error {
	body, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return change.Put(store.Ticket{
		Kind: kind, Name: digest(secret), Account: from.Account, Family: from.Family, Expires: s.cfg.Now().Add(life), Body: body,
	})
}

// ours tells whether a text has the form of a secret of ours, so that others cost
// nothing.
func ours(secret, prefix string) bool {
	return strings.HasPrefix(secret, prefix) && len(secret) > len(prefix)+20 && len(secret) <= maxSecret
}

// Principal is whom a bearer token stands for. ok is false for one that is not ours,
// has ended, is for another resource, or whose account is not connected any more.
func (s *Server) Principal(ctx context.Context, secret string) (p principal.Principal, ok bool, err error) {
	if !ours(secret, accessPrefix) {
		return p, false, nil
	}
	t, ok, err := s.cfg.Store.Ticket(ctx, kindAccess, digest(secret))
	if err != nil || !ok {
		return p, false, err
	}
	g, fine := read(t)
	if !fine || g.Resource != s.resource || modeOf(g.Scope) == "" || t.Account == "" {
		return p, false, nil
	}
	if active, err := s.cfg.Active(ctx, t.Account); err != nil || !active {
		return p, false, err
	}
	return principal.Principal{
		Kind: principal.Token, ID: t.Family, Label: g.Name, Account: t.Account, Mode: s.bounded(modeOf(g.Scope)),
	}, true, nil
}

// SignIns counts the clients that are signed in to an account, one for each consent.
func SignIns(ctx context.Context, st *store.Store, account string, now time.Time) (int, error) {
	list, err := st.Tickets(ctx, kindRefresh, account)
	if err != nil {
		return 0, err
	}
	families := map[string]bool{}
	for _, t := range list {
		if t.Expires.IsZero() || now.Before(t.Expires) {
			families[t.Family] = true
		}
	}
	return len(families), nil
}
