package kommo

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble runs f on synthetic time.
func inBubble(t *testing.T, f func(t *testing.T, g *Gate)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, newGate(AccountRate, SystemClock{}, func() float64 { return 0 }))
	})
}

// take acquires and sends at once.
func take(t *testing.T, g *Gate, n int) {
	t.Helper()
	for range n {
		s, err := g.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.sent()
	}
}

// within returns a context that ends after d.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// busiest returns the most moments in any rolling second.
func busiest(moments []time.Time, window time.Duration) int {
	slices.SortFunc(moments, time.Time.Compare)
	most := 0
	for first, last := 0, 0; last < len(moments); last++ {
		for moments[last].Sub(moments[first]) >= window {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// The promise: whatever the delays before writing (up to 400 ms) and in transit
// (up to 50 ms), the server sees at most 7 requests in any rolling second.
func TestGateRollingSecond(t *testing.T) {
	for _, dialling := range []time.Duration{0, 2 * time.Millisecond, 400 * time.Millisecond} {
		inBubble(t, func(t *testing.T, g *Gate) {
			t.Helper()
			var (
				mu       sync.Mutex
				arrivals []time.Time
				wg       sync.WaitGroup
				random   = rand.New(rand.NewPCG(1, uint64(dialling)))
			)
			upTo := func(d time.Duration) time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return time.Duration(random.Int64N(int64(d) + 1))
			}
			start := time.Now()
			for range 50 {
				wg.Go(func() {
					for range AccountRate {
						s, err := g.acquire(t.Context())
						if err != nil {
							t.Error(err)
							return
						}
						<-time.After(upTo(dialling))
						arrival := time.Now().Add(upTo(50 * time.Millisecond))
						s.sent()
						mu.Lock()
						arrivals = append(arrivals, arrival)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			sustained := float64(len(arrivals)-AccountRate) / time.Since(start).Seconds()
			t.Logf("dialling up to %v: %d requests, at most %d in a second, sustained %.2f/s", dialling, len(arrivals), busiest(arrivals, time.Second), sustained)
			if got := busiest(arrivals, time.Second); got > AccountRate {
				t.Errorf("%d arrivals within a second", got)
			}
			if dialling < 10*time.Millisecond && sustained < 6.5 {
				t.Errorf("sustained %.2f a second, want 6.5", sustained)
			}
		})
	}
}

func TestGateBurstAfterIdleSecond(t *testing.T) {
	inBubble(t, func(t *testing.T, g *Gate) {
		t.Helper()
		take(t, g, AccountRate)
		<-time.After(laneInterval)
		start := time.Now()
		take(t, g, AccountRate)
		if waited := time.Since(start); waited != 0 {
			t.Errorf("7 requests after a pause took %v", waited)
		}
		take(t, g, 1)
		if waited := time.Since(start); waited < laneInterval {
			t.Errorf("the 8th went after %v", waited)
		}
	})
}

// queueUp starts waiters one after the other and returns the order in which
// they were let through.
func queueUp(t *testing.T, g *Gate, background ...bool) []int {
	t.Helper()
	var (
		mu    sync.Mutex
		order []int
		wg    sync.WaitGroup
	)
	for i, back := range background {
		ctx := t.Context()
		if back {
			ctx = Background(ctx)
		}
		wg.Go(func() {
			s, err := g.acquire(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, i)
			mu.Unlock()
			<-time.After(time.Millisecond) // the next in line is let through later
			s.sent()
		})
		synctest.Wait()
	}
	wg.Wait()
	return order
}

func TestGateIsFair(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *Gate) {
		t.Helper()
		g := newGate(1, SystemClock{}, nil)
		take(t, g, 1)
		got := queueUp(t, g, make([]bool, 12)...)
		if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; !slices.Equal(got, want) {
			t.Errorf("order %v", got)
		}
	})
}

func TestGateInteractiveFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *Gate) {
		t.Helper()
		g := newGate(1, SystemClock{}, nil)
		take(t, g, 1)
		got := queueUp(t, g, true, true, false, true, false)
		if want := []int{2, 4, 0, 1, 3}; !slices.Equal(got, want) {
			t.Errorf("order %v, want %v", got, want)
		}
	})
}

// A slot whose request is still being dialled is not given out again, and one
// whose request was never sent costs nothing.
func TestGatePendingAndReleasedSlots(t *testing.T) {
	inBubble(t, func(t *testing.T, g *Gate) {
		t.Helper()
		var pending []*slot
		for range AccountRate {
			s, err := g.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			pending = append(pending, s)
		}
		<-time.After(5 * time.Second)
		granted := make(chan time.Time, 1)
		go func() {
			if s, err := g.acquire(t.Context()); err == nil {
				s.sent()
				granted <- time.Now()
			}
		}()
		<-time.After(5 * time.Second)
		if len(granted) != 0 {
			t.Fatal("let an eighth request through while seven were pending")
		}
		pending[0].sent()
		<-time.After(laneInterval / 2)
		if len(granted) != 0 {
			t.Fatal("a lane was used again before its interval was over")
		}
		pending[1].release()
		synctest.Wait()
		if len(granted) != 1 {
			t.Fatal("a released slot was not given to the next")
		}
		for _, s := range pending {
			s.release()
			s.sent() // settled slots stay as they are
		}
	})
}

// A wait that is known to be too long is refused at once and named.
func TestGateRefusesWaitsBeyondDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, g *Gate) {
		t.Helper()
		take(t, g, AccountRate)
		for range 2 * AccountRate { // the next three seconds are taken
			go func() {
				if s, err := g.acquire(t.Context()); err == nil {
					s.sent()
				}
			}()
		}
		synctest.Wait()
		start := time.Now()
		_, err := g.acquire(within(t, 2*time.Second))
		e := errorOf(t, err)
		if e.Code != CodeRateLimited || e.Status != 0 || time.Since(start) != 0 {
			t.Errorf("got %+v after %v", e, time.Since(start))
		}
		if want := 3 * laneInterval; e.RetryAfter < want-time.Millisecond || e.RetryAfter > want+time.Millisecond {
			t.Errorf("RetryAfter %v, want %v", e.RetryAfter, want)
		}
		if _, err := g.acquire(within(t, 4*time.Second)); err != nil {
			t.Errorf("refused though there was time: %v", err)
		}
	})
}

// Lanes are made as they are needed and used again: a wide gate costs no more than
// what goes through it. The refusal names what is allowed, not what was used.
func TestGateMakesLanesAsNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1_000_000, SystemClock{}, nil)
		for range 3 {
			take(t, g, 2)
			<-time.After(laneInterval)
		}
		if len(g.lanes) != 2 {
			t.Errorf("%d lanes for 2 requests at a time", len(g.lanes))
		}
		late := within(t, 0)
		_, err := g.acquire(late)
		if e := errorOf(t, err); !strings.Contains(e.Message, "1000000 requests a second") {
			t.Errorf("the refusal says %q", e.Message)
		}
	})
}

func TestGateCancelLeavesTheQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *Gate) {
		t.Helper()
		g := newGate(1, SystemClock{}, nil)
		take(t, g, 1)
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		refused := make(chan error, 1)
		go func() {
			_, err := g.acquire(ctx)
			refused <- err
		}()
		synctest.Wait()
		second := make(chan time.Duration, 1)
		go func() {
			if s, err := g.acquire(t.Context()); err == nil {
				s.sent()
				second <- time.Since(start)
			}
		}()
		synctest.Wait()
		cancel()
		err := <-refused
		if !HasCode(err, CodeCanceled) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if waited := <-second; waited > laneInterval+time.Millisecond {
			t.Errorf("the next in line waited %v", waited)
		}
		if n := len(g.queues[0]) + len(g.queues[1]); n != 0 {
			t.Errorf("%d waiters left in the queue", n)
		}
	})
}

// A pause stops everybody; those who lack the time for it leave at once, also
// if they waited already.
func TestGatePause(t *testing.T) {
	inBubble(t, func(t *testing.T, g *Gate) {
		t.Helper()
		var slots []*slot
		for range AccountRate {
			s, err := g.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			slots = append(slots, s)
		}
		start := time.Now()
		early := make(chan error, 1)
		hurried := within(t, 20*time.Second)
		go func() {
			_, err := g.acquire(hurried)
			early <- err
		}()
		synctest.Wait()
		if got := g.slowDown(slots[0], CodeBlocked, 0); got != blockPause {
			t.Errorf("first block pauses %v", got)
		}
		e := errorOf(t, <-early)
		if e.Code != CodeBlocked || e.RetryAfter != blockPause || time.Since(start) != 0 {
			t.Errorf("got %+v after %v", e, time.Since(start))
		}
		for _, s := range slots {
			s.sent()
		}
		take(t, g, 1)
		if waited := time.Since(start); waited != blockPause {
			t.Errorf("the patient one waited %v", waited)
		}
	})
}

// Refusals of requests that were under way together count once; each later
// one doubles the pause, and an answer in between starts anew.
func TestGatePauseGrowsAndResets(t *testing.T) {
	inBubble(t, func(t *testing.T, g *Gate) {
		t.Helper()
		next := func() *slot {
			<-time.After(time.Millisecond)
			s, err := g.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.sent()
			return s
		}
		a, b := next(), next()
		for _, s := range []*slot{a, b} {
			if got := g.slowDown(s, CodeRateLimited, 0); got != time.Second {
				t.Errorf("pause %v, want 1s", got)
			}
		}
		for _, want := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second} {
			if got := g.slowDown(next(), CodeRateLimited, 0); got != want {
				t.Errorf("pause %v, want %v", got, want)
			}
		}
		g.recovered(a) // an old request's answer says nothing about now
		if got := g.slowDown(next(), CodeRateLimited, 0); got != 16*time.Second {
			t.Errorf("pause %v, want 16s", got)
		}
		g.recovered(next())
		if got := g.slowDown(next(), CodeRateLimited, 0); got != time.Second {
			t.Errorf("pause %v after recovery, want 1s", got)
		}
		if got := g.slowDown(next(), CodeRateLimited, 5*time.Minute); got != 5*time.Minute {
			t.Errorf("pause %v, Kommo asked for 5m", got)
		}
	})
}
