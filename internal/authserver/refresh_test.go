package authserver_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/authserver"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

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

// Who got the answer has no use for the token any more: whoever shows it is another.
func TestATokenShownAgainEndsItsFamily(t *testing.T) {
	g := newRig(t)
	id, _, refresh := g.tokens()
	access, next := g.pair(g.refresh(id, refresh))
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant")
	g.refused(g.refresh(id, next), http.StatusBadRequest, "invalid_grant")
	if g.lives(access) {
		t.Error("the family lives on")
	}
}

// gone is a connection that broke after the request.
type gone struct{ *httptest.ResponseRecorder }

func (gone) FlushError() error { return net.ErrClosed }

// refreshInVain refreshes, and the answer meets a closed connection.
func (g *rig) refreshInVain(id, refresh string) {
	g.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh}}
	r := httptest.NewRequestWithContext(g.Context(), http.MethodPost, "/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	mux := http.NewServeMux()
	g.server.Mount(mux)
	w := gone{httptest.NewRecorder()}
	mux.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		g.Fatalf("refused: %d %s", w.Code, w.Body)
	}
}

// A lost answer is asked for again within seconds. What the first answer held is
// given again.
func TestALostAnswerIsGivenAgain(t *testing.T) {
	g := newRig(t)
	id, _, refresh := g.tokens()
	g.refreshInVain(id, refresh)
	g.clock.Advance(29 * time.Second)
	access, next := g.pair(g.refresh(id, refresh))
	if !g.lives(access) {
		t.Fatal("an access token is dead")
	}
	g.pair(g.refresh(id, next))
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant") // the successor is in use: it had arrived
	if g.lives(access) {
		t.Error("the family lives on")
	}
}

func TestALostAnswerIsGivenAgainForSecondsOnly(t *testing.T) {
	g := newRig(t)
	id, access, refresh := g.tokens()
	g.refreshInVain(id, refresh)
	g.clock.Advance(30 * time.Second)
	g.refused(g.refresh(id, refresh), http.StatusBadRequest, "invalid_grant")
	if g.lives(access) {
		t.Error("the family lives on")
	}
}

// gate lets everybody pass until it is told of how many to hold, until they are all there.
type gate struct{ meet atomic.Pointer[func()] }

func (g *gate) hold(n int64) {
	all := make(chan struct{})
	var came atomic.Int64
	meet := func() {
		if came.Add(1) == n {
			close(all)
		}
		<-all
	}
	g.meet.Store(&meet)
}

// put puts the gate between the arrival of a request and its answer.
func (g *gate) put(c *authserver.Config) {
	active := c.Active
	c.Active = func(ctx context.Context, account string) (bool, error) {
		if meet := g.meet.Load(); meet != nil {
			(*meet)()
		}
		return active(ctx, account)
	}
}

func TestWorkersOfOneClientRefreshAtOnce(t *testing.T) {
	var at gate
	g := newRig(t, at.put)
	id, _, refresh := g.tokens()
	at.hold(8)
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
	var at gate
	g := newRig(t, at.put)
	id, access, refresh := g.tokens()
	second := store.New(g.store.Dir(), g.clock.Now)
	t.Cleanup(func() { _ = second.Close() })
	public, _ := url.Parse(g.url)
	cfg := authserver.Config{
		Public: public, Store: second, Mode: principal.Write, Now: g.clock.Now,
		Link:   func(context.Context, string, string) (string, error) { return "", nil },
		Active: func(context.Context, string) (bool, error) { return true, nil },
	}
	at.put(&cfg)
	other, err := authserver.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	other.Mount(mux)
	there := httptest.NewServer(mux)
	t.Cleanup(there.Close)
	at.hold(8)
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[string]bool{}
	for i := range 8 {
		server := []string{g.url, there.URL}[i%2]
		all.Go(func() {
			_, next := g.pair(g.form(server+"/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh}}))
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
