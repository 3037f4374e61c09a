package authserver

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds how many addresses are told apart at once.
const maxAddresses = 10_000

// limits bound what anybody can make us do without being anybody yet. Each counts
// for all together and for one address: many users of a host come from few
// addresses, so neither is the only one, and one address has a good part of the
// whole.
type limits struct {
	registrations *throttle
	consents      *throttle // started: each is kept until it ends
	fetches       *throttle // of documents, by their host
}

func newLimits(now func() time.Time) limits {
	return limits{
		registrations: newThrottle(now, 5, 200, 1, 50),
		consents:      newThrottle(now, 20, 400, 2, 60),
		fetches:       newThrottle(now, 10, 100, 1, 20),
	}
}

// throttle is two rates a second, each with what may come at once: of all, and of
// one name.
type throttle struct {
	now   func() time.Time
	all   *rate.Limiter
	rate  rate.Limit
	burst int

	mu  sync.Mutex
	one map[string]*rate.Limiter
}

func newThrottle(now func() time.Time, all rate.Limit, allBurst int, one rate.Limit, oneBurst int) *throttle {
	return &throttle{now: now, all: rate.NewLimiter(all, allBurst), rate: one, burst: oneBurst, one: map[string]*rate.Limiter{}}
}

// allow takes one of the name's, then one of all: who is over its own share takes
// nothing from the others.
func (t *throttle) allow(name string) bool {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.one[name]
	if l == nil {
		if len(t.one) >= maxAddresses {
			t.forget(now)
		}
		l = rate.NewLimiter(t.rate, t.burst)
		t.one[name] = l
	}
	return l.AllowN(now, 1) && t.all.AllowN(now, 1)
}

// forget drops those that have their whole share again, or all if none has.
func (t *throttle) forget(now time.Time) {
	for name, l := range t.one {
		if l.TokensAt(now) >= float64(t.burst) {
			delete(t.one, name)
		}
	}
	if len(t.one) >= maxAddresses {
		clear(t.one)
	}
}

// from is what requests of one sender have in common: of IPv6 the network, since
// whoever has one has all of its addresses.
func (s *Server) from(r *http.Request) string {
	text := s.cfg.Address(r)
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Unmap().Is4() {
		return text
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
}

// peer is where the connection of a request comes from.
func peer(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}
