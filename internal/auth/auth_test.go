package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func TestConnectAndUse(t *testing.T) {
	g := newRig(t)
	grant := g.connected(host)
	if grant.Host != host || grant.Account != "31000001" || grant.Secret != nil {
		t.Errorf("connected %+v", grant)
	}
	src := g.Source(grant.Account, nil)
	client := g.client(src, host)
	defer client.CloseIdleConnections()
	if _, err := client.Do(t.Context(), kommo.Request{Path: "/account"}, nil); err != nil {
		t.Fatal(err)
	}
	list, err := List(t.Context(), g.store)
	if err != nil || len(list) != 1 || !list[0].Default || list[0].Ended {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// TestCallbackRefusesWhatIsNoAnswer: nothing is sent to anybody before all was
// checked, and each question is answered once.
func TestCallbackRefusesWhatIsNoAnswer(t *testing.T) {
	g := newRig(t)
	for name, spoil := range map[string]func(url.Values){
		"no state":         func(q url.Values) { q.Del("state") },
		"foreign state":    func(q url.Values) { q.Set("state", "AAAA") },
		"state twice":      func(q url.Values) { q.Add("state", q.Get("state")) },
		"no code":          func(q url.Values) { q.Del("code") },
		"code with blank":  func(q url.Values) { q.Set("code", "a b") },
		"long code":        func(q url.Values) { q.Set("code", strings.Repeat("a", maxParam+1)) },
		"other client":     func(q url.Values) { q.Set("client_id", "c2") },
		"no referer":       func(q url.Values) { q.Del("referer") },
		"foreign referer":  func(q url.Values) { q.Set("referer", "demo.kommo.com.example.com") },
		"referer and port": func(q url.Values) { q.Set("referer", "https://demo.kommo.com:8443") },
		"denied":           func(q url.Values) { q.Set("error", "access_denied") },
	} {
		q := g.consent("me", host)
		spoil(q)
		if _, err := g.Complete(t.Context(), q, "me"); err == nil {
			t.Errorf("%s: accepted", name)
		} else if p := new(problem.Problem); !errors.As(err, &p) || p.Next == "" {
			t.Errorf("%s: %v says nothing about what to do", name, err)
		}
	}
	if q := g.consent("me", host); true {
		if _, err := g.Complete(t.Context(), q, "somebody else"); err == nil {
			t.Error("the answer to another's question was taken")
		}
		if _, err := g.Complete(t.Context(), q, "me"); err == nil {
			t.Error("a question was answered twice")
		}
	}
	q := g.consent("me", host)
	g.clock.Advance(consentTime)
	if _, err := g.Complete(t.Context(), q, "me"); err == nil {
		t.Error("an old question was answered")
	}
	if n := g.exchanges(); n != 0 {
		t.Errorf("%d exchanges were tried with bad answers", n)
	}
}

// TestRenewedAheadOfTheEnd: once, early, by whoever comes first; the others and a
// second process use the new one.
func TestRenewedAheadOfTheEnd(t *testing.T) {
	g := newRig(t)
	account := g.connected(host).Account
	src, other := g.Source(account, nil), g.another().Source(account, nil)
	first := token(t, src)
	g.clock.Advance(22 * time.Hour) // 24 h less 7.5 % is 22.2 h
	if got := token(t, src); got != first || g.exchanges() != 1 {
		t.Fatalf("renewed too early: %d exchanges", g.exchanges())
	}
	g.clock.Advance(15 * time.Minute)
	var all sync.WaitGroup
	for range 8 {
		for _, s := range []*Source{src, other} {
			all.Go(func() {
				if _, err := s.Token(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if a, b := token(t, src), token(t, other); a == first || a != b || g.exchanges() != 2 {
		t.Errorf("%d exchanges, renewed %t, same %t", g.exchanges(), a != first, a == b)
	}
}

func token(t *testing.T, src *Source) string {
	t.Helper()
	tok, err := src.Token()
	if err != nil {
		t.Fatal(err)
	}
	return tok.AccessToken
}

// TestRefusedTokenIsRenewedOnce: a 401 renews and repeats the call; a token just
// issued is not renewed, whatever is said of it.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	g := newRig(t)
	src := g.Source(g.connected(host).Account, nil)
	client := g.client(src, host)
	defer client.CloseIdleConnections()
	refuse := sandbox.Fault{PathPrefix: "/account", Kind: sandbox.FaultStatus, Status: 401}
	g.sb.Inject(refuse)
	if _, err := client.Do(t.Context(), kommo.Request{Path: "/account"}, nil); !kommo.HasCode(err, kommo.CodeUnauthorized) || g.exchanges() != 1 {
		t.Fatalf("young token: %d exchanges, %v", g.exchanges(), err)
	}
	src = g.Source("31000001", nil)
	client = g.client(src, host)
	defer client.CloseIdleConnections()
	g.clock.Advance(time.Hour)
	g.sb.Inject(refuse)
	if _, err := client.Do(t.Context(), kommo.Request{Path: "/account"}, nil); err != nil || g.exchanges() != 2 {
		t.Errorf("old token: %d exchanges, %v", g.exchanges(), err)
	}
}

// TestLostAnswers are the documented recovery: the same refresh token once more,
// and Kommo's answer to that decides.
func TestLostAnswers(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault sandbox.Fault
		ended bool
	}{
		{"never arrived", sandbox.Fault{Kind: sandbox.FaultReset}, false},
		{"bad gateway", sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502}, false},
		{"a page with 400", sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400, Body: "<html>"}, false},
		{"try again, with 400", sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400, Body: `{"title":"Bad Request","detail":"a system error"}`}, false},
		{"carried out, broken off", sandbox.Fault{Kind: sandbox.FaultLostAnswer}, true},
		{"carried out, cut off", sandbox.Fault{Kind: sandbox.FaultTruncatedBody}, true},
		{"carried out, a page", sandbox.Fault{Kind: sandbox.FaultHTMLBody, ApplyFirst: true}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newRig(t)
			src := g.Source(g.connected(host).Account, nil)
			first := token(t, src)
			g.clock.Advance(23 * time.Hour)
			tc.fault.PathPrefix = "/oauth2/access_token"
			g.sb.Inject(tc.fault)
			second := token(t, src)
			if (second == first) != tc.ended || g.exchanges() != 3 {
				t.Fatalf("%d exchanges; still the former token: %t", g.exchanges(), second == first)
			}
			if !tc.ended {
				return
			}
			// What Kommo still takes is used to its end; then a person is asked, once and for all.
			g.clock.Advance(2 * time.Hour)
			for range 3 {
				_, err := src.Token()
				if !problem.HasCode(err, problem.Unauthorized) || !strings.Contains(err.Error(), "kommo-mcp login") {
					t.Fatalf("not told to connect again: %v", err)
				}
				g.clock.Advance(time.Hour)
			}
			if g.exchanges() != 3 {
				t.Errorf("a dead refresh token was presented %d times", g.exchanges()-1)
			}
			g.connected(host)
			if token(t, src) == first {
				t.Error("the new consent is not used")
			}
		})
	}
}

// TestKommoDown: while nothing clear comes back the grant stays, the token that is
// still good is used, and Kommo is not hammered.
func TestKommoDown(t *testing.T) {
	g := newRig(t)
	account := g.connected(host).Account
	src := g.Source(account, nil)
	first := token(t, src)
	g.clock.Advance(23 * time.Hour)
	g.sb.Inject(sandbox.Fault{PathPrefix: "/oauth2/access_token", Kind: sandbox.FaultReset, Times: -1})
	for range 10 {
		if token(t, src) != first {
			t.Fatal("another token")
		}
	}
	if n := g.exchanges(); n != 3 {
		t.Errorf("%d exchanges, want the consent's and two", n)
	}
	g.clock.Advance(2 * time.Hour)
	if _, err := src.Token(); !kommo.HasCode(err, kommo.CodeNetwork) {
		t.Errorf("not an error for another try: %v", err)
	}
	if list, err := List(t.Context(), g.store); err != nil || list[0].Ended || !list[0].Unsettled {
		t.Errorf("listed %+v, %v", list, err)
	}
	g.sb.ClearFaults()
	g.clock.Advance(calm)
	if token(t, src) == first {
		t.Error("not renewed when Kommo came back")
	}
}

func TestDisconnectedInKommo(t *testing.T) {
	g := newRig(t)
	src := g.Source(g.connected(host).Account, nil)
	client := g.client(src, host)
	defer client.CloseIdleConnections()
	token(t, src)
	g.clock.Advance(time.Hour)
	g.sb.Disconnect(host, "c1")
	for range 3 {
		_, err := client.Do(t.Context(), kommo.Request{Path: "/account"}, nil)
		if !problem.HasCode(err, problem.Unauthorized) || !strings.Contains(err.Error()+errors.Unwrap(err).Error(), "has ended") {
			t.Fatalf("not told to connect again: %v", err)
		}
		g.clock.Advance(time.Minute)
	}
	if g.exchanges() != 2 {
		t.Errorf("%d exchanges", g.exchanges())
	}
}

// TestWrongSettingsDoNotEndAGrant: they are our fault and can be corrected.
func TestWrongSettingsDoNotEndAGrant(t *testing.T) {
	g := newRig(t)
	account := g.connected(host).Account
	for name, spoil := range map[string]func(*App){
		"KOMMO_CLIENT_SECRET": func(a *App) { a.Secret = "other" },
		"KOMMO_REDIRECT_URL":  func(a *App) { a.RedirectURL += "/" },
		"KOMMO_CLIENT_ID":     func(a *App) { a.ClientID = "c2" },
	} {
		app := g.app
		spoil(&app)
		s := New(t.Context(), g.store, app, WithBaseURL(g.base), WithClock(g.clock))
		g.clock.Advance(25 * time.Hour)
		if _, err := s.Source(account, nil).Token(); !problem.HasCode(err, problem.Unauthorized) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
		token(t, g.Source(account, nil))
	}
}

// TestRenamedAccount: the old host knows the account no more; the new one is
// looked up by the refresh token, and client and state follow.
func TestRenamedAccount(t *testing.T) {
	g := newRig(t, sandbox.WithAccount(host, sandbox.Blank()), sandbox.WithAccount("second.kommo.com", sandbox.Blank()))
	grant := g.connected(host)
	stored, _, err := g.store.Grant(t.Context(), grant.Account, kind)
	if err != nil {
		t.Fatal(err)
	}
	stored.Host = "former.kommo.com"
	if ok, err := g.store.NoteGrant(t.Context(), stored); !ok || err != nil {
		t.Fatal(ok, err)
	}
	var client *kommo.Client
	src := g.Source(grant.Account, func(to kommo.Account) { client.Move(to) })
	client = g.client(src, "former.kommo.com")
	defer client.CloseIdleConnections()
	token(t, src)
	g.clock.Advance(time.Hour)
	if _, err := client.Do(t.Context(), kommo.Request{Path: "/account"}, nil); err != nil || client.Host() != host {
		t.Errorf("at %s: %v", client.Host(), err)
	}
	if c, err := Find(t.Context(), g.store, "demo"); err != nil || c.Host != host {
		t.Errorf("kept %+v, %v", c, err)
	}
}

// TestAPairThatCannotBeKeptIsNotUsed, and is not lost either.
func TestAPairThatCannotBeKeptIsNotUsed(t *testing.T) {
	g := newRig(t)
	account := g.connected(host).Account
	s := g.another()
	src := s.Source(account, nil)
	first := token(t, src)
	g.clock.Advance(25 * time.Hour)
	grant, _, err := g.store.Grant(t.Context(), account, kind)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokensOf(grant)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.ep.grant(t.Context(), host, "refresh_token", "refresh_token", Secret(tok.Refresh))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.fill(&grant, p); err != nil {
		t.Fatal(err)
	}
	s.unsaved[account] = grant // as after a full disk
	if got := token(t, src); got == first || got != p.Access || g.exchanges() != 2 {
		t.Errorf("the pair at hand was not kept and used: %d exchanges", g.exchanges())
	}
}

func TestRemovedAccountIsUsedNoMore(t *testing.T) {
	g := newRig(t)
	g.connected(host)
	c, err := Find(t.Context(), g.store, "")
	if err != nil {
		t.Fatal(err)
	}
	src := g.Source(c.Account, nil)
	token(t, src)
	if err := Remove(t.Context(), g.store, c); err != nil {
		t.Fatal(err)
	}
	if _, err := src.Token(); !problem.HasCode(err, problem.NoToken) {
		t.Errorf("still used: %v", err)
	}
	if _, err := Find(t.Context(), g.store, ""); err == nil {
		t.Error("still the default")
	}
}

// TestSecretsShowNowhere: not in logs, errors, dumps, nor, but for the grant's own
// column, on the disk; that one is sealed where a key is given.
func TestSecretsShowNowhere(t *testing.T) {
	g := newRig(t)
	src := g.Source(g.connected(host).Account, nil)
	access := token(t, src)
	refresh := src.t.Refresh
	g.clock.Advance(25 * time.Hour)
	g.sb.Inject(sandbox.Fault{PathPrefix: "/oauth2/access_token", Kind: sandbox.FaultStatus, Status: 400, Body: fmt.Sprintf(`{"hint":"Check the client_secret %s %s"}`, canary, refresh)})
	_, err := src.Token()
	dump, jerr := json.Marshal(g.app)
	all := fmt.Sprintf("%v %+v %#v %s %v %s", err, src.t, src.t, dump, jerr, g.log) + fmt.Sprintf("%v %+v %#v", g.app, g.app, g.app)
	for _, secret := range []string{canary, access, refresh} {
		if strings.Contains(all, secret) {
			t.Errorf("%.12s shows in %s", secret, all)
		}
	}
}

func TestStateFilesArePrivate(t *testing.T) {
	g := newRig(t)
	g.connected(host)
	entries, err := os.ReadDir(g.store.Dir())
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(g.store.Dir(), e.Name()))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

var _ kommo.TokenInvalidator = (*Source)(nil)

// TestInvalidateOfAFormerToken does nothing: it was replaced.
func TestInvalidateOfAFormerToken(t *testing.T) {
	g := newRig(t)
	src := g.Source(g.connected(host).Account, nil)
	first := token(t, src)
	src.Invalidate(&oauth2.Token{AccessToken: "former"})
	if token(t, src) != first || g.exchanges() != 1 {
		t.Error("renewed for a token that is not in use")
	}
}
