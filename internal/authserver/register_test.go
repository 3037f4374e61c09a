package authserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
)

func (g *rig) tryRegister(body, kind string) answer {
	g.Helper()
	return g.do(g.browser, http.MethodPost, "/register", strings.NewReader(body), "Content-Type", kind)
}

func TestRegistrationRefuses(t *testing.T) {
	g := newRig(t)
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("https://app.example/%d", i)
	}
	uris := func(list ...string) map[string]any { return map[string]any{"redirect_uris": list} }
	with := func(name string, v any) map[string]any {
		m := uris("https://app.example/callback")
		m[name] = v
		return m
	}
	for name, c := range map[string]struct {
		m    map[string]any
		code string
	}{
		"no redirects":         {map[string]any{"client_name": "x"}, "invalid_redirect_uri"},
		"none of them":         {uris(), "invalid_redirect_uri"},
		"too many":             {uris(many...), "invalid_redirect_uri"},
		"http elsewhere":       {uris("http://app.example/callback"), "invalid_redirect_uri"},
		"http nearly here":     {uris("http://localhost.evil.example/callback"), "invalid_redirect_uri"},
		"http here by a trick": {uris("http://127.0.0.1@evil.example/callback"), "invalid_redirect_uri"},
		"a script":             {uris("javascript:alert(1)"), "invalid_redirect_uri"},
		"a script with host":   {uris("javascript://x/%0aalert(1)"), "invalid_redirect_uri"},
		"in capitals":          {uris("JavaScript://x/%0aalert(1)"), "invalid_redirect_uri"},
		"data":                 {uris("data:text/html,x"), "invalid_redirect_uri"},
		"a file":               {uris("file:///etc/passwd"), "invalid_redirect_uri"},
		"a mail":               {uris("mailto:a@app.example"), "invalid_redirect_uri"},
		"an app of Android":    {uris("intent://x#Intent;end"), "invalid_redirect_uri"},
		"a browser's page":     {uris("chrome://settings"), "invalid_redirect_uri"},
		"vbscript":             {uris("vbscript://x/y"), "invalid_redirect_uri"},
		"blob":                 {uris("blob:https://app.example/x"), "invalid_redirect_uri"},
		"two private schemes":  {uris("cursor://a/b", "windsurf://a/b"), "invalid_redirect_uri"},
		"a short scheme":       {uris("c://a/b"), "invalid_redirect_uri"},
		"no scheme":            {uris("app.example/callback"), "invalid_redirect_uri"},
		"a scheme alone":       {uris("myapp:callback"), "invalid_redirect_uri"},
		"an answer in it":      {uris("https://app.example/callback?code=x"), "invalid_redirect_uri"},
		"a state in it":        {uris("https://app.example/callback?a=b&state=x"), "invalid_redirect_uri"},
		"a fragment":           {uris("https://app.example/callback#x"), "invalid_redirect_uri"},
		"an empty fragment":    {uris("https://app.example/callback#"), "invalid_redirect_uri"},
		"a user":               {uris("https://user@app.example/callback"), "invalid_redirect_uri"},
		"a space":              {uris("https://app.example/call back"), "invalid_redirect_uri"},
		"a line":               {uris("https://app.example/\r\nX: y"), "invalid_redirect_uri"},
		"a backslash":          {uris(`https://app.example\@evil.example/`), "invalid_redirect_uri"},
		"another alphabet":     {uris("https://аpp.example/callback"), "invalid_redirect_uri"},
		"a host for a policy":  {uris("https://app.example;x/callback"), "invalid_redirect_uri"},
		"no host":              {uris("https:///callback"), "invalid_redirect_uri"},
		"one bad among good":   {uris("https://app.example/callback", "data:x"), "invalid_redirect_uri"},
		"a long one":           {uris("https://app.example/" + strings.Repeat("x", 2000)), "invalid_redirect_uri"},
		"another method":       {with("token_endpoint_auth_method", "private_key_jwt"), "invalid_client_metadata"},
		"no code":              {with("grant_types", []string{"client_credentials"}), "invalid_client_metadata"},
		"implicit":             {with("response_types", []string{"token"}), "invalid_client_metadata"},
		"a name of numbers":    {with("client_name", 7), "invalid_client_metadata"},
		"no list":              {map[string]any{"redirect_uris": "https://app.example/callback"}, "invalid_client_metadata"},
	} {
		raw, _ := json.Marshal(c.m)
		a := g.tryRegister(string(raw), "application/json")
		if a.status != http.StatusBadRequest || a.json(t)["error"] != c.code {
			t.Errorf("%s: answered %d %s, want %s", name, a.status, a.body, c.code)
		}
	}
	if a := g.tryRegister(`{"redirect_uris":["https://app.example/"],"client_name":7}`, "application/json"); !strings.Contains(a.body, "client_name is of the wrong type") {
		t.Errorf("which field is wrong is not said: %s", a.body)
	}
}

func TestRegistrationRefusesOtherBodies(t *testing.T) {
	g := newRig(t)
	for name, a := range map[string]answer{
		"no JSON": g.tryRegister("redirect_uris=x", "application/json"), "a list": g.tryRegister("[]", "application/json"),
		"a form": g.tryRegister(`{}`, "application/x-www-form-urlencoded"), "long": g.tryRegister(`{"x":"`+strings.Repeat("x", 20<<10)+`"}`, "application/json"),
	} {
		g.refused(a, http.StatusBadRequest, "invalid_client_metadata")
		if a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: a page cannot read the answer", name)
		}
	}
	if a := g.get("/register"); a.status != http.StatusMethodNotAllowed {
		t.Errorf("a GET is answered %d", a.status)
	}
}

func TestRegistrationFillsIn(t *testing.T) {
	g := newRig(t)
	a := g.tryRegister(`{"redirect_uris":["com.example.app:/callback"],"grant_types":["authorization_code","urn:x"],"logo_uri":"https://app.example/x.png"}`, "application/json; charset=utf-8")
	m := a.json(t)
	if a.status != http.StatusCreated || a.header.Get("Cache-Control") != "no-store" || m["token_endpoint_auth_method"] != "none" || m["client_secret"] != nil || m["client_secret_expires_at"] != nil {
		t.Errorf("answered %d %s", a.status, a.body)
	}
	if got := texts(m["grant_types"]); len(got) != 1 || got[0] != "authorization_code" {
		t.Errorf("grant_types are %v", got)
	}
	id, _ := m["client_id"].(string)
	code := g.authorize(g.asks(id, "com.example.app:/callback")).Get("code")
	if access, refresh := g.pair(g.exchange(id, "com.example.app:/callback", code)); access == "" || refresh != "" {
		t.Error("a client that wants no refresh token got one")
	}
	a = g.tryRegister(`{"redirect_uris":["https://app.example/"],"token_endpoint_auth_method":"client_secret_basic"}`, "application/json")
	if m := a.json(t); m["client_secret"] == nil || m["client_secret_expires_at"] != 0.0 {
		t.Errorf("answered %s", a.body)
	}
}

// What is answered holds: scopes that cannot be had here are not among it.
func TestRegistrationAnswersScopesThatThereAre(t *testing.T) {
	g := newRig(t)
	for asked, want := range map[string]any{
		"kommo:read": "kommo:read", "kommo:full kommo:write offline_access openid": "kommo:write offline_access", "openid": nil, "": nil, strings.Repeat("x", 3000): nil,
	} {
		a := g.tryRegister(`{"redirect_uris":["https://app.example/"],"scope":"`+asked+`"}`, "application/json")
		if got := a.json(t)["scope"]; a.status != http.StatusCreated || got != want {
			t.Errorf("%.40s: answered %d %v, want %v", asked, a.status, got, want)
		}
	}
}

func TestRegistrationCanBeSwitchedOff(t *testing.T) {
	g := newRig(t, func(cfg *authserver.Config) { cfg.Registration = false })
	if a := g.tryRegister(`{"redirect_uris":["https://app.example/"]}`, "application/json"); a.status != http.StatusNotFound {
		t.Errorf("answered %d", a.status)
	}
	if m := g.get("/.well-known/oauth-authorization-server").json(t); m["registration_endpoint"] != nil {
		t.Errorf("the metadata has %v", m["registration_endpoint"])
	}
	// Who comes all the same is not told to register anew.
	if a := g.get("/authorize?" + g.asks("SOMEBODY", loopbackRedirect).Encode()); a.status != http.StatusBadRequest || !strings.Contains(a.body, "kommo-mcp clients add") || strings.Contains(a.body, "registers anew") {
		t.Errorf("an unknown client is answered %d %s", a.status, a.body)
	}
}

func TestRegistrationsThatNobodyUsesAreForgotten(t *testing.T) {
	g := newRig(t)
	unused := g.register(loopbackRedirect)
	id, _, refresh := g.tokens()
	g.clock.Advance(24 * time.Hour)
	if a := g.get("/authorize?" + g.asks(unused, loopbackRedirect).Encode()); a.status != http.StatusBadRequest || !strings.Contains(a.body, "add it again") {
		t.Errorf("a forgotten client is answered %d", a.status)
	}
	g.register(loopbackRedirect) // tidies
	all, err := g.store.Tickets(t.Context(), "oauth-client", "")
	if err != nil || len(all) != 2 {
		t.Errorf("%d are kept, %v", len(all), err)
	}
	for range 3 { // one that is used is kept with its refresh token
		g.clock.Advance(80 * 24 * time.Hour)
		_, refresh = g.pair(g.refresh(id, refresh))
	}
}

// Where there are too many, the oldest go that nobody used.
func TestRegistrationsMakeRoom(t *testing.T) {
	g := newRig(t, func(cfg *authserver.Config) { cfg.Clients = 10 })
	used, _, refresh := g.tokens()
	var ids []string
	for range 10 {
		g.clock.Advance(time.Second)
		ids = append(ids, g.register(loopbackRedirect))
	}
	known := func(id string) bool {
		return g.get("/authorize?"+g.asks(id, loopbackRedirect).Encode()).status == http.StatusOK
	}
	if known(ids[0]) || !known(ids[1]) || !known(ids[9]) {
		t.Errorf("known are the first %v, the second %v, the last %v", known(ids[0]), known(ids[1]), known(ids[9]))
	}
	g.pair(g.refresh(used, refresh))
}

// Those that are in use are never dropped; beyond a bound nobody registers any more.
func TestRegistrationsInUseAreBounded(t *testing.T) {
	g := newRig(t, func(cfg *authserver.Config) { cfg.Clients = 1 })
	used, _, refresh := g.tokens()
	for range 9 {
		g.clock.Advance(time.Minute)
		g.tokens()
	}
	g.refused(g.tryRegister(`{"redirect_uris":["https://app.example/"]}`, "application/json"), http.StatusServiceUnavailable, "temporarily_unavailable")
	g.pair(g.refresh(used, refresh))
	g.clock.Advance(101 * 24 * time.Hour)
	g.register(loopbackRedirect)
}

// Who is over their share takes nothing from the others; a network of IPv6 is one.
func TestOneAddressDoesNotTakeTheShareOfTheOthers(t *testing.T) {
	from := "2001:db8::1"
	g := newRig(t, func(cfg *authserver.Config) { cfg.Address = func(*http.Request) string { return from } })
	register := func() int {
		return g.tryRegister(`{"redirect_uris":["https://app.example/"]}`, "application/json").status
	}
	for i := range 60 {
		from = fmt.Sprintf("2001:db8::%x", i+1)
		register()
	}
	if got := register(); got != http.StatusTooManyRequests {
		t.Errorf("a network after 60 is answered %d", got)
	}
	from = "198.51.100.7"
	if got := register(); got != http.StatusCreated {
		t.Errorf("another is answered %d", got)
	}
}

func TestRegistrationsAreBounded(t *testing.T) {
	g := newRig(t)
	last := 0
	for range 60 {
		if last = g.tryRegister(`{"redirect_uris":["https://app.example/"]}`, "application/json").status; last != http.StatusCreated {
			break
		}
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the last of many is answered %d", last)
	}
	g.clock.Advance(time.Minute)
	g.register(loopbackRedirect)
}
