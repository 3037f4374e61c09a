package directory

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manual is a clock that moves when the test says so.
type manual struct {
	mu  sync.Mutex
	now time.Time
}

func newManual() *manual { return &manual{now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)} }

func (m *manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *manual) After(d time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	ch <- m.Now().Add(d)
	return ch
}

func (m *manual) advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func newLoads(clock *manual) *loads {
	return &loads{clock: clock, log: slog.New(slog.DiscardHandler), running: map[int]context.CancelFunc{}}
}

// counter is a section that counts its loads and answers their number.
func counter(t *testing.T, clock *manual) (*section[int], *atomic.Int64) {
	t.Helper()
	l := newLoads(clock)
	t.Cleanup(l.close)
	var n atomic.Int64
	return newSection("numbers", l, func(context.Context) (int, error) { return int(n.Add(1)), nil }), &n
}

func mustGet(t *testing.T, s *section[int], want int, wantFresh bool) {
	t.Helper()
	if got, fresh, err := s.get(t.Context()); err != nil || got != want || fresh != wantFresh {
		t.Fatalf("get = %d, %v, %v; want %d, %v", got, fresh, err, want, wantFresh)
	}
}

func TestSectionAnswersStaleAndRefreshesOnceBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newManual()
		l := newLoads(clock)
		defer l.close()
		var loads atomic.Int64
		release := make(chan struct{}) // the refresh ends when the test says so
		s := newSection("numbers", l, func(context.Context) (int, error) {
			n := int(loads.Add(1))
			if n > 1 {
				<-release
			}
			return n, nil
		})
		mustGet(t, s, 1, true)
		clock.advance(freshFor - time.Second)
		mustGet(t, s, 1, false)
		synctest.Wait()
		if loads.Load() != 1 {
			t.Fatalf("%d loads before the value was stale", loads.Load())
		}
		clock.advance(time.Second)
		for range 5 {
			mustGet(t, s, 1, false)
		}
		close(release)
		synctest.Wait()
		mustGet(t, s, 2, false)
		if loads.Load() != 2 {
			t.Errorf("%d loads, want one for the first value and one behind the stale one", loads.Load())
		}
	})
}

func TestSectionLoadsOnceForAllAndOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoads(newManual())
		defer l.close()
		var loads atomic.Int64
		release := make(chan struct{})
		s := newSection("numbers", l, func(ctx context.Context) (int, error) {
			loads.Add(1)
			select {
			case <-release:
				return 7, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		})
		impatient, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { _, _, err := s.get(impatient); left <- err }()
		synctest.Wait()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { mustGet(t, s, 7, true) })
		}
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller that left got %v", err)
		}
		close(release)
		wg.Wait()
		if loads.Load() != 1 {
			t.Errorf("%d loads for 21 callers", loads.Load())
		}
	})
}

func TestSectionRefreshBeginsAfterTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoads(newManual())
		defer l.close()
		var loads atomic.Int64
		release := make(chan struct{}, 2)
		s := newSection("numbers", l, func(context.Context) (int, error) {
			n := loads.Add(1)
			<-release
			return int(n), nil
		})
		go func() { _, _, _ = s.get(t.Context()) }()
		synctest.Wait() // load 1 is under way: what it brings may be older than the call below
		got := make(chan int, 1)
		go func() { v, _ := s.refresh(t.Context()); got <- v }()
		synctest.Wait()
		release <- struct{}{}
		release <- struct{}{}
		if v := <-got; v != 2 {
			t.Errorf("refresh answered load %d, which began before it was called", v)
		}
	})
}

func TestSectionErrorsAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newManual()
		l := newLoads(clock)
		defer l.close()
		var fail atomic.Bool
		var loads atomic.Int64
		down := errors.New("down")
		s := newSection("numbers", l, func(context.Context) (int, error) {
			n := loads.Add(1)
			if fail.Load() {
				return 0, down
			}
			return int(n), nil
		})
		fail.Store(true)
		if _, _, err := s.get(t.Context()); !errors.Is(err, down) {
			t.Fatalf("got %v", err)
		}
		fail.Store(false)
		mustGet(t, s, 2, true)
		fail.Store(true)
		clock.advance(freshFor)
		for range 3 { // a failed refresh keeps the old value and leaves Kommo alone for a while
			mustGet(t, s, 2, false)
			synctest.Wait()
		}
		if loads.Load() != 3 {
			t.Errorf("%d loads, want 3", loads.Load())
		}
		clock.advance(retryAfter)
		mustGet(t, s, 2, false)
		synctest.Wait()
		if loads.Load() != 4 {
			t.Errorf("%d loads after the calm, want 4", loads.Load())
		}
		if _, err := s.refresh(t.Context()); !errors.Is(err, down) {
			t.Errorf("a forced refresh that failed gave %v", err)
		}
	})
}

func TestSectionInvalidated(t *testing.T) {
	s, _ := counter(t, newManual())
	s.invalidate() // before the first load: nothing to forget
	mustGet(t, s, 1, true)
	s.invalidate()
	mustGet(t, s, 2, true)
	mustGet(t, s, 2, false)
}

func TestSectionClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoads(newManual())
		s := newSection("numbers", l, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		failed := make(chan error, 1)
		go func() { _, _, err := s.get(t.Context()); failed <- err }()
		synctest.Wait()
		l.close()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("the load under way ended with %v", err)
		}
		for range 2 {
			if _, err := s.refresh(t.Context()); !errors.Is(err, errClosed) {
				t.Errorf("after Close: %v", err)
			}
		}
	})
}
