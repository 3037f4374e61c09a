package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Integration is an OAuth client registered in the sandbox.
type Integration struct {
	ClientID, Secret, RedirectURI string
	DisconnectURI                 string   // told when an account uninstalls it, while hooks are delivered; empty: nobody is
	Scopes                        []string // nil: all
}

// WithIntegration registers an OAuth client for every account.
func WithIntegration(i Integration) Option {
	return func(c *config) { c.integrations = append(c.integrations, i) }
}

const (
	codeLife    = 20 * time.Minute
	accessLife  = 24 * time.Hour
	refreshLife = 90 * 24 * time.Hour
)

// grantRef is what a code or a refresh token stands for.
type grantRef struct {
	clientID string
	account  *account
	user     int64
	expires  time.Time
	used     bool
}

type oauthState struct {
	mu      sync.Mutex
	clients map[string]Integration
	codes   map[string]*grantRef
	refresh map[string]*grantRef
	off     map[grantKey]bool // integrations disabled in an account
}

type grantKey struct {
	clientID string
	account  int64
}

func newOAuthState(list []Integration) *oauthState {
	st := &oauthState{
		clients: map[string]Integration{}, codes: map[string]*grantRef{},
		refresh: map[string]*grantRef{}, off: map[grantKey]bool{},
	}
	for _, i := range list {
		st.clients[i.ClientID] = i
	}
	return st
}

// isRevoked tells whether the integration of the token was disabled: its access
// tokens die at once.
func (st *oauthState) isRevoked(cl claims) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.off[grantKey{cl.Aud, cl.AccountID}]
}

// Disconnect disables an integration in an account: its access and refresh tokens
// are refused from now on, until it is granted again, and its hook is told.
func (s *Sandbox) Disconnect(host, clientID string) {
	a := s.byHost[strings.ToLower(host)]
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	s.oauth.off[grantKey{clientID, a.id}] = true
	for _, g := range s.oauth.refresh {
		if g.account == a && g.clientID == clientID {
			g.used = true
		}
	}
	s.tellDisconnected(a, clientID)
}

// tellDisconnected queues the GET to the address that the integration has for its
// end. It is signed and has no date.
func (s *Sandbox) tellDisconnected(a *account, clientID string) {
	client := s.oauth.clients[clientID]
	if client.DisconnectURI == "" || !isLoopback(client.DisconnectURI) {
		return
	}
	id := strconv.FormatInt(a.id, 10)
	mac := hmac.New(sha256.New, []byte(client.Secret))
	mac.Write([]byte(clientID + "|" + id))
	q := url.Values{"account_id": {id}, "client_uuid": {clientID}, "signature": {hex.EncodeToString(mac.Sum(nil))}}
	if queue := a.hooks(); queue != nil {
		queue.add(hookJob{method: http.MethodGet, url: client.DisconnectURI + "?" + q.Encode()})
	}
}

// Install does what the installation of the integration's widget does: the redirect
// URI is told by Kommo itself, with a code and without a state, while hooks are
// delivered; false for an unknown host or integration. Nothing is sent to other
// machines, and no answer changes anything.
func (s *Sandbox) Install(host, clientID string) bool {
	a := s.byHost[strings.ToLower(host)]
	client, known := s.oauth.clients[clientID]
	if a == nil || !known {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if queue := a.hooks(); queue != nil && isLoopback(client.RedirectURI) {
		v := s.answerOf(a, clientID)
		v.Set("from_widget", "1")
		queue.add(hookJob{method: http.MethodGet, url: backTo(client, v), timeout: installTimeout})
	}
	return true
}

// installTimeout is how long Kommo waits for the answer to the word of an installation.
const installTimeout = 3 * time.Second

// Code makes an authorization code for the account as the consent page does; ""
// for an unknown host or integration.
func (s *Sandbox) Code(host, clientID string) string {
	a := s.byHost[strings.ToLower(host)]
	_, known := s.oauth.clients[clientID]
	if a == nil || !known {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return s.newCode(a, clientID)
}

// newCode needs the account's lock.
func (s *Sandbox) newCode(a *account, clientID string) string {
	code := "def502" + randomHex(60)
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	s.oauth.codes[code] = &grantRef{clientID: clientID, account: a, user: firstAdmin(a), expires: s.clock().Add(codeLife)}
	return code
}

func oauthRoutes() []route {
	return []route{
		{Method: "POST", Path: "/oauth2/access_token", Do: grantToken, Root: true, AnyHost: true},
		{Method: "GET", Path: "/oauth2/account/subdomain", Do: subdomainByAccess, Root: true, AnyHost: true},
		{Method: "GET", Path: "/oauth2/account/current/subdomain", Do: subdomainByRefresh, Root: true, AnyHost: true},
		{Method: "GET", Path: "/oauth", Do: consent, Root: true, AnyHost: true, NoLock: true},
	}
}

// oauthProblem is the envelope of token errors; it has a hint and no RFC 6749
// error member (Kommo API facts: error body of the token endpoint).
func oauthProblem(hint string) answer {
	type body struct {
		Hint   string `json:"hint"`
		Title  string `json:"title"`
		Type   string `json:"type"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}
	return answer{status: http.StatusBadRequest, problem: true, body: body{
		hint, "Bad request", "https://developers.amocrm.ru/v3/errors/OAuthProblemJson", http.StatusBadRequest,
		"The request is missing a number of parameters or the parameters are invalid",
	}}
}

// tokenParams reads the body as JSON or as a form; clients send both.
func tokenParams(c *call) map[string]string {
	out := map[string]string{}
	if json.Unmarshal(c.body, &out) == nil && len(out) > 0 {
		return out
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return out
	}
	for k := range form {
		out[k] = form.Get(k)
	}
	return out
}

func grantToken(c *call) answer {
	p := tokenParams(c)
	st := c.s.oauth
	client, known := st.clients[p["client_id"]]
	switch {
	case !known:
		return oauthProblem("Check the `client_id` parameter")
	case p["client_secret"] != client.Secret:
		return oauthProblem("Check the `client_secret` parameter")
	case p["redirect_uri"] != client.RedirectURI:
		return oauthProblem("Redirect URI is not associated with client")
	case c.a == nil:
		return oauthProblem("Invalid account")
	}
	var g *grantRef
	var hint string
	switch p["grant_type"] {
	case "authorization_code":
		g, hint = st.takeCode(p["code"], client.ClientID, c)
	case "refresh_token":
		g, hint = st.takeRefresh(p["refresh_token"], client.ClientID, c)
	default:
		hint = "Check the `grant_type` parameter"
	}
	if hint != "" {
		return oauthProblem(hint)
	}
	return ok(c.s.issue(c, g, client))
}

// takeCode uses up an authorization code: it is good once, for 20 minutes.
func (st *oauthState) takeCode(code, clientID string, c *call) (*grantRef, string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	g := st.codes[code]
	switch {
	case g == nil || g.clientID != clientID:
		return nil, "Cannot decrypt the authorization code"
	case g.used:
		return nil, "Authorization code has been revoked"
	case c.s.clock().After(g.expires):
		return nil, "Authorization code has expired"
	case g.account != c.a:
		return nil, "Invalid account"
	}
	g.used = true
	delete(st.off, grantKey{clientID, g.account.id})
	return g, ""
}

// takeRefresh uses up a refresh token: it dies on the exchange.
func (st *oauthState) takeRefresh(token, clientID string, c *call) (*grantRef, string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	g := st.refresh[token]
	switch {
	case g == nil || g.clientID != clientID || c.s.clock().After(g.expires):
		return nil, "Invalid refresh token"
	case g.used:
		return nil, "Token has been revoked"
	case g.account != c.a:
		return nil, "Invalid account"
	}
	g.used = true
	return g, ""
}

// issue makes a new pair; the account's lock is held by the caller.
func (s *Sandbox) issue(c *call, g *grantRef, client Integration) object {
	access := s.mint(g.account, TokenOptions{UserID: g.user, Scopes: client.Scopes, TTL: accessLife, ClientID: client.ClientID})
	refresh := "def502" + randomHex(160)
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	s.oauth.refresh[refresh] = &grantRef{clientID: client.ClientID, account: c.a, user: g.user, expires: s.clock().Add(refreshLife)}
	return object{
		"token_type": "Bearer", "expires_in": int64(accessLife.Seconds()), "server_time": s.clock().Unix(),
		"access_token": access, "refresh_token": refresh,
	}
}

func subdomainAnswer(a *account) answer {
	zone := zoneOf(a.host)
	top := zone[strings.LastIndexByte(zone, '.')+1:]
	return answer{status: http.StatusOK, ctype: "application/json", body: object{
		"id": a.id, "subdomain": a.profile.subdomain, "domain": a.host, "top_level_domain": top,
	}}
}

// subdomainByAccess is the older look-up, on www, with the access token.
func subdomainByAccess(c *call) answer {
	token, _ := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	cl, err := verify(c.s.key, token)
	for _, a := range c.s.accounts {
		if err == nil && a.id == cl.AccountID && c.s.clock().Unix() < cl.Exp && !c.s.oauth.isRevoked(cl) {
			return subdomainAnswer(a)
		}
	}
	return unauthorized(hostname(c.r.Host))
}

// subdomainByRefresh works after the access token has expired.
func subdomainByRefresh(c *call) answer {
	st := c.s.oauth
	st.mu.Lock()
	defer st.mu.Unlock()
	g := st.refresh[c.r.Header.Get("X-Refresh-Token")]
	if g == nil || g.used || c.s.clock().After(g.expires) {
		return unauthorized(hostname(c.r.Host))
	}
	return subdomainAnswer(g.account)
}
