package auth

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// ticket gives something out for an account.
func (g *rig) ticket(account string) {
	g.t.Helper()
	if err := g.store.PutTicket(g.t.Context(), store.Ticket{Kind: "key", Name: "k " + account, Account: account}); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) tickets(account string) int {
	g.t.Helper()
	list, err := g.store.Tickets(g.t.Context(), "key", account)
	if err != nil {
		g.t.Fatal(err)
	}
	return len(list)
}

func (g *rig) checked(account string) Standing {
	g.t.Helper()
	got, err := g.CheckEnded(g.t.Context(), account)
	if err != nil {
		g.t.Fatal(err)
	}
	return got
}

// TestCheckEnded: what stands stays, with all that was given out for it; what has
// ended goes, and a new consent brings the account back.
func TestCheckEnded(t *testing.T) {
	g := newRig(t, sandbox.WithAccount(host, sandbox.DemoSeed()), sandbox.WithAccount("second.kommo.com", sandbox.SecondSeed()))
	account, other := g.connected(host).Account, g.connected("second.kommo.com").Account
	g.ticket(account)
	g.ticket(other)
	if got := g.checked("404"); got != Unknown {
		t.Errorf("an account nobody knows is %s", got)
	}
	if got := g.checked(account); got != Alive {
		t.Errorf("a connection that stands is %s", got)
	}
	g.sb.Disconnect(host, "c1")
	if got := g.checked(account); got != Unclear || g.tickets(account) != 1 {
		t.Errorf("with a token just issued: %s", got) // it may be Kommo's own delay
	}
	g.clock.Advance(youngToken + time.Second)
	if got := g.checked(account); got != Gone || g.tickets(account) != 0 {
		t.Errorf("ended by its owner: %s, %d keys left", got, g.tickets(account))
	}
	if g.tickets(other) != 1 {
		t.Error("another account lost its keys")
	}
	if got := g.checked(account); got != Unknown {
		t.Errorf("told twice: %s", got)
	}
	g.connected(host)
	if got := g.checked(account); got != Alive {
		t.Errorf("connected again, told once more: %s", got)
	}
}

// TestCheckEndedAfterTheTokensEnd: an old access token is refused as well, so the
// renewal decides.
func TestCheckEndedAfterTheTokensEnd(t *testing.T) {
	g := newRig(t)
	account := g.connected(host).Account
	g.clock.Advance(48 * time.Hour)
	if got := g.checked(account); got != Alive {
		t.Errorf("idle for two days: %s", got)
	}
	g.clock.Advance(time.Hour)
	g.sb.Inject(sandbox.Fault{PathPrefix: "/account", Kind: sandbox.FaultStatus, Status: 503})
	if got := g.checked(account); got != Unclear {
		t.Errorf("Kommo down: %s", got)
	}
	g.clock.Advance(48 * time.Hour)
	g.sb.Disconnect(host, "c1")
	if got := g.checked(account); got != Gone {
		t.Errorf("ended while idle: %s", got)
	}
}

func TestNamed(t *testing.T) {
	g := newRig(t)
	g.connected(host)
	for number, want := range map[int64]int{31000001: 1, 31000002: 0, 0: 0} {
		if got, err := g.Named(t.Context(), number); err != nil || len(got) != want {
			t.Errorf("%d: %v, %v", number, got, err)
		}
	}
}

// TestInstalledWidget: Kommo tells of an installed widget without a state; nothing
// else comes in without one.
func TestInstalledWidget(t *testing.T) {
	g := newRig(t)
	word := func() url.Values {
		return url.Values{"code": {g.sb.Code(host, "c1")}, "referer": {host}, "from_widget": {"1"}, "client_id": {"c1"}, "platform": {"2"}}
	}
	for name, spoil := range map[string]func(url.Values){
		"no widget": func(q url.Values) { q.Del("from_widget") }, "a state": func(q url.Values) { q.Set("state", "x") },
		"a refusal": func(q url.Values) { q.Set("error", "access_denied") }, "another client": func(q url.Values) { q.Set("client_id", "c2") },
		"a foreign host": func(q url.Values) { q.Set("referer", "demo.kommo.com.evil.example") }, "no code": func(q url.Values) { q.Del("code") },
		"two codes": func(q url.Values) { q.Add("code", "x") },
	} {
		q := word()
		spoil(q)
		if _, err := g.Installed(t.Context(), q); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if g.exchanges() != 0 {
		t.Errorf("%d exchanges for bad words", g.exchanges())
	}
	grant, err := g.Installed(t.Context(), word())
	if err != nil || grant.Host != host || grant.Secret != nil {
		t.Errorf("installed: %+v, %v", grant, err)
	}
}

func TestGuestsAreNoDefault(t *testing.T) {
	g := newRig(t)
	g.Service = g.another(WithGuests())
	g.connected(host)
	if name, err := g.store.DefaultAccount(t.Context()); err != nil || name != "" {
		t.Errorf("the account of a guest is the default: %q, %v", name, err)
	}
}

func TestWhyAnAnswerWasRefused(t *testing.T) {
	g := newRig(t)
	q := g.consent("me", host)
	if _, err := g.Complete(t.Context(), q, "other"); !errors.Is(err, ErrStale) {
		t.Errorf("another's link: %v", err)
	}
	q = g.consent("me", host)
	q.Set("referer", "evil.example")
	if _, err := g.Complete(t.Context(), q, "me"); !errors.Is(err, ErrZone) {
		t.Errorf("a foreign host: %v", err)
	}
	g.app.Secret = "wrong"
	g.Service = g.another()
	if _, err := g.Complete(t.Context(), g.consent("me", host), "me"); !errors.Is(err, ErrSettings) {
		t.Errorf("a wrong secret: %v", err)
	}
}

// meanwhile does something before the next exchange of a refresh token goes out.
type meanwhile struct {
	http.RoundTripper

	do func()
}

func (m *meanwhile) RoundTrip(r *http.Request) (*http.Response, error) {
	if do := m.do; do != nil && r.URL.Path == "/oauth2/access_token" {
		m.do = nil
		do()
	}
	return m.RoundTripper.RoundTrip(r)
}

// TestConsentWhileTheEndIsLookedInto: what was refused is the former grant; the new
// one stays.
func TestConsentWhileTheEndIsLookedInto(t *testing.T) {
	g := newRig(t)
	account := g.connected(host).Account
	g.clock.Advance(time.Hour)
	g.sb.Disconnect(host, "c1")
	way := &meanwhile{RoundTripper: http.DefaultTransport, do: func() { g.connected(host) }}
	got, err := g.another(WithTransport(way)).CheckEnded(t.Context(), account)
	if err != nil || got != Unclear || way.do != nil {
		t.Errorf("looked into: %s, %v", got, err)
	}
	if got := g.checked(account); got != Alive {
		t.Errorf("the new connection is %s", got)
	}
}
