package authserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const loopbackRedirect = "http://127.0.0.1:4000/callback"

func TestAPersonGivesAClientAccess(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	back := g.authorize(g.asks(id, loopbackRedirect))
	if back.Get("state") != "state-of-the-client" || back.Get("iss") != g.url || back.Has("error") {
		t.Fatalf("the client is told %v", back)
	}
	a := g.exchange(id, loopbackRedirect, back.Get("code"))
	access, refresh := g.pair(a)
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("the answer's header is %v", a.header)
	}
	if body := a.json(t); body["token_type"] != "Bearer" || body["expires_in"] != 3600.0 || body["scope"] != "kommo:read kommo:write" {
		t.Errorf("the answer is %v", body)
	}
	p, ok, err := g.server.Principal(t.Context(), access)
	if err != nil || !ok || p.Kind != principal.Token || p.Mode != principal.Write || p.Account == "" || p.Label != "A test" || p.ID == "" {
		t.Errorf("the token's principal is %+v, %v, %v", p, ok, err)
	}
	for _, other := range []string{refresh, back.Get("code"), "", "kmcp_at_", "kmcp_at_" + strings.Repeat("A", 52), access + "A"} {
		if g.lives(other) {
			t.Errorf("%.12s… is a bearer token too", other)
		}
	}
	g.clock.Advance(time.Hour)
	if g.lives(access) {
		t.Error("the token outlives its hour")
	}
}

func TestACodeIsGoodOnce(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	code := g.authorize(g.asks(id, loopbackRedirect)).Get("code")
	access, refresh := g.pair(g.exchange(id, loopbackRedirect, code))
	g.refused(g.exchange(id, loopbackRedirect, code), http.StatusBadRequest, "invalid_grant")
	if g.lives(access) {
		t.Error("a code that was shown twice left its access token alive")
	}
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant")
}

func TestOfManyWhoShowACodeOneGetsTokens(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	code := g.authorize(g.asks(id, loopbackRedirect)).Get("code")
	var all sync.WaitGroup
	got := make(chan int, 8)
	for range 8 {
		all.Go(func() { got <- g.exchange(id, loopbackRedirect, code).status })
	}
	all.Wait()
	close(got)
	good := 0
	for status := range got {
		if status == http.StatusOK {
			good++
		}
	}
	if good != 1 {
		t.Errorf("%d got tokens", good)
	}
}

func TestACodeIsBoundToWhatItWasMadeFor(t *testing.T) {
	g := newRig(t)
	id, other := g.register(loopbackRedirect), g.register(loopbackRedirect)
	for name, c := range map[string]struct {
		change func(url.Values)
		wait   time.Duration
		code   string
	}{
		"another client":    {func(v url.Values) { v.Set("client_id", other) }, 0, "invalid_grant"},
		"another redirect":  {func(v url.Values) { v.Set("redirect_uri", "http://127.0.0.1:4001/callback") }, 0, "invalid_grant"},
		"another verifier":  {func(v url.Values) { v.Set("code_verifier", verifier+"x") }, 0, "invalid_grant"},
		"no verifier":       {func(v url.Values) { v.Del("code_verifier") }, 0, "invalid_grant"},
		"another resource":  {func(v url.Values) { v.Set("resource", "https://other.example/mcp") }, 0, "invalid_target"},
		"two resources":     {func(v url.Values) { v.Add("resource", "https://other.example/mcp") }, 0, "invalid_target"},
		"a minute later":    {func(url.Values) {}, time.Minute, "invalid_grant"},
		"something else":    {func(v url.Values) { v.Set("code", "kmcp_ac_"+strings.Repeat("A", 52)) }, 0, "invalid_grant"},
		"no code":           {func(v url.Values) { v.Del("code") }, 0, "invalid_request"}, // RFC 6749, 5.2: a parameter is missing
		"no refresh token":  {func(v url.Values) { v.Set("grant_type", "refresh_token") }, 0, "invalid_request"},
		"no grant":          {func(v url.Values) { v.Del("grant_type") }, 0, "invalid_request"},
		"another grant":     {func(v url.Values) { v.Set("grant_type", "password") }, 0, "unsupported_grant_type"},
		"no redirect, fine": {func(v url.Values) { v.Del("redirect_uri") }, 0, ""},
		"no resource, fine": {func(v url.Values) { v.Del("resource") }, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := url.Values{
				"grant_type": {"authorization_code"}, "client_id": {id}, "redirect_uri": {loopbackRedirect},
				"code": {g.authorize(g.asks(id, loopbackRedirect)).Get("code")}, "code_verifier": {verifier}, "resource": {g.url + "/mcp"},
			}
			c.change(v)
			g.clock.Advance(c.wait)
			a := g.form("/token", v)
			if c.code == "" {
				g.pair(a)
				return
			}
			g.refused(a, http.StatusBadRequest, c.code)
		})
	}
}

func TestATokenEndsWithTheConnectionOfItsAccount(t *testing.T) {
	g := newRig(t)
	id, access, refresh := g.tokens()
	p, _, _ := g.server.Principal(t.Context(), access)
	code := g.authorize(g.asks(id, loopbackRedirect)).Get("code")
	another := g.authorize(g.asks(id, loopbackRedirect)).Get("code")
	grant, _, err := g.store.Grant(t.Context(), p.Account, "kommo")
	if err != nil {
		t.Fatal(err)
	}
	grant.State = store.GrantEnded
	if ok, err := g.store.NoteGrant(t.Context(), grant); !ok || err != nil || g.lives(access) {
		t.Errorf("with a grant that has ended the token lives, %v", err)
	}
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant")
	g.refused(g.exchange(id, loopbackRedirect, another), http.StatusBadRequest, "invalid_grant")
	grant.State = store.GrantActive
	if ok, err := g.store.NoteGrant(t.Context(), grant); !ok || err != nil || !g.lives(access) {
		t.Errorf("with a grant that is back the token is dead, %v", err)
	}
	if _, err := g.store.DropGrant(t.Context(), p.Account, "kommo"); err != nil {
		t.Fatal(err)
	}
	if g.lives(access) {
		t.Error("the access token lives on")
	}
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant")
	g.refused(g.exchange(id, loopbackRedirect, code), http.StatusBadRequest, "invalid_grant")
}
