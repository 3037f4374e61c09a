package authserver_test

import (
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
)

// host is an MCP host as it comes to an authorization server.
type host struct {
	name      string
	id        string   // its document's address; empty: it registers itself
	redirects []string // what it lists
	asks      []string // what it comes with, each a case
	method    string   // the way in which its client shows who it is
	scope     string
	noState   bool
	noTarget  bool // it names no resource
	slash     bool // it names it with a slash behind
	repeats   bool // it names the scope when it refreshes too
	doc       map[string]any
}

// hosts are those that sign people in, with the redirect URIs, ids and habits that
// were seen of them. Hosts that only send a header have no part here.
func hosts() []host {
	return []host{
		{
			name: "Claude: web, desktop, mobile", id: "https://claude.ai/oauth/mcp-oauth-client-metadata",
			redirects: []string{"https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"},
			scope:     "kommo:read kommo:write offline_access",
			doc:       map[string]any{"grant_types": []string{"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "token_endpoint_auth_method": "none"},
		},
		{name: "Claude, registering itself", redirects: []string{"https://claude.ai/api/mcp/auth_callback"}, method: "none", scope: "kommo:read kommo:write offline_access"},
		{name: "Claude, with a secret", redirects: []string{"https://claude.ai/api/mcp/auth_callback"}, method: "client_secret_post"},
		{
			name: "Claude Code", id: "https://claude.ai/oauth/claude-code-client-metadata",
			redirects: []string{"http://localhost/callback", "http://127.0.0.1/callback"},
			asks:      []string{"http://localhost:53682/callback", "http://127.0.0.1:3118/callback", "http://localhost/callback"},
		},
		{name: "Claude Code, registering itself", redirects: []string{"http://localhost:3118/callback"}, asks: []string{"http://localhost:3118/callback", "http://localhost:54545/callback"}},
		{
			name: "ChatGPT", id: "https://chatgpt.com/oauth/client.json",
			redirects: []string{"https://chatgpt.com/connector_platform_oauth_redirect"},
			doc: map[string]any{
				"client_uri": "https://chatgpt.com/", "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_methods_supported": []string{"none", "private_key_jwt"},
				"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"}, "token_endpoint_auth_signing_alg": "RS256",
				"jwks_uri": "https://chatgpt.com/oauth/jwks.json",
			},
		},
		{
			name: "ChatGPT, signing", id: "https://chatgpt.com/oauth/client.json", method: "private_key_jwt",
			redirects: []string{"https://chatgpt.com/connector_platform_oauth_redirect"},
			doc: map[string]any{
				"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_methods_supported": []string{"none", "private_key_jwt"}, "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
			},
		},
		{
			name: "ChatGPT, a connector of its own", id: "https://chatgpt.com/oauth/cb_0a1b2c/client.json", method: "private_key_jwt",
			redirects: []string{"https://chatgpt.com/connector/oauth/cb_0a1b2c"},
			doc: map[string]any{
				"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "RS256", "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
			},
		},
		{name: "ChatGPT, registering itself", redirects: []string{"https://chatgpt.com/connector/oauth/cb_0a1b2c"}, method: "client_secret_basic"},
		{
			name: "Codex", id: "https://chatgpt.com/oauth/codex/client.json", redirects: []string{"http://127.0.0.1/callback", "http://localhost/callback"},
			asks: []string{"http://127.0.0.1:41897/callback", "http://localhost:1455/callback"},
		},
		{name: "Codex, registering itself", redirects: []string{"http://127.0.0.1:41897/callback"}},
		{name: "Gemini app, registering itself", redirects: []string{"https://vertexaisearch.cloud.google.com/oauth-redirect"}, method: "client_secret_post", noTarget: true},
		{name: "Gemini CLI", redirects: []string{"http://localhost:7777/oauth/callback"}, asks: []string{"http://localhost:7777/oauth/callback", "http://localhost:49152/oauth/callback"}, method: "none"},
		{
			name: "Copilot Studio", redirects: []string{"https://global.consent.azure-apim.net/redirect/kommo-20mcp-5f0c1d2e3f4a5b6c"},
			method: "client_secret_post", noTarget: true,
		},
		{
			name: "Cursor", redirects: []string{"https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/callback"}, method: "none",
			asks: []string{"http://localhost:8787/callback", "http://localhost:18787/callback", "https://www.cursor.com/agents/mcp/oauth/callback"},
		},
		{
			name: "Cursor, by its document", id: "https://cursor.com/oauth/mcp-client.json", scope: "kommo:read kommo:write",
			redirects: []string{
				"https://www.cursor.com/agents/mcp/oauth/callback", "https://www.cursor.com/bot/mcp/oauth/callback", "http://localhost:8787/callback", "http://127.0.0.1:8787/callback",
			},
			asks: []string{"http://localhost:8787/callback", "http://127.0.0.1:28787/callback", "https://www.cursor.com/bot/mcp/oauth/callback"},
		},
		{name: "Cursor, old", redirects: []string{"cursor://anysphere.cursor-mcp/oauth/callback"}, method: "none", noState: true},
		{name: "Cursor agents", redirects: []string{"https://www.cursor.com/agents/mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback"}},
		{
			name: "VS Code", redirects: []string{"https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"},
			asks: []string{
				"http://127.0.0.1:33418/", "http://127.0.0.1:33418", "http://127.0.0.1:50123/", "http://127.0.0.1:50123", "http://127.0.0.1/",
				"https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect",
			},
			method: "none", doc: map[string]any{"grant_types": []string{"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"}},
		},
		{name: "VS Code, with a slash less", redirects: []string{"http://127.0.0.1", "http://127.0.0.1:33418"}, asks: []string{"http://127.0.0.1:33418/", "http://127.0.0.1:33418"}},
		{
			name: "VS Code, by its document", id: "https://vscode.dev/oauth/client-metadata.json",
			redirects: []string{"http://127.0.0.1:33418/", "https://vscode.dev/redirect"}, asks: []string{"http://127.0.0.1:51999/", "https://vscode.dev/redirect"},
		},
		{name: "n8n cloud", redirects: []string{"https://oauth.n8n.cloud/oauth2/callback"}, method: "client_secret_basic", noTarget: true},
		{name: "n8n on a host of its own", redirects: []string{"https://n8n.example.com/rest/oauth2-credential/callback"}, method: "none"},
		{name: "a host that asks for what it always does", redirects: []string{"https://host.example/callback"}, method: "client_secret_post", scope: "openid profile email", repeats: true},
		{name: "a host whose person typed a slash", redirects: []string{"https://host.example/callback"}, slash: true, scope: "kommo:read", repeats: true},
		{name: "Inspector", redirects: []string{"http://127.0.0.1:6274/oauth/callback", "http://127.0.0.1:6274/oauth/callback/debug"}},
	}
}

func TestHostsSignPeopleIn(t *testing.T) {
	g := newRig(t)
	for _, h := range hosts() {
		asks := h.asks
		if len(asks) == 0 {
			asks = h.redirects
		}
		for _, redirect := range asks {
			t.Run(h.name+" "+redirect, func(t *testing.T) {
				g.T = t
				g.clock.Advance(time.Minute)
				signIn(t, g, h, redirect)
			})
		}
	}
}

func signIn(t *testing.T, g *rig, h host, redirect string) {
	t.Helper()
	g.discover(h)
	id, secret := h.id, ""
	if h.method == "private_key_jwt" {
		g.docs.set("https://chatgpt.com/oauth/jwks.json", document(map[string]any{"keys": []any{jose.JSONWebKey{Key: g.signingKey().Public(), KeyID: "cimd-1", Use: "sig", Algorithm: "RS256"}}}))
	}
	if id != "" {
		d := map[string]any{"client_id": id, "client_name": h.name, "redirect_uris": h.redirects}
		maps.Copy(d, h.doc)
		g.docs.set(id, document(d))
	} else {
		m := map[string]any{"client_name": h.name, "redirect_uris": h.redirects, "grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"}}
		if h.method != "" {
			m["token_endpoint_auth_method"] = h.method
		}
		// What they say beside it is of no use here, and must not be in the way.
		maps.Copy(m, map[string]any{
			"application_type": "native", "client_uri": "https://host.example", "logo_uri": nil, "contacts": []string{}, "scope": h.scope, "software_id": "x", "software_version": "1.0.0", "jwks": nil,
		})
		maps.Copy(m, h.doc)
		id, secret = g.registerAs(m)
	}
	v := g.asks(id, redirect)
	if h.scope != "" {
		v.Set("scope", h.scope)
	}
	if h.noState {
		v.Del("state")
	}
	form := url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {redirect}, "code_verifier": {verifier}, "resource": v["resource"]}
	if h.noTarget {
		v.Del("resource")
		form.Del("resource")
	}
	if h.slash {
		v.Set("resource", g.url+"/mcp/")
		form.Set("resource", g.url+"/mcp/")
	}
	back := g.authorize(v)
	if back.Get("iss") != g.url || back.Get("code") == "" || back.Has("error") || back.Get("state") != v.Get("state") {
		t.Fatalf("the host is told %v", back)
	}
	form.Set("code", back.Get("code"))
	access, refresh := g.pair(g.asClient(h, id, secret, form))
	if !g.lives(access) || refresh == "" {
		t.Fatalf("the tokens are %.8s and %.8s", access, refresh)
	}
	again := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "resource": form["resource"]}
	if h.repeats {
		again.Set("scope", h.scope)
	}
	access, _ = g.pair(g.asClient(h, id, secret, again))
	if !g.lives(access) {
		t.Error("the refreshed token is none")
	}
	g.asClient(h, id, secret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"kmcp_rt_" + strings.Repeat("A", 52)}}) // a host that lost its state
}

// asClient posts to the token endpoint as the host's client does.
func (g *rig) asClient(h host, id, secret string, form url.Values) answer {
	g.Helper()
	if h.method == "client_secret_basic" {
		r, _ := http.NewRequest(http.MethodPost, "/", http.NoBody)
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
		return g.form("/token", form, "Authorization", r.Header.Get("Authorization"))
	}
	form.Set("client_id", id)
	if h.method == "private_key_jwt" {
		now := g.clock.Now()
		sig, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: g.signingKey()}, (&jose.SignerOptions{}).WithHeader("kid", "cimd-1"))
		if err != nil {
			g.Fatal(err)
		}
		raw, err := jwt.Signed(sig).Claims(jwt.Claims{
			Issuer: id, Subject: id, Audience: jwt.Audience{g.url + "/token"}, ID: rand.Text(), IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute)),
		}).Serialize()
		if err != nil {
			g.Fatal(err)
		}
		form.Set("client_assertion", raw)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	}
	if secret != "" {
		form.Set("client_secret", secret)
	}
	return g.form("/token", form)
}

// signingKey is with what a host signs.
func (g *rig) signingKey() *rsa.PrivateKey {
	g.Helper()
	if g.hostKey == nil {
		var err error
		if g.hostKey, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			g.Fatal(err)
		}
	}
	return g.hostKey
}

// discover is what hosts do before anything else, and what they must find.
func (g *rig) discover(h host) {
	g.Helper()
	for _, path := range []string{"/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"} {
		m := g.get(path).json(g)
		if m["resource"] != g.url+"/mcp" || !slices.Equal(texts(m["authorization_servers"]), []string{g.url}) || slices.Contains(texts(m["scopes_supported"]), "offline_access") {
			g.Errorf("%s is %v", path, m)
		}
	}
	m := g.get("/.well-known/oauth-authorization-server").json(g)
	// Claude: none beside documents; offline_access for a refresh token. ChatGPT: iss.
	// The SDKs: S256, the issuer letter by letter. Google: code and a place to register.
	method := h.method
	if method == "" {
		method = "none"
	}
	for _, want := range []struct{ list, value string }{
		{"token_endpoint_auth_methods_supported", method},
		{"token_endpoint_auth_methods_supported", "none"},
		{"scopes_supported", "offline_access"},
		{"code_challenge_methods_supported", "S256"},
		{"response_types_supported", "code"},
		{"grant_types_supported", "refresh_token"},
	} {
		if !slices.Contains(texts(m[want.list]), want.value) {
			g.Errorf("%s lacks %s", want.list, want.value)
		}
	}
	for name, want := range map[string]any{
		"issuer": g.url, "authorization_endpoint": g.url + "/authorize", "token_endpoint": g.url + "/token", "registration_endpoint": g.url + "/register",
		"revocation_endpoint": g.url + "/revoke", "client_id_metadata_document_supported": true, "authorization_response_iss_parameter_supported": true,
	} {
		if m[name] != want {
			g.Errorf("%s is %v, want %v", name, m[name], want)
		}
	}
}

func texts(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, each := range list {
		text, _ := each.(string)
		out = append(out, text)
	}
	return out
}

func TestMetadataForBrowsersAndCaches(t *testing.T) {
	g := newRig(t)
	for _, path := range []string{"/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"} {
		a := g.get(path)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Cache-Control") != "public, max-age=300" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
		pre := g.do(g.browser, http.MethodOptions, path, http.NoBody, "Origin", "http://localhost:6274", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "mcp-protocol-version")
		if pre.status != http.StatusNoContent || !strings.Contains(pre.header.Get("Access-Control-Allow-Headers"), "MCP-Protocol-Version") {
			t.Errorf("%s asked beforehand: %d %v", path, pre.status, pre.header)
		}
		if a := g.do(g.browser, http.MethodPost, path, http.NoBody); a.status != http.StatusMethodNotAllowed {
			t.Errorf("a POST to %s is answered %d", path, a.status)
		}
	}
	// Who typed a slash behind reads it so.
	for path, want := range map[string]string{"/mcp/": g.url + "/mcp/", "/mcp": g.url + "/mcp", "/": ""} {
		a := g.get("/.well-known/oauth-protected-resource" + path)
		if want == "" && a.status != http.StatusNotFound || want != "" && a.json(t)["resource"] != want {
			t.Errorf("%s is answered %d %s", path, a.status, a.body)
		}
	}
	// The door of machines has no discovery, and we are no OpenID provider.
	for _, path := range []string{
		"/.well-known/oauth-protected-resource/keys/mcp", "/.well-known/oauth-authorization-server/keys/mcp", "/.well-known/openid-configuration/keys/mcp",
		// What hosts look for beside what there is.
		"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/mcp", "/.well-known/openid-configuration/mcp",
		"/mcp/.well-known/openid-configuration", "/mcp/.well-known/oauth-protected-resource", "/mcp/.well-known/oauth-authorization-server", "/.well-known/jwks.json",
	} {
		if a := g.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, a.status)
		}
	}
}

func TestAnIssuerInCapitals(t *testing.T) {
	g := newRig(t, func(cfg *authserver.Config) {
		cfg.Public.Scheme, cfg.Public.Host = "https", "MCP.Example:8443"
	})
	m := g.get("/.well-known/oauth-protected-resource/mcp").json(t)
	if m["resource"] != "https://mcp.example:8443/mcp" {
		t.Fatalf("the resource is %v", m["resource"])
	}
	id := g.register(loopbackRedirect)
	v := g.asks(id, loopbackRedirect)
	for _, v["resource"] = range [][]string{{"https://mcp.example:8443/mcp"}, {"https://MCP.EXAMPLE:8443/mcp"}} {
		if a := g.get("/authorize?" + v.Encode()); a.status != http.StatusOK {
			t.Errorf("%s is answered %d", v.Get("resource"), a.status)
		}
	}
}

func TestAnIssuerWithAPath(t *testing.T) {
	g := newRig(t, func(cfg *authserver.Config) { cfg.Public.Path = "/kommo/" })
	if m := g.get("/.well-known/oauth-protected-resource/kommo/mcp").json(t); m["resource"] != g.url+"/kommo/mcp" {
		t.Errorf("that of the resource is %v", m)
	}
	if m := g.get("/.well-known/oauth-authorization-server/kommo").json(t); m["issuer"] != g.url+"/kommo" || m["token_endpoint"] != g.url+"/kommo/token" {
		t.Errorf("that of the server is %v", m)
	}
}
