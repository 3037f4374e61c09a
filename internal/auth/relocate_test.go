package auth

import (
	"net/http"
	"slices"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestTheClientFindsAMovedAccount: the former host redirects, or knows the account no
// more, while the access token is good. Kommo says where the account is; what the
// host says is not followed.
func TestTheClientFindsAMovedAccount(t *testing.T) {
	const former = "former.kommo.com"
	for name, tc := range map[string]struct {
		answer *http.Response
		method string
		moves  bool
		works  bool
	}{
		"redirect in the zone":    {reply(301, "", "Location", "https://"+host+"/api/v4/account"), http.MethodGet, true, true},
		"redirect to another":     {reply(302, "", "Location", "https://stranger.kommo.com/api/v4/account"), http.MethodGet, true, true},
		"redirect out of it":      {reply(307, "", "Location", "https://evil.example/api/v4/account"), http.MethodGet, true, true},
		"page of a missing site":  {reply(404, "<html>", "Content-Type", "text/html"), http.MethodGet, true, true},
		"a write is not repeated": {reply(308, "", "Location", "https://"+host+"/api/v4/account"), http.MethodPost, true, false},
		"a record is not there":   {reply(404, `{"title":"Not found","status":404}`, "Content-Type", "application/problem+json"), http.MethodGet, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, sandbox.WithAccount(host, sandbox.Blank()))
			grant := g.connected(host)
			if err := g.store.MoveGrant(t.Context(), grant, former); err != nil {
				t.Fatal(err)
			}
			wire := &scripted{answers: map[string]*http.Response{former + "/api/v4/account": tc.answer}}
			account, err := kommo.ParseAccount(former)
			if err != nil {
				t.Fatal(err)
			}
			var client *kommo.Client
			src := g.another(WithTransport(wire)).Source(grant.Account, func(to kommo.Account) { client.Move(to) })
			client = kommo.New(account, src, kommo.WithBaseURL(g.base), kommo.WithTransport(wire), kommo.WithMaxRetries(0))
			_, err = client.Do(t.Context(), kommo.Request{Method: tc.method, Path: "/account"}, nil)
			if (err == nil) != tc.works || (client.Host() == host) != tc.moves || g.exchanges() != 1 {
				t.Errorf("at %s after %d exchanges: %v", client.Host(), g.exchanges(), err)
			}
			for _, at := range wire.asked {
				if !slices.Contains([]string{former + "/api/v4/account", host + "/api/v4/account", "api-c.kommo.com/oauth2/account/current/subdomain"}, at) {
					t.Errorf("asked %s", at)
				}
			}
			if c, err := Find(t.Context(), g.store, grant.Account); err != nil || (c.Host == host) != tc.moves {
				t.Errorf("kept %+v, %v", c, err)
			}
		})
	}
}

// TestWhereAnAccountIsIsNotAskedWithoutEnd: a host that redirects in circles makes us ask
// once a minute.
func TestWhereAnAccountIsIsNotAskedWithoutEnd(t *testing.T) {
	g := newRig(t)
	src := g.Source(g.connected(host).Account, nil)
	token(t, src)
	before := len(g.sb.Arrivals())
	for range 5 {
		if src.Relocate(t.Context()) {
			t.Error("moved to where it was")
		}
	}
	if n := len(g.sb.Arrivals()) - before; n != 1 {
		t.Errorf("Kommo was asked %d times", n)
	}
	g.clock.Advance(seekAgain)
	if src.Relocate(t.Context()) || len(g.sb.Arrivals()) != before+2 {
		t.Error("not asked again a minute later")
	}
}
