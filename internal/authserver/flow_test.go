package authserver_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
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
		"no code":           {func(v url.Values) { v.Del("code") }, 0, "invalid_grant"},
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

func TestRefreshTokensRotate(t *testing.T) {
	g := newRig(t)
	id, access, refresh := g.tokens()
	g.clock.Advance(50 * time.Minute)
	access2, refresh2 := g.pair(g.refresh(id, refresh))
	if access2 == access || refresh2 == refresh || refresh2 == "" || !g.lives(access2) {
		t.Fatal("nothing new came")
	}
	g.clock.Advance(89 * 24 * time.Hour)
	_, refresh3 := g.pair(g.refresh(id, refresh2))
	g.clock.Advance(89 * 24 * time.Hour) // each has 90 days of its own
	access4, refresh4 := g.pair(g.refresh(id, refresh3))
	g.clock.Advance(time.Minute)
	g.refused(g.refresh(id, refresh3), http.StatusBadRequest, "invalid_grant")
	if g.lives(access4) {
		t.Error("a refresh token that came back left the family's access token alive")
	}
	g.refused(g.refresh(id, refresh4), http.StatusBadRequest, "invalid_grant")
	_, _, other := g.tokens()
	g.clock.Advance(90 * 24 * time.Hour)
	g.refused(g.refresh(id, other), http.StatusBadRequest, "invalid_grant")
}

// A lost answer is asked for again within seconds. What the first answer held is
// given again, so that it does not matter which of the two arrived.
func TestALostAnswerIsGivenAgain(t *testing.T) {
	g := newRig(t)
	id, _, refresh := g.tokens()
	_, lost := g.pair(g.refresh(id, refresh))
	g.clock.Advance(29 * time.Second)
	access, again := g.pair(g.refresh(id, refresh))
	if again != lost || !g.lives(access) {
		t.Fatal("another token came")
	}
	g.pair(g.refresh(id, again))
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant") // the successor is in use: it had arrived
	if g.lives(access) {
		t.Error("the family lives on")
	}
}

func TestALostAnswerIsGivenAgainForSecondsOnly(t *testing.T) {
	g := newRig(t)
	id, _, refresh := g.tokens()
	access, lost := g.pair(g.refresh(id, refresh))
	g.clock.Advance(30 * time.Second)
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant")
	g.refused(g.refresh(id, lost), http.StatusBadRequest, "invalid_grant")
	if g.lives(access) {
		t.Error("the family lives on")
	}
}

func TestWorkersOfOneClientRefreshAtOnce(t *testing.T) {
	g := newRig(t)
	id, _, refresh := g.tokens()
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for range 8 {
		all.Go(func() {
			access, next := g.pair(g.refresh(id, refresh))
			mu.Lock()
			defer mu.Unlock()
			got[next]++
			if !g.lives(access) {
				t.Error("an access token is dead")
			}
		})
	}
	all.Wait()
	if len(got) != 1 {
		t.Errorf("%d different refresh tokens came", len(got))
	}
}

// Two servers with one state directory are one: a token that both are shown is spent
// once, and both know of its end.
func TestTwoServersWithOneState(t *testing.T) {
	g := newRig(t)
	id, access, refresh := g.tokens()
	second := store.New(g.store.Dir(), g.clock.Now)
	t.Cleanup(func() { _ = second.Close() })
	public, _ := url.Parse(g.url)
	other, err := authserver.New(authserver.Config{
		Public: public, Store: second, Mode: principal.Write, Now: g.clock.Now,
		Link:   func(context.Context, string, string) (string, error) { return "", nil },
		Active: func(context.Context, string) (bool, error) { return true, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	other.Mount(mux)
	there := httptest.NewServer(mux)
	t.Cleanup(there.Close)
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[string]bool{}
	for i := range 8 {
		at := []string{g.url, there.URL}[i%2]
		all.Go(func() {
			_, next := g.pair(g.form(at+"/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh}}))
			mu.Lock()
			defer mu.Unlock()
			got[next] = true
		})
	}
	all.Wait()
	if len(got) != 1 {
		t.Errorf("%d different refresh tokens came", len(got))
	}
	if _, ok, err := other.Principal(t.Context(), access); !ok || err != nil {
		t.Errorf("the other does not know the token: %v", err)
	}
	g.clock.Advance(time.Minute)
	g.refused(g.form(there.URL+"/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh}}), http.StatusBadRequest, "invalid_grant")
	if g.lives(access) {
		t.Error("what ended at one lives at the other")
	}
}

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

func TestTokensForAnotherResourceAreNone(t *testing.T) {
	g := newRig(t)
	id, access, refresh := g.tokens()
	elsewhere, _ := url.Parse("https://elsewhere.example")
	other, err := authserver.New(authserver.Config{
		Public: elsewhere, Store: g.store, Mode: principal.Write, Now: g.clock.Now,
		Link:   func(context.Context, string, string) (string, error) { return "", nil },
		Active: func(context.Context, string) (bool, error) { return true, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := other.Principal(t.Context(), access); ok {
		t.Error("a token of one address is good at another that shares its state")
	}
	mux := http.NewServeMux()
	other.Mount(mux)
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh}}
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("its refresh token: %d %s", w.Code, w.Body)
	}
}

func TestRevocation(t *testing.T) {
	g := newRig(t)
	id, access, refresh := g.tokens()
	other := g.register(loopbackRedirect)
	revoke := func(id, token string) answer {
		return g.form("/revoke", url.Values{"client_id": {id}, "token": {token}})
	}
	g.refused(revoke(other, access), http.StatusBadRequest, "unauthorized_client")
	g.refused(revoke(id, ""), http.StatusBadRequest, "invalid_request")
	g.refused(revoke("nobody", access), http.StatusUnauthorized, "invalid_client")
	for _, unknown := range []string{"x", "kmcp_at_" + strings.Repeat("A", 52), "kmcp_rt_" + strings.Repeat("A", 52)} {
		if a := revoke(id, unknown); a.status != http.StatusOK {
			t.Errorf("%.10s answers %d %s", unknown, a.status, a.body)
		}
	}
	if !g.lives(access) {
		t.Fatal("it is revoked by whom it was not given to")
	}
	if a := revoke(id, access); a.status != http.StatusOK || g.lives(access) {
		t.Errorf("after its revocation (%d) the access token lives", a.status)
	}
	access, refresh = g.pair(g.refresh(id, refresh))
	if a := revoke(id, refresh); a.status != http.StatusOK || g.lives(access) {
		t.Errorf("after that of the refresh token (%d) the access token lives", a.status)
	}
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant")
}

func TestClientsWithASecretShowIt(t *testing.T) {
	for _, method := range []string{"client_secret_post", "client_secret_basic"} {
		t.Run(method, func(t *testing.T) {
			g := newRig(t)
			id, secret := g.registerAs(map[string]any{"client_name": "n", "redirect_uris": []string{loopbackRedirect}, "token_endpoint_auth_method": method})
			if secret == "" {
				t.Fatal("no secret came")
			}
			code := g.authorize(g.asks(id, loopbackRedirect)).Get("code")
			v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {loopbackRedirect}}
			with := func(change func(url.Values), header ...string) answer {
				w, _ := url.ParseQuery(v.Encode())
				change(w)
				return g.form("/token", w, header...)
			}
			basic := func(id, secret string) string {
				return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
			}
			g.refused(with(func(v url.Values) { v.Set("client_id", id) }), http.StatusUnauthorized, "invalid_client")
			g.refused(with(func(v url.Values) { v.Set("client_id", id); v.Set("client_secret", secret+"x") }), http.StatusUnauthorized, "invalid_client")
			g.refused(with(func(url.Values) {}), http.StatusUnauthorized, "invalid_client")
			g.refused(with(func(url.Values) {}, "Authorization", "Bearer x"), http.StatusUnauthorized, "invalid_client")
			g.refused(with(func(v url.Values) { v.Set("client_secret", secret) }, "Authorization", basic(id, secret)), http.StatusBadRequest, "invalid_request")
			a := with(func(url.Values) {}, "Authorization", basic(id, "x"))
			g.refused(a, http.StatusUnauthorized, "invalid_client")
			if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
				t.Error("no challenge came for the header")
			}
			if method == "client_secret_post" {
				g.pair(with(func(v url.Values) { v.Set("client_id", id); v.Set("client_secret", secret) }))
			} else {
				g.pair(with(func(url.Values) {}, "Authorization", basic(id, secret)))
			}
		})
	}
}

func TestTheTokenEndpointTakesFormsAlone(t *testing.T) {
	g := newRig(t)
	id := g.register(loopbackRedirect)
	post := func(kind, body string) answer {
		return g.do(g.browser, http.MethodPost, "/token", strings.NewReader(body), "Content-Type", kind)
	}
	g.refused(post("application/json", `{"grant_type":"refresh_token"}`), http.StatusBadRequest, "invalid_request")
	g.refused(post("application/x-www-form-urlencoded", "grant_type=refresh_token&grant_type=x&client_id="+id), http.StatusBadRequest, "invalid_request")
	g.refused(post("application/x-www-form-urlencoded", "a="+strings.Repeat("x", 20<<10)), http.StatusBadRequest, "invalid_request")
	g.refused(g.get("/token?grant_type=refresh_token&client_id="+id), http.StatusBadRequest, "invalid_request")
	// What stands in the address counts for nothing: addresses are written to logs.
	g.refused(g.form("/token?client_id="+id, url.Values{"grant_type": {"refresh_token"}}), http.StatusUnauthorized, "invalid_client")
	g.refused(g.form("/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {"gone"}}), http.StatusUnauthorized, "invalid_client")
}

func TestNothingSecretIsKeptOrLogged(t *testing.T) {
	g := newRig(t)
	id, secret := g.registerAs(map[string]any{"redirect_uris": []string{loopbackRedirect}, "token_endpoint_auth_method": "client_secret_post"})
	code := g.authorize(g.asks(id, loopbackRedirect)).Get("code")
	access, refresh := g.pair(g.form("/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {id}, "client_secret": {secret}, "redirect_uri": {loopbackRedirect}, "code": {code}, "code_verifier": {verifier},
	}))
	g.refused(g.form("/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "client_secret": {secret}, "refresh_token": {refresh + "x"}}), http.StatusBadRequest, "invalid_grant")
	kept := g.log.String()
	for _, kind := range []string{"oauth-client", "oauth-code", "oauth-token", "oauth-refresh", "authorize"} {
		all, err := g.store.Tickets(t.Context(), kind, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, ticket := range all {
			kept += ticket.Name + string(ticket.Body)
		}
	}
	for name, s := range map[string]string{"client secret": secret, "code": code, "access token": access, "refresh token": refresh, "Kommo's secret": kommoSecret} {
		if strings.Contains(kept, s) {
			t.Errorf("the %s is kept or logged", name)
		}
		for _, body := range g.seen {
			if s == kommoSecret && bytes.Contains(body, []byte(s)) {
				t.Errorf("the %s was answered", name)
			}
		}
	}
}

func TestWithoutTheStateNothingIsCalledWrong(t *testing.T) {
	g := newRig(t)
	id, access, refresh := g.tokens()
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := store.New(file, g.clock.Now)
	public, _ := url.Parse(g.url)
	s, err := authserver.New(authserver.Config{
		Public: public, Store: broken, Mode: principal.Write, Now: g.clock.Now,
		Link:   func(context.Context, string, string) (string, error) { return "", nil },
		Active: func(context.Context, string) (bool, error) { return true, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Principal(t.Context(), access); ok || err == nil {
		t.Errorf("the bearer check says %v, %v", ok, err)
	}
	mux := http.NewServeMux()
	s.Mount(mux)
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh}}
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "invalid") {
		t.Errorf("the token endpoint answers %d %s", w.Code, w.Body)
	}
}
