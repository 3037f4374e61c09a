package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const (
	freshFor    = 10 * time.Minute // how long a section counts as fresh
	loadTimeout = 15 * time.Second // one load with all its pages and repetitions
	retryAfter  = time.Minute      // after a refresh in the background failed
)

// errClosed is what a caller gets that comes after Close.
var errClosed = errors.New("the directory is closed")

// loads is what all sections of a directory share: how to load and how to stop.
type loads struct {
	clock kommo.Clock
	log   *slog.Logger

	mu      sync.Mutex
	closed  bool
	running map[int]context.CancelFunc
	serial  int
	wg      sync.WaitGroup
}

// begin registers a load, which outlives the caller that happened to cause it: others wait for it too.
func (l *loads) begin(ctx context.Context) (loading context.Context, end func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, errClosed
	}
	loading, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	l.serial++
	key := l.serial
	l.running[key] = cancel
	l.wg.Add(1)
	return loading, func() {
		cancel()
		l.mu.Lock()
		delete(l.running, key)
		l.mu.Unlock()
		l.wg.Done()
	}, nil
}

// close ends the loads under way and waits for them.
func (l *loads) close() {
	l.mu.Lock()
	l.closed = true
	for _, cancel := range l.running {
		cancel()
	}
	l.mu.Unlock()
	l.wg.Wait()
}

// section is one cached piece of the directory. Loads are numbered, so that freshness is a matter of order
// and not of clocks: a caller that needs newer data than it saw asks for a load with a higher number.
type section[T any] struct {
	name  string
	loads *loads
	load  func(context.Context) (T, error)

	mu      sync.Mutex
	value   T
	from    int       // number of the load that brought value; 0 = none
	at      time.Time // when value arrived
	started int       // number of the load begun last
	floor   int       // loads up to this number no longer count: Kommo rejected what they brought
	calm    time.Time // no refresh in the background before this
	flight  *flight[T]
}

// flight is a load under way. Its fields are set before done is closed.
type flight[T any] struct {
	number int
	done   chan struct{}
	value  T
	err    error
}

func newSection[T any](name string, l *loads, load func(context.Context) (T, error)) *section[T] {
	return &section[T]{name: name, loads: l, load: load}
}

// get returns the value. Only the first caller and those after invalidate wait, and for them it is fresh; a
// stale value is returned at once and refreshed behind it.
func (s *section[T]) get(ctx context.Context) (value T, fresh bool, err error) {
	s.mu.Lock()
	if s.from <= s.floor {
		entered := s.floor
		s.mu.Unlock()
		value, err = s.newer(ctx, entered)
		return value, err == nil, err
	}
	defer s.mu.Unlock()
	if now := s.loads.clock.Now(); s.flight == nil && now.Sub(s.at) >= freshFor && !now.Before(s.calm) {
		s.begin(kommo.Background(ctx))
	}
	return s.value, false, nil
}

// known returns the value without waiting or loading; ok is false if there is none
// that counts.
func (s *section[T]) known() (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.from > s.floor
}

// refresh returns a value whose load began after this call.
func (s *section[T]) refresh(ctx context.Context) (T, error) {
	s.mu.Lock()
	entered := s.started
	s.mu.Unlock()
	return s.newer(ctx, entered)
}

// newer waits for what a load with a number above old brings, and starts one if none is under way. A caller
// whose context ends leaves; the load goes on for the others.
func (s *section[T]) newer(ctx context.Context, old int) (value T, err error) {
	for {
		s.mu.Lock()
		if s.from > max(old, s.floor) {
			defer s.mu.Unlock()
			return s.value, nil
		}
		f := s.flight
		if f == nil {
			f = s.begin(ctx)
		}
		s.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return value, fmt.Errorf("waiting for the %s: %w", s.name, context.Cause(ctx))
		}
		if f.err != nil && f.number > old {
			return value, fmt.Errorf("loading the %s: %w", s.name, f.err)
		}
	}
}

// begin starts a load; the caller holds s.mu and no load is under way.
func (s *section[T]) begin(ctx context.Context) *flight[T] {
	s.started++
	f := &flight[T]{number: s.started, done: make(chan struct{})}
	loading, end, err := s.loads.begin(ctx)
	if err != nil {
		f.err = err
		close(f.done)
		return f
	}
	s.flight = f
	go func() {
		defer end()
		f.value, f.err = s.load(loading)
		s.settle(loading, f)
	}()
	return f
}

// settle keeps what a load brought. Errors are not kept: the next caller tries again, but an old value stays.
func (s *section[T]) settle(ctx context.Context, f *flight[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	if f.err == nil {
		s.value, s.from, s.at = f.value, f.number, s.loads.clock.Now()
	} else {
		s.calm = s.loads.clock.Now().Add(retryAfter)
		s.loads.log.WarnContext(ctx, "a section of the directory could not be loaded", "section", s.name, "error", f.err)
	}
	close(f.done)
}

// invalidate makes the next get wait for fresh data, since Kommo rejected an id of the present value.
func (s *section[T]) invalidate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.floor = s.started
}
