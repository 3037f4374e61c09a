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
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

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
	for _, path := range []string{"/token", "/revoke"} {
		a := g.get(path + "?grant_type=refresh_token&client_id=" + id)
		g.refused(a, http.StatusMethodNotAllowed, "invalid_request")
		if a.header.Get("Allow") != "POST, OPTIONS" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the header of a GET is %v", path, a.header)
		}
	}
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
