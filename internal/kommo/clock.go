package kommo

import (
	"context"
	"time"
)

// Clock tells the time and waits. Tests put their own in its place.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now returns the current time.
func (SystemClock) Now() time.Time { return time.Now() }

// After returns a channel that delivers the time once d has passed.
func (SystemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// pauseFor waits d, or until ctx ends.
func pauseFor(ctx context.Context, clock Clock, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-clock.After(d):
		return nil
	}
}

// fits reports whether a wait of d ends before ctx does.
func fits(ctx context.Context, clock Clock, d time.Duration) bool {
	deadline, bounded := ctx.Deadline()
	return !bounded || clock.Now().Add(d).Before(deadline)
}
