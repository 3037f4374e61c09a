package connect_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/auth"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

const (
	canary   = "canary-secret-81c2"
	clientID = "0f6c1c52-0000-4000-8000-00000000c0de"
	first    = "demo.kommo.com"
	second   = "second.kommo.com"
)

// rig is a site on a loopback port, before a sandbox with two accounts.
type rig struct {
	t     *testing.T
	sb    *sandbox.Sandbox
	clock *testclock.Clock
	store *store.Store
	site  *connect.Site
	web   *httptest.Server
	log   *bytes.Buffer
	seen  *strings.Builder // all that was answered
}

func newRig(t *testing.T, change func(*connect.Parts)) *rig {
	t.Helper()
	g := &rig{t: t, clock: testclock.At(time.Unix(1_795_000_000, 0)), log: new(bytes.Buffer), seen: new(strings.Builder)}
	mux := http.NewServeMux()
	g.web = httptest.NewServer(mux)
	t.Cleanup(g.web.Close)
	app := auth.App{ClientID: clientID, Secret: canary, RedirectURL: g.web.URL + "/oauth/callback"}
	g.sb = sandbox.New(sandbox.WithClock(g.clock.Now), sandbox.WithoutRateLimit(),
		sandbox.WithAccount(first, sandbox.DemoSeed()), sandbox.WithAccount(second, sandbox.SecondSeed()),
		sandbox.WithIntegration(sandbox.Integration{ClientID: app.ClientID, Secret: canary, RedirectURI: app.RedirectURL}))
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", g.sb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	base, err := kommo.ParseBase(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	public, err := url.Parse(g.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	g.store = store.New(t.TempDir(), g.clock.Now)
	t.Cleanup(func() { _ = g.store.Close() })
	log := slog.New(slog.NewTextHandler(g.log, nil))
	p := connect.Parts{Store: g.store, App: app, Public: public, Open: true, Mode: principal.Write, Clock: g.clock, Logger: log}
	if change != nil {
		change(&p)
	}
	p.Auth = auth.New(t.Context(), g.store, p.App, auth.WithBaseURL(base), auth.WithClock(g.clock), auth.WithTimeout(2*time.Second), auth.WithGuests(), auth.WithLogger(log))
	g.site = connect.New(p)
	ctx, cancel := context.WithCancel(t.Context())
	g.site.Mount(ctx, mux)
	t.Cleanup(func() { cancel(); g.site.Close() })
	return g
}

// browser is one with its cookies, which follows no redirects.
type browser struct {
	g       *rig
	cookies map[string]*http.Cookie
}

func (g *rig) browser() *browser { return &browser{g, map[string]*http.Cookie{}} }

type answer struct {
	status int
	body   string
	header http.Header
}

func (b *browser) send(method, to string, form url.Values, header http.Header) answer {
	b.g.t.Helper()
	if strings.HasPrefix(to, "/") {
		to = b.g.web.URL + to
	}
	req, err := http.NewRequestWithContext(b.g.t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		b.g.t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if strings.HasPrefix(to, b.g.web.URL) {
		for _, c := range b.cookies {
			req.AddCookie(c)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.g.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.g.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		b.cookies[c.Name] = c
	}
	b.g.seen.Write(body)
	for _, values := range res.Header {
		b.g.seen.WriteString(strings.Join(values, "\n"))
	}
	return answer{res.StatusCode, string(body), res.Header}
}

func (b *browser) get(to string) answer { b.g.t.Helper(); return b.send(http.MethodGet, to, nil, nil) }

var tokenPattern = regexp.MustCompile(`name="csrf" value="([0-9A-Za-z.]+)"`)

// token is the token of the form on a page.
func (a answer) token(t *testing.T) string {
	t.Helper()
	found := tokenPattern.FindStringSubmatch(a.body)
	if found == nil {
		t.Fatalf("no form on the page (%d):\n%s", a.status, a.body)
	}
	return found[1]
}

// link starts a connection and answers the link to Kommo's page.
func (b *browser) link() string {
	b.g.t.Helper()
	page := b.get("/connect")
	a := b.send(http.MethodPost, "/connect", url.Values{"csrf": {page.token(b.g.t)}}, nil)
	if a.status != http.StatusSeeOther {
		b.g.t.Fatalf("started with %d:\n%s", a.status, a.body)
	}
	return a.header.Get("Location")
}

// allowed is the address that Kommo's page sends the browser to.
func (b *browser) allowed(account string) *url.URL {
	b.g.t.Helper()
	a := b.get(b.link() + "&account=" + account)
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || to.Path != "/oauth/callback" {
		b.g.t.Fatalf("the consent page leads to %q, %v", a.header.Get("Location"), err)
	}
	return to
}

// connect goes all the way.
func (b *browser) connect(account string) {
	b.g.t.Helper()
	a := b.get(b.allowed(account).String())
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/connect/done" {
		b.g.t.Fatalf("connected with %d to %q:\n%s", a.status, a.header.Get("Location"), a.body)
	}
}

func (g *rig) grants() []auth.Connected {
	g.t.Helper()
	list, err := auth.List(g.t.Context(), g.store)
	if err != nil {
		g.t.Fatal(err)
	}
	return list
}

func (g *rig) exchanges() int {
	n := 0
	for _, a := range g.sb.Arrivals() {
		if a.Path == "/oauth2/access_token" {
			n++
		}
	}
	return n
}

// noSecrets looks through everything that was answered and logged.
func (g *rig) noSecrets() {
	g.t.Helper()
	for name, text := range map[string]string{"an answer": g.seen.String(), "the log": g.log.String()} {
		if strings.Contains(text, canary) {
			g.t.Errorf("the integration's secret is in %s", name)
		}
	}
	if strings.Contains(g.log.String(), "def502") {
		g.t.Error("a code is in the log")
	}
}
