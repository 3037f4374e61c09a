package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

// rig is an endpoint behind limits; whose a request is stands in its header.
type rig struct {
	t     *testing.T
	h     http.Handler
	clock *testclock.Clock
}

func limitRig(t *testing.T, limits Limits, next http.HandlerFunc) rig {
	t.Helper()
	r := rig{t: t, clock: testclock.At(time.Unix(1_795_168_800, 0))}
	inner := Web{}.limited(newMeters(limits, r.clock.Now), next)
	r.h = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var p principal.Principal
		if json.Unmarshal([]byte(req.Header.Get("X-Test-Principal")), &p) != nil {
			t.Error("no principal")
		}
		inner.ServeHTTP(w, req.WithContext(principal.With(req.Context(), p)))
	})
	return r
}

func (r rig) ask(p principal.Principal) *httptest.ResponseRecorder {
	raw, err := json.Marshal(p)
	if err != nil {
		r.t.Error(err)
	}
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, "/mcp", nil)
	req.Header.Set("X-Test-Principal", string(raw))
	out := httptest.NewRecorder()
	r.h.ServeHTTP(out, req)
	return out
}

// served counts how many of n requests in a row are let through.
func (r rig) served(p principal.Principal, n int) (ok int) {
	for range n {
		if r.ask(p).Code == http.StatusOK {
			ok++
		}
	}
	return ok
}

func keyOf(id string, perSecond float64) principal.Principal {
	return principal.Principal{Kind: principal.Key, ID: id, Account: "account of " + id, Rate: perSecond}
}

func fine(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// TestRates: the usual one, a key's own, and nobody's for whoever runs the process.
func TestRates(t *testing.T) {
	r := limitRig(t, Limits{Rate: 10}, fine)
	if got := r.served(keyOf("usual", 0), 100); got != 40 {
		t.Errorf("%d at once, want 4 seconds' worth", got)
	}
	if got := r.served(keyOf("own", 2), 100); got != 8 {
		t.Errorf("%d at once with a rate of its own, want 8", got)
	}
	if got := r.served(keyOf("slow", 0.1), 100); got != minBurst {
		t.Errorf("%d at once of a slow key, want %d", got, minBurst)
	}
	if got := r.served(principal.Principal{Kind: principal.Local}, 1000); got != 1000 {
		t.Errorf("%d of the local ones, want all", got)
	}
	r.clock.Advance(time.Second)
	if got := r.served(keyOf("usual", 0), 100); got != 10 {
		t.Errorf("%d after a second, want 10", got)
	}
}

// TestTooManyIsExplained: 429 in the usual form, with the seconds to wait.
func TestTooManyIsExplained(t *testing.T) {
	r := limitRig(t, Limits{}, fine)
	r.served(keyOf("k", 0.5), minBurst)
	out := r.ask(keyOf("k", 0.5))
	var body struct {
		Error struct{ Code, Message, Next string }
	}
	if err := json.Unmarshal(out.Body.Bytes(), &body); err != nil || out.Code != http.StatusTooManyRequests || body.Error.Code != "rate_limited" || body.Error.Next == "" {
		t.Errorf("%d %s %v", out.Code, out.Body, err)
	}
	if after := out.Header().Get("Retry-After"); after != "2" {
		t.Errorf("Retry-After %s, want 2: a token each two seconds", after)
	}
	r.clock.Advance(2 * time.Second)
	if out := r.ask(keyOf("k", 0.5)); out.Code != http.StatusOK {
		t.Errorf("after the wait %d", out.Code)
	}
}

// TestOneTenantDoesNotStarveAnother: A floods with 64 clients that hold on to all
// they get, and every call of B is answered.
func TestOneTenantDoesNotStarveAnother(t *testing.T) {
	const clients, calls = 64, 16
	held, release := make(chan struct{}, clients), make(chan struct{})
	r := limitRig(t, Limits{Rate: 1000, Calls: calls}, func(w http.ResponseWriter, req *http.Request) {
		if principal.From(req.Context()).ID == "a" {
			held <- struct{}{}
			<-release
		}
		w.WriteHeader(http.StatusOK)
	})
	var flood sync.WaitGroup
	var ok atomic.Int64
	refused := make(chan struct{}, clients)
	for range clients {
		flood.Go(func() {
			if r.ask(keyOf("a", 0)).Code == http.StatusOK {
				ok.Add(1)
			} else {
				refused <- struct{}{}
			}
		})
	}
	soon := time.After(20 * time.Second)
	for _, all := range []struct {
		came chan struct{}
		want int
	}{{held, calls}, {refused, clients - calls}} {
		for n := range all.want {
			select {
			case <-all.came:
			case <-soon:
				close(release)
				t.Fatalf("%d came of %d that are held or refused", n, all.want)
			}
		}
	}
	if got := r.served(keyOf("b", 0), 200); got != 200 {
		t.Errorf("%d of 200 calls of b were answered", got)
	}
	close(release)
	flood.Wait()
	if ok.Load() != calls {
		t.Errorf("a: %d served, want %d", ok.Load(), calls)
	}
	if got := r.ask(keyOf("a", 0)).Code; got != http.StatusOK {
		t.Errorf("a afterwards: %d", got)
	}
}

// TestMetersAreForgotten: those of keys that are idle; not of those at work.
func TestMetersAreForgotten(t *testing.T) {
	clock := testclock.At(time.Unix(1_795_168_800, 0))
	m := newMeters(Limits{Rate: 1}, clock.Now)
	done, _ := m.begin(keyOf("at work", 0))
	for i := range 3 * maxMeters {
		if i%maxMeters == 0 {
			clock.Advance(time.Hour)
		}
		end, _ := m.begin(keyOf(fmt.Sprint(i), 0))
		end()
	}
	if len(m.all) > maxMeters+1 {
		t.Errorf("%d meters", len(m.all))
	}
	if m.all["key at work"] == nil {
		t.Error("a meter in use was forgotten")
	}
	done()
}

// TestWrongKeysAreBounded: by address, and right keys from there are served all the
// time.
func TestWrongKeysAreBounded(t *testing.T) {
	clock := testclock.At(time.Unix(1_795_168_800, 0))
	h, _, _ := handled(t, Web{AccessKey: "right", Now: clock.Now, Edge: Edge{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}})
	try := func(address, key string) *httptest.ResponseRecorder {
		r := from("10.0.0.1:9", "X-Forwarded-For", address, "Content-Type", "application/json")
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		r.Host = "localhost"
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		return out
	}
	count := map[int]int{}
	for range failureBurst + 50 {
		count[try("192.0.2.1", "wrong").Code]++
	}
	if count[401] != failureBurst || count[429] != 50 {
		t.Errorf("statuses %v, want %d times 401", count, failureBurst)
	}
	if out := try("192.0.2.1", "right"); out.Code == 401 || out.Code == 429 {
		t.Errorf("the right key from there: %d", out.Code)
	}
	if out := try("192.0.2.1", ""); out.Code != 401 {
		t.Errorf("no key from there: %d", out.Code)
	}
	if out := try("192.0.2.2", "wrong"); out.Code != 401 {
		t.Errorf("a wrong key from elsewhere: %d", out.Code)
	}
	clock.Advance(time.Second)
	if out := try("192.0.2.1", "wrong"); out.Code != 401 {
		t.Errorf("after a second: %d", out.Code)
	}
}

func TestFailuresStayBounded(t *testing.T) {
	clock := testclock.At(time.Unix(1_795_168_800, 0))
	f := newFailures(clock.Now)
	for i := range 3 * maxAddresses {
		f.note(sender{addr: netip.AddrFrom4([4]byte{192, byte(i >> 16), byte(i >> 8), byte(i)})})
	}
	if len(f.all) > maxAddresses {
		t.Errorf("%d addresses", len(f.all))
	}
	clear(f.all)
	for i := range 100 { // one network of IPv6 is one address
		f.note(sender{addr: netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i)})})
	}
	if len(f.all) != 1 {
		t.Errorf("%d networks, want 1", len(f.all))
	}
}
