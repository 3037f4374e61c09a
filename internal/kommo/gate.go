package kommo

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// AccountRate is what Kommo allows an account: 7 requests a second.
	AccountRate = 7

	// laneInterval is how far apart two requests of one lane are sent. Kommo
	// counts on arrival, in any rolling second, and transit times differ by up
	// to 50 ms, so one second on this side is not enough. At 7 lanes it still
	// sustains 6.6 requests a second.
	laneInterval = 1060 * time.Millisecond
)

// Gate holds requests back so that the server never sees more than its rate in
// any rolling second, and stops them altogether during a pause.
//
// A token bucket alone cannot promise that: it refills while its burst is
// still within the second. The gate has one lane per allowed request, each
// paced by its own rate.Limiter of one request per laneInterval. The limiter
// is charged when the request was written, not when it was let through, so
// that dialling a connection does not bring two requests closer together.
//
// A lane is made when a request finds none free: a gate costs what goes through
// it, not what might.
//
// Waiting is first come, first served; Background work goes after the rest.
type Gate struct {
	clock  Clock
	jitter func() float64
	most   int // lanes there may be

	mu     sync.Mutex
	lanes  []*lane
	queues [2][]*waiter // interactive, background
	pause  pause
}

type lane struct {
	pace *rate.Limiter
	busy bool // let through, not yet written
}

type waiter struct{ wake chan struct{} }

// NewGate returns a gate for perSecond requests in any rolling second.
func NewGate(perSecond int, clock Clock) *Gate {
	return newGate(perSecond, clock, rand.Float64)
}

func newGate(perSecond int, clock Clock, jitter func() float64) *Gate {
	return &Gate{clock: clock, jitter: jitter, most: max(perSecond, 1)}
}

// acquire waits for a slot. A wait that is known to outlast ctx is not begun:
// the error comes at once and carries the wait.
func (g *Gate) acquire(ctx context.Context) (*slot, error) {
	w := &waiter{wake: make(chan struct{}, 1)}
	g.enter(w, isBackground(ctx))
	for {
		s, wait, err := g.step(ctx, w)
		if s != nil || err != nil {
			return s, err
		}
		var timer <-chan time.Time // only the first in the queue watches the clock
		if wait > 0 {
			timer = g.clock.After(wait)
		}
		select {
		case <-ctx.Done():
			return nil, g.abandon(ctx, w)
		case <-w.wake:
		case <-timer:
		}
	}
}

func (g *Gate) enter(w *waiter, background bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	queue := &g.queues[0]
	if background {
		queue = &g.queues[1]
	}
	*queue = append(*queue, w)
}

// step grants w its slot, or refuses it, or says how long to wait; 0 means
// until woken.
func (g *Gate) step(ctx context.Context, w *waiter) (*slot, time.Duration, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	place := g.place(w)
	wait := g.waitAt(place, now)
	switch {
	case ctx.Err() != nil:
		return nil, 0, g.leave(ctx, w, wait)
	case place == 0 && wait == 0:
		g.remove(w)
		return g.grant(now), 0, nil
	case !fits(ctx, g.clock, wait):
		return nil, 0, g.leave(ctx, w, wait)
	case place == 0:
		return nil, wait, nil
	}
	return nil, 0, nil
}

// abandon takes a waiter whose context ended out of the queue.
func (g *Gate) abandon(ctx context.Context, w *waiter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leave(ctx, w, g.waitAt(g.place(w), g.clock.Now()))
}

func (g *Gate) leave(ctx context.Context, w *waiter, wait time.Duration) error {
	g.remove(w)
	return g.refusal(ctx, wait)
}

// place counts the waiters before w.
func (g *Gate) place(w *waiter) int {
	if i := slices.Index(g.queues[0], w); i >= 0 {
		return i
	}
	return len(g.queues[0]) + slices.Index(g.queues[1], w)
}

// remove takes w out of its queue and wakes the first of those that remain.
func (g *Gate) remove(w *waiter) {
	for i, queue := range g.queues {
		if at := slices.Index(queue, w); at >= 0 {
			g.queues[i] = slices.Delete(queue, at, at+1)
		}
	}
	g.wakeFirst()
}

func (g *Gate) wakeFirst() {
	for _, queue := range g.queues {
		if len(queue) > 0 {
			queue[0].nudge()
			return
		}
	}
}

func (w *waiter) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// waitAt is how long the waiter at a place waits at the least: the lanes come
// free in a fixed order, each again one interval later.
func (g *Gate) waitAt(place int, now time.Time) time.Duration {
	paused := max(g.pause.until.Sub(now), 0)
	rounds, place := time.Duration(place/g.most), place%g.most
	unmade := g.most - len(g.lanes) // free now
	if place < unmade {
		return paused + rounds*laneInterval
	}
	free := make([]time.Duration, len(g.lanes))
	for i, l := range g.lanes {
		free[i] = max(l.freeIn(now), paused)
	}
	slices.Sort(free)
	return free[place-unmade] + rounds*laneInterval
}

func (l *lane) freeIn(now time.Time) time.Duration {
	if l.busy {
		return laneInterval
	}
	missing := 1 - l.pace.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return max(time.Duration(missing*float64(laneInterval)), time.Microsecond)
}

// grant gives out the first free lane; the caller knows that there is one.
func (g *Gate) grant(now time.Time) *slot {
	at := slices.IndexFunc(g.lanes, func(l *lane) bool { return l.freeIn(now) == 0 })
	if at < 0 {
		at = len(g.lanes)
		g.lanes = append(g.lanes, &lane{pace: rate.NewLimiter(rate.Every(laneInterval), 1)})
	}
	g.lanes[at].busy = true
	return &slot{gate: g, lane: g.lanes[at], granted: now}
}

// slot is the leave to send one request; nil where there is no gate.
type slot struct {
	gate    *Gate
	lane    *lane
	granted time.Time
	settled bool
}

// sent charges the lane from now on. Later calls do nothing.
func (s *slot) sent() { s.settle(true) }

// release gives back a slot whose request never left this machine.
func (s *slot) release() { s.settle(false) }

func (s *slot) settle(charge bool) {
	if s == nil {
		return
	}
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if s.settled {
		return
	}
	s.settled = true
	s.lane.busy = false
	if charge {
		s.lane.pace.ReserveN(s.gate.clock.Now(), 1)
	}
	s.gate.wakeFirst()
}
