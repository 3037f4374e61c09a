package auth

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

const (
	host        = "demo.kommo.com"
	canary      = "canary-secret-81c2"
	redirectURL = "http://127.0.0.1:8080/oauth/callback"
)

// rig is a sandbox with one integration, a state directory, and a service.
type rig struct {
	t     *testing.T
	sb    *sandbox.Sandbox
	base  *url.URL
	clock *testclock.Clock
	store *store.Store
	app   App
	log   *bytes.Buffer
	*Service
}

func newRig(t *testing.T, opts ...sandbox.Option) *rig {
	t.Helper()
	c := testclock.At(time.Unix(1_795_000_000, 0))
	app := App{ClientID: "c1", Secret: canary, RedirectURL: redirectURL}
	sb := sandbox.New(append([]sandbox.Option{
		sandbox.WithClock(c.Now), sandbox.WithoutRateLimit(),
		sandbox.WithIntegration(sandbox.Integration{ClientID: app.ClientID, Secret: canary, RedirectURI: redirectURL}),
	}, opts...)...)
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", sb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	base, err := kommo.ParseBase(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	st := store.New(t.TempDir(), c.Now)
	t.Cleanup(func() { _ = st.Close() })
	g := &rig{t: t, sb: sb, base: base, clock: c, store: st, app: app, log: new(bytes.Buffer)}
	g.Service = g.another()
	return g
}

// another is a second service over the same state, as a second process has it.
func (g *rig) another(opts ...Option) *Service {
	return New(context.WithoutCancel(g.t.Context()), g.store, g.app, append([]Option{
		WithBaseURL(g.base), WithClock(g.clock), WithJitter(func() float64 { return 0.5 }),
		WithLogger(slog.New(slog.NewTextHandler(g.log, nil))), WithTimeout(3 * time.Second),
	}, opts...)...)
}

// consent is what a person brings back who allows access in an account.
func (g *rig) consent(bound, account string) url.Values {
	g.t.Helper()
	link, err := g.Link(g.t.Context(), bound, "")
	if err != nil {
		g.t.Fatal(err)
	}
	return g.visit(link + "&account=" + account)
}

// visit opens a consent link and reads where the browser is sent.
func (g *rig) visit(link string) url.Values {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		g.t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	to, err := res.Location()
	if err != nil {
		g.t.Fatalf("the consent page answers %d: %v", res.StatusCode, err)
	}
	if !strings.HasPrefix(to.String(), redirectURL+"?") {
		g.t.Fatalf("the consent page sends the browser to %s", to)
	}
	return to.Query()
}

// connected connects the account of a host.
func (g *rig) connected(account string) store.Grant {
	g.t.Helper()
	grant, err := g.Complete(g.t.Context(), g.consent("me", account), "me")
	if err != nil {
		g.t.Fatal(err)
	}
	return grant
}

// exchanges counts the requests to the token endpoint.
func (g *rig) exchanges() int {
	n := 0
	for _, a := range g.sb.Arrivals() {
		if a.Path == "/oauth2/access_token" {
			n++
		}
	}
	return n
}

// client is a client of the account that gets its tokens from a source.
func (g *rig) client(src *Source, account string) *kommo.Client {
	g.t.Helper()
	acct, err := kommo.ParseAccount(account)
	if err != nil {
		g.t.Fatal(err)
	}
	return kommo.New(acct, src, kommo.WithBaseURL(g.base), kommo.WithTransport(kommo.NewTransport(nil)), kommo.WithMaxRetries(0))
}
