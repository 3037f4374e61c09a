package server

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Limits bound what one principal may ask for, so that none keeps the others from
// being served. They are far above what an account of Kommo lets through, and are
// there against floods. Zero values are the defaults.
type Limits struct {
	Rate  float64 // requests a second; a key may have its own
	Calls int     // at once
}

const (
	defaultRate  = 25
	defaultCalls = 64
	// minBurst lets a client start: it sends a handful of requests at once.
	minBurst = 5
	// burstSeconds is how many seconds' requests may come at once.
	burstSeconds = 4
	// maxMeters is how many principals are watched before idle ones are forgotten.
	maxMeters = 4096
)

// meters watch all principals. What is not in use and has all its tokens back says
// nothing any more and is forgotten.
type meters struct {
	limits Limits
	now    func() time.Time

	mu  sync.Mutex
	all map[string]*meter
}

// meter watches one principal.
type meter struct {
	limiter *rate.Limiter
	running int
}

func newMeters(limits Limits, now func() time.Time) *meters {
	if limits.Rate <= 0 {
		limits.Rate = defaultRate
	}
	if limits.Calls <= 0 {
		limits.Calls = defaultCalls
	}
	return &meters{limits: limits, now: now, all: map[string]*meter{}}
}

// begin counts a request of p: done is called at its end. A refused one has no done
// and says when to come again.
func (m *meters) begin(p principal.Principal) (done func(), wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	one := m.of(p, now)
	if one.running >= m.limits.Calls {
		return nil, time.Second
	}
	if r := one.limiter.ReserveN(now, 1); !r.OK() || r.DelayFrom(now) > 0 {
		wait = r.DelayFrom(now)
		r.CancelAt(now)
		return nil, max(wait, time.Millisecond)
	}
	one.running++
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		one.running--
	}, 0
}

// of is the meter of p. A key whose rate was changed keeps its tokens.
func (m *meters) of(p principal.Principal, now time.Time) *meter {
	name, perSecond := string(p.Kind)+" "+p.ID, p.Rate
	if perSecond <= 0 {
		perSecond = m.limits.Rate
	}
	one, ok := m.all[name]
	if !ok {
		m.prune(now)
		one = &meter{limiter: rate.NewLimiter(rate.Limit(perSecond), burstOf(perSecond))}
		m.all[name] = one
	}
	if one.limiter.Limit() != rate.Limit(perSecond) {
		one.limiter.SetLimitAt(now, rate.Limit(perSecond))
		one.limiter.SetBurstAt(now, burstOf(perSecond))
	}
	return one
}

func burstOf(perSecond float64) int { return max(minBurst, int(math.Ceil(perSecond*burstSeconds))) }

// prune runs when the map is full. Should all be in use, the map grows: there are
// as many as there are holders of keys at work.
func (m *meters) prune(now time.Time) {
	if len(m.all) < maxMeters {
		return
	}
	for name, one := range m.all {
		if one.running == 0 && one.limiter.TokensAt(now) >= float64(one.limiter.Burst()) {
			delete(m.all, name)
		}
	}
}

// limited stands behind the admission. Who runs this process is not limited.
func (w Web) limited(m *meters, next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		p := principal.From(r.Context())
		seenOf(r).who = p
		defer servedOn(r.Context())()
		if p.Kind == principal.Local {
			next.ServeHTTP(out, r)
			return
		}
		done, wait := m.begin(p)
		if done == nil {
			tooMany(out, wait, "too many requests with this key", "Send fewer at once; the other keys are not affected.")
			return
		}
		defer done()
		next.ServeHTTP(out, r)
	})
}

// tooMany answers 429 with the whole seconds to wait, rounded up.
func tooMany(w http.ResponseWriter, wait time.Duration, message, next string) {
	after := max(1, int(math.Ceil(wait.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(after))
	refuse(w, http.StatusTooManyRequests, problem.RateLimited, message, fmt.Sprintf("Wait %d s. %s", after, next))
}

// failures bound how many wrong keys an address may try. Only what failed is
// counted and refused: many people's right keys come from the few addresses of a
// host, and so do their expired tokens, which is why the bound is wide.
type failures struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]*rate.Limiter
}

const (
	failureRate  = 10 // a second and address
	failureBurst = 300
	maxAddresses = 4096
)

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, all: map[string]*rate.Limiter{}}
}

// tooManyWrong answers a wrong key in place of the usual refusal where its address
// has tried too many. A request without any is not counted: clients ask that way
// what they need.
func (w Web) tooManyWrong(out http.ResponseWriter, r *http.Request) bool {
	if w.wrong == nil || r.Header.Get("Authorization") == "" || !w.wrong.note(seenOf(r).sender) {
		return false
	}
	tooMany(out, time.Second, "too many wrong keys from this address", "Correct the key: right ones are served all the time.")
	return true
}

// networkOf is what counts as one address: of IPv6 the network of a household.
func networkOf(addr netip.Addr) string {
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return network.String()
}

// note counts a failure and tells whether it is one too many.
func (f *failures) note(s sender) (tooMany bool) {
	name := networkOf(s.addr)
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	one, ok := f.all[name]
	if !ok {
		f.prune(now)
		one = rate.NewLimiter(failureRate, failureBurst)
		f.all[name] = one
	}
	return !one.AllowN(now, 1)
}

// prune keeps the map bounded whatever comes: where no address is idle, all are
// forgotten, which at worst lets each try its burst again.
func (f *failures) prune(now time.Time) {
	if len(f.all) < maxAddresses {
		return
	}
	for name, one := range f.all {
		if one.TokensAt(now) >= failureBurst {
			delete(f.all, name)
		}
	}
	if len(f.all) >= maxAddresses {
		clear(f.all)
	}
}
