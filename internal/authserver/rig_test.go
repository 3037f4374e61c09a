package authserver_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

const (
	verifier     = "a-verifier-of-a-test-0123456789-0123456789-abc"
	kommoSecret  = "canary-of-the-integration-5d1f"
	account      = "demo.kommo.com"
	callbackPath = "/oauth/callback"
)

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// documents are the clients' hosts on the internet.
type documents struct {
	mu    sync.Mutex
	at    map[string]func(http.ResponseWriter)
	asked []*http.Request
}

func (d *documents) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.asked = append(d.asked, r)
	serve := d.at[r.URL.String()]
	d.mu.Unlock()
	w := httptest.NewRecorder()
	if serve == nil {
		w.WriteHeader(http.StatusNotFound)
	} else {
		serve(w)
	}
	return w.Result(), nil
}

func (d *documents) set(id string, serve func(http.ResponseWriter)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[id] = serve
}

func (d *documents) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.asked)
}

// document serves metadata as hosts do.
func document(v any) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
}

// rig is a server with everything around it: Kommo, the clients' hosts, a callback
// like that of package connect, and a browser.
type rig struct {
	*testing.T

	sb      *sandbox.Sandbox
	clock   *testclock.Clock
	store   *store.Store
	docs    *documents
	server  *authserver.Server
	url     string
	log     *bytes.Buffer
	browser *http.Client // keeps cookies, follows no redirect
	seen    [][]byte     // all answers
	mu      sync.Mutex
	hostKey *rsa.PrivateKey // of hosts that sign; nil: not made yet
}

func newRig(t *testing.T, change ...func(*authserver.Config)) *rig {
	t.Helper()
	g := &rig{
		T: t, clock: testclock.At(time.Unix(1_795_000_000, 0)), docs: &documents{at: map[string]func(http.ResponseWriter){}}, log: new(bytes.Buffer),
	}
	mux := http.NewServeMux()
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	g.url = web.URL
	app := auth.App{ClientID: "c1", Secret: kommoSecret, RedirectURL: g.url + callbackPath}
	g.sb = sandbox.New(sandbox.WithClock(g.clock.Now), sandbox.WithoutRateLimit(), sandbox.WithAccount(account, sandbox.Blank()),
		sandbox.WithIntegration(sandbox.Integration{ClientID: app.ClientID, Secret: kommoSecret, RedirectURI: app.RedirectURL}))
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", g.sb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	base, err := kommo.ParseBase(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	g.store = store.New(t.TempDir(), g.clock.Now)
	t.Cleanup(func() { _ = g.store.Close() })
	accounts := auth.New(context.WithoutCancel(t.Context()), g.store, app, auth.WithBaseURL(base), auth.WithClock(g.clock))
	public, err := url.Parse(g.url)
	if err != nil {
		t.Fatal(err)
	}
	cfg := authserver.Config{
		Public: public, Store: g.store, Mode: principal.Write, Registration: true, Version: "test",
		Link:      accounts.Link,
		Active:    func(ctx context.Context, account string) (bool, error) { return auth.Active(ctx, g.store, account) },
		Documents: g.docs, Log: slog.New(slog.NewTextHandler(g.log, nil)), Now: g.clock.Now,
	}
	for _, f := range change {
		f(&cfg)
	}
	if g.server, err = authserver.New(cfg); err != nil {
		t.Fatal(err)
	}
	g.server.Mount(mux)
	mux.HandleFunc("GET "+callbackPath, g.callback(accounts))
	g.browser = newBrowser(t)
	return g
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// callback is what package connect does at the redirect URL.
func (g *rig) callback(accounts *auth.Service) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		bound := ""
		if c, err := r.Cookie("kommo_connect"); err == nil {
			bound = c.Value
		}
		answer := connect.Answer{State: r.URL.Query().Get("state"), Bound: bound}
		grant, err := accounts.Complete(r.Context(), r.URL.Query(), bound)
		var to string
		waiting := false
		if err != nil {
			to, waiting = g.server.Fail(r.Context(), answer, "access_denied", "not allowed on Kommo's page")
		} else {
			to, waiting, err = g.server.Finish(r.Context(), answer, grant.Account)
		}
		if !waiting {
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "nobody waits")
			return
		}
		if err != nil && to == "" {
			g.Error(err)
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("no JSON object: %d %q", a.status, a.body)
	}
	return out
}

// query is that of where the answer leads to.
func (a answer) query(t testing.TB) url.Values {
	t.Helper()
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		t.Fatalf("it leads nowhere: %d %s", a.status, a.body)
	}
	return u.Query()
}

func (g *rig) do(c *http.Client, method, at string, body io.Reader, header ...string) answer {
	g.Helper()
	if strings.HasPrefix(at, "/") {
		at = g.url + at
	}
	req, err := http.NewRequestWithContext(g.Context(), method, at, body)
	if err != nil {
		g.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		g.Fatal(err)
	}
	g.mu.Lock()
	g.seen = append(g.seen, raw)
	g.mu.Unlock()
	return answer{res.StatusCode, res.Header, string(raw)}
}

func (g *rig) get(at string) answer {
	g.Helper()
	return g.do(g.browser, http.MethodGet, at, http.NoBody)
}

func (g *rig) form(at string, v url.Values, header ...string) answer {
	g.Helper()
	return g.do(g.browser, http.MethodPost, at, strings.NewReader(v.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// register registers a client and answers its id.
func (g *rig) register(redirects ...string) string {
	g.Helper()
	id, _ := g.registerAs(map[string]any{"client_name": "A test", "redirect_uris": redirects})
	return id
}

func (g *rig) registerAs(m map[string]any) (id, secret string) {
	g.Helper()
	raw, _ := json.Marshal(m)
	a := g.do(g.browser, http.MethodPost, "/register", bytes.NewReader(raw), "Content-Type", "application/json")
	if a.status != http.StatusCreated {
		g.Fatalf("registering answers %d %s", a.status, a.body)
	}
	id, _ = a.json(g)["client_id"].(string)
	secret, _ = a.json(g)["client_secret"].(string)
	return id, secret
}

// asks is a good authorization request.
func (g *rig) asks(id, redirect string) url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {id}, "redirect_uri": {redirect}, "state": {"state-of-the-client"},
		"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"}, "resource": {g.url + "/mcp"}, "scope": {"kommo:read kommo:write"},
	}
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	formToken  = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)

// press answers our consent page.
func (g *rig) press(page answer, decision string) answer {
	g.Helper()
	action, csrf := formAction.FindStringSubmatch(page.body), formToken.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || action == nil || csrf == nil {
		g.Fatalf("no consent page: %d %s", page.status, page.body)
	}
	return g.form(html.UnescapeString(action[1]), url.Values{"csrf": {csrf[1]}, "decision": {decision}}, "Origin", g.url, "Sec-Fetch-Site", "same-origin")
}

// authorize goes the whole way of a person and answers what the client gets.
func (g *rig) authorize(v url.Values) url.Values {
	g.Helper()
	onward := g.press(g.get("/authorize?"+v.Encode()), "allow")
	consent := g.get(onward.header.Get("Location"))
	back := g.get(consent.header.Get("Location"))
	want := v.Get("redirect_uri")
	if !strings.HasPrefix(back.header.Get("Location"), want) {
		g.Fatalf("the browser ends at %d %q %s", back.status, back.header.Get("Location"), back.body)
	}
	return back.query(g)
}

func (g *rig) exchange(id, redirect, code string) answer {
	g.Helper()
	return g.form("/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {id}, "redirect_uri": {redirect}, "code": {code},
		"code_verifier": {verifier}, "resource": {g.url + "/mcp"},
	})
}

func (g *rig) refresh(id, token string) answer {
	g.Helper()
	return g.form("/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {token}})
}

// tokens are those of a new client that a person gave access.
func (g *rig) tokens() (id, access, refresh string) {
	g.Helper()
	const redirect = "http://127.0.0.1:4000/callback"
	id = g.register(redirect)
	a := g.exchange(id, redirect, g.authorize(g.asks(id, redirect)).Get("code"))
	access, refresh = g.pair(a)
	return id, access, refresh
}

func (g *rig) pair(a answer) (access, refresh string) {
	g.Helper()
	if a.status != http.StatusOK {
		g.Fatalf("no tokens: %d %s", a.status, a.body)
	}
	body := a.json(g)
	access, _ = body["access_token"].(string)
	refresh, _ = body["refresh_token"].(string)
	return access, refresh
}

// lives tells whether an access token is good.
func (g *rig) lives(access string) bool {
	g.Helper()
	_, ok, err := g.server.Principal(g.Context(), access)
	if err != nil {
		g.Error(err)
	}
	return ok
}

// refused checks an OAuth error.
func (g *rig) refused(a answer, status int, code string) {
	g.Helper()
	if a.status != status || a.json(g)["error"] != code || a.json(g)["error_description"] == "" {
		g.Errorf("answered %d %s, want %d %s", a.status, a.body, status, code)
	}
}
