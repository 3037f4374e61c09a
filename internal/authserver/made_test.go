package authserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
)

// made makes a client by hand.
func (g *rig) made(c authserver.Client) (id, secret string) {
	g.Helper()
	secret, made, err := authserver.NewClients(g.store, g.clock.Now).Add(g.Context(), c)
	if err != nil {
		g.Fatal(err)
	}
	return made.ID, secret
}

// TestAClientMadeByHandStays: it is no registration, so neither time nor a crowd of
// those takes it away, and none of them finds less room for it.
func TestAClientMadeByHandStays(t *testing.T) {
	g := newRig(t, func(cfg *authserver.Config) { cfg.Clients = 2 })
	public, _ := g.made(authserver.Client{Name: "By hand", Redirects: []string{loopbackRedirect}})
	g.clock.Advance(time.Second)
	unused, _ := g.made(authserver.Client{Name: "Later", Redirects: []string{loopbackRedirect}, Secret: true})
	for range 5 {
		g.clock.Advance(time.Minute)
		g.register(loopbackRedirect)
	}
	g.clock.Advance(400 * 24 * time.Hour)
	g.register(loopbackRedirect) // tidies
	_, refresh := g.pair(g.exchange(public, loopbackRedirect, g.authorize(g.asks(public, loopbackRedirect)).Get("code")))
	g.clock.Advance(89 * 24 * time.Hour)
	g.pair(g.refresh(public, refresh))
	g.clock.Advance(400 * 24 * time.Hour)
	g.register(loopbackRedirect)
	for _, id := range []string{public, unused} {
		if a := g.get("/authorize?" + g.asks(id, loopbackRedirect).Encode()); a.status != http.StatusOK {
			t.Errorf("after years it is answered %d", a.status)
		}
	}
	clients := authserver.NewClients(g.store, g.clock.Now)
	byHand, err := clients.List(t.Context(), false)
	if err != nil || len(byHand) != 2 || byHand[0].Used.IsZero() || !byHand[1].Used.IsZero() || byHand[0].Secret || !byHand[1].Secret {
		t.Errorf("listed %+v, %v", byHand, err)
	}
	if all, err := clients.List(t.Context(), true); err != nil || len(all) != 3 || !all[2].Registered || all[2].Expires.IsZero() {
		t.Errorf("all are %+v, %v", all, err)
	}
}

// TestThePageTellsWhoLetAClientIn: nobody is warned of an app that whoever runs the
// server knows.
func TestThePageTellsWhoLetAClientIn(t *testing.T) {
	g := newRig(t)
	id, _ := g.made(authserver.Client{Name: "Copilot", Redirects: []string{"https://host.example/callback", loopbackRedirect}, Secret: true})
	a := g.get("/authorize?" + g.asks(id, "https://host.example/callback").Encode())
	if !strings.Contains(a.body, "whoever runs ") || !strings.Contains(a.body, "host.example") || strings.Contains(a.body, "registered itself") {
		t.Errorf("the page: %s", a.body)
	}
	if a := g.get("/authorize?" + g.asks(id, loopbackRedirect).Encode()); !strings.Contains(a.body, "Any program on this device") {
		t.Error("nobody is warned of a program on this device")
	}
}

// TestARemovedClientGetsNothingMore: not what it waits for, what it has or what it
// holds a code for; others keep theirs.
func TestARemovedClientGetsNothingMore(t *testing.T) {
	g := newRig(t)
	clients := authserver.NewClients(g.store, g.clock.Now)
	other, theirs, theirRefresh := g.tokens()
	id, _ := g.made(authserver.Client{Name: "By hand", Redirects: []string{loopbackRedirect}})
	access, _ := g.pair(g.exchange(id, loopbackRedirect, g.authorize(g.asks(id, loopbackRedirect)).Get("code")))
	code := g.authorize(g.asks(id, loopbackRedirect)).Get("code")
	onward := g.press(g.get("/authorize?"+g.asks(id, loopbackRedirect).Encode()), "allow")
	gone, ended, err := clients.Remove(t.Context(), id)
	if err != nil || ended != 1 || gone.Name != "By hand" {
		t.Fatalf("%+v %d %v", gone, ended, err)
	}
	if g.lives(access) {
		t.Error("its token lives on")
	}
	g.refused(g.exchange(id, loopbackRedirect, code), http.StatusUnauthorized, "invalid_client")
	back := g.get(g.get(onward.header.Get("Location")).header.Get("Location"))
	if q := back.query(t); q.Get("error") != "unauthorized_client" || q.Has("code") || q.Get("iss") != g.url || q.Get("state") != "state-of-the-client" {
		t.Errorf("what waited is told %v", q)
	}
	if _, _, err := clients.Remove(t.Context(), id); err == nil || !strings.Contains(err.Error(), id) {
		t.Errorf("removed again: %v", err)
	}
	if !g.lives(theirs) {
		t.Error("the token of another client ended")
	}
	g.pair(g.refresh(other, theirRefresh))
	if _, ended, err := clients.Remove(t.Context(), other); err != nil || ended != 1 || g.lives(theirs) {
		t.Errorf("one that registered itself: %d %v, its token lives: %v", ended, err, g.lives(theirs))
	}
}

// TestChangesOfAClient: what is not named stays, and sign-ins go on.
func TestChangesOfAClient(t *testing.T) {
	g := newRig(t)
	clients := authserver.NewClients(g.store, g.clock.Now)
	id, secret := g.made(authserver.Client{Name: "By hand", Redirects: []string{loopbackRedirect}, Secret: true})
	form := func(secret string, v url.Values) answer {
		v.Set("client_id", id)
		v.Set("client_secret", secret)
		return g.form("/token", v)
	}
	_, refresh := g.pair(form(secret, url.Values{
		"grant_type": {"authorization_code"}, "redirect_uri": {loopbackRedirect}, "code_verifier": {verifier}, "code": {g.authorize(g.asks(id, loopbackRedirect)).Get("code")},
	}))
	if _, now, err := clients.Update(t.Context(), id, authserver.Change{Name: "Renamed"}); err != nil || now.Name != "Renamed" || len(now.Redirects) != 1 || !now.Secret || now.Used.IsZero() {
		t.Errorf("%+v %v", now, err)
	}
	renewed, _, err := clients.Update(t.Context(), id, authserver.Change{NewSecret: true, Redirects: []string{"https://host.example/cb"}})
	if err != nil || renewed == "" || renewed == secret {
		t.Fatalf("%q %v", renewed, err)
	}
	if a := g.get("/authorize?" + g.asks(id, loopbackRedirect).Encode()); a.status != http.StatusBadRequest {
		t.Errorf("a redirect URI that is none any more is answered %d", a.status)
	}
	again := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	g.refused(form(secret, again), http.StatusUnauthorized, "invalid_client")
	g.pair(form(renewed, again))
	if _, _, err := clients.Update(t.Context(), id, authserver.Change{Redirects: []string{"javascript:alert(1)"}}); err == nil {
		t.Error("a script is a redirect URI")
	}
}
