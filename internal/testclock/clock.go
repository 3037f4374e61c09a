// Package testclock is the clock of tests: nobody waits for it.
package testclock

import (
	"sync"
	"time"
)

// Clock is moved by hand, and by those who wait on it: a wait is over at once and
// has taken its time. The zero value goes with real time, ahead of it by what it was
// moved.
type Clock struct {
	mu     sync.Mutex
	stands time.Time // zero: goes with real time
	ahead  time.Duration
}

// At is a clock that stands still between its moves.
func At(t time.Time) *Clock { return &Clock{stands: t} }

// Now is the time on the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stands.IsZero() {
		return time.Now().Add(c.ahead)
	}
	return c.stands.Add(c.ahead)
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += max(d, 0)
}

// After moves the clock on, and is over at once.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.Advance(d)
	done := make(chan time.Time, 1)
	done <- c.Now()
	return done
}
