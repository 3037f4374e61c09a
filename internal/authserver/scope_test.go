package authserver_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

func TestARefreshGivesNoMoreThanWasAllowed(t *testing.T) {
	g := newRig(t)
	id, _, refresh := g.tokens()
	ask := func(scope string) answer {
		return g.form("/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh}, "scope": {scope}})
	}
	g.refused(ask("kommo:full"), http.StatusBadRequest, "invalid_scope")
	a := ask("openid offline_access") // as it asked at first: nothing of ours means the usual
	_, refresh = g.pair(a)
	if a.json(t)["scope"] != "kommo:read kommo:write" {
		t.Errorf("a refresh that names nothing of ours gives %s", a.body)
	}
	a = ask("kommo:read")
	access, next := g.pair(a)
	if p, _, _ := g.server.Principal(t.Context(), access); p.Mode != principal.Read || a.json(t)["scope"] != "kommo:read" {
		t.Errorf("a narrower refresh gives %+v, %s", p, a.body)
	}
	access, _ = g.pair(g.refresh(id, next)) // the consent is as wide as before
	if p, _, _ := g.server.Principal(t.Context(), access); p.Mode != principal.Write {
		t.Errorf("the next one gives %+v", p)
	}
	other := g.register(loopbackRedirect)
	g.refused(g.refresh(other, next), http.StatusBadRequest, "invalid_grant")
	wrong := g.form("/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {next}, "resource": {"https://other.example"}})
	g.refused(wrong, http.StatusBadRequest, "invalid_target")
}

func TestScopesAreBoundedByTheServer(t *testing.T) {
	for _, c := range []struct {
		mode  principal.Mode
		asked string
		want  string
	}{
		{principal.Write, "", "kommo:read kommo:write"},
		{principal.Write, "kommo:read", "kommo:read"},
		{principal.Write, "kommo:full", "kommo:read kommo:write"},
		{principal.Write, "openid profile", "kommo:read kommo:write"},
		{principal.Write, "kommo:read offline_access mail", "kommo:read offline_access"},
		{principal.Read, "kommo:write kommo:full", "kommo:read"},
		{principal.Read, "", "kommo:read"},
		{principal.Full, "", "kommo:read kommo:write"},
		{principal.Full, "kommo:full", "kommo:read kommo:write kommo:full"},
	} {
		t.Run(string(c.mode)+" "+c.asked, func(t *testing.T) {
			g := newRig(t, func(cfg *authserver.Config) { cfg.Mode = c.mode })
			id := g.register(loopbackRedirect)
			v := g.asks(id, loopbackRedirect)
			v.Set("scope", c.asked)
			a := g.exchange(id, loopbackRedirect, g.authorize(v).Get("code"))
			if got := a.json(t)["scope"]; got != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
			// Clients that are told no scope ask for what the resource lists.
			listed := texts(g.get("/.well-known/oauth-protected-resource/mcp").json(t)["scopes_supported"])
			if c.asked == "" && strings.Join(listed, " ") != c.want {
				t.Errorf("listed are %v, want %s", listed, c.want)
			}
		})
	}
}

// A server that is started with less than a token allows goes by the less.
func TestATokenAllowsNoMoreThanTheServerDoesNow(t *testing.T) {
	g := newRig(t)
	_, access, _ := g.tokens()
	public, _ := url.Parse(g.url)
	again, err := authserver.New(authserver.Config{
		Public: public, Store: g.store, Mode: principal.Read, Now: g.clock.Now,
		Link:   func(context.Context, string, string) (string, error) { return "", nil },
		Active: func(context.Context, string) (bool, error) { return true, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, ok, err := again.Principal(t.Context(), access); !ok || err != nil || p.Mode != principal.Read {
		t.Errorf("the principal is %+v, %v, %v", p, ok, err)
	}
}
