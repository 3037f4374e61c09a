// Package throttle bounds what anybody can make a server do without being anybody
// yet. Each bound counts for all together and for one name, mostly an address: many
// users of a host come from few addresses, so neither is the only one, and one
// address has a good part of the whole.
package throttle

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxNames bounds how many names are told apart at once.
const maxNames = 10_000

// Throttle is two rates, each with what may come at once: of all, and of one name. It
// is safe for concurrent use.
type Throttle struct {
	now   func() time.Time
	all   *rate.Limiter
	rate  rate.Limit
	burst int

	mu  sync.Mutex
	one map[string]*rate.Limiter
}

// New makes a throttle; the rates are in acts a second.
func New(now func() time.Time, all rate.Limit, allBurst int, one rate.Limit, oneBurst int) *Throttle {
	return &Throttle{now: now, all: rate.NewLimiter(all, allBurst), rate: one, burst: oneBurst, one: map[string]*rate.Limiter{}}
}

// Allow takes one of the name's, then one of all: who is over its own share takes
// nothing from the others.
func (t *Throttle) Allow(name string) bool {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.one[name]
	if l == nil {
		if len(t.one) >= maxNames {
			t.forget(now)
		}
		l = rate.NewLimiter(t.rate, t.burst)
		t.one[name] = l
	}
	return l.AllowN(now, 1) && t.all.AllowN(now, 1)
}

// forget drops those that have their whole share again, or all if none has.
func (t *Throttle) forget(now time.Time) {
	for name, l := range t.one {
		if l.TokensAt(now) >= float64(t.burst) {
			delete(t.one, name)
		}
	}
	if len(t.one) >= maxNames {
		clear(t.one)
	}
}

// Sender is what addresses of one sender have in common: of IPv6 the network, since
// whoever has one has all of its addresses.
func Sender(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
}
