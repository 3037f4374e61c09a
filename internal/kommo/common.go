package kommo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// CommonRate is the account's rate as several processes share it: lanes like
// those of the Gate, kept where all of them see it.
type CommonRate interface {
	// Take claims one of count lanes, or says how long none is free at the least.
	Take(ctx context.Context, count int) (lane int, wait time.Duration, err error)
	// Settle gives a lane back, to be free from a moment on.
	Settle(lane int, free time.Time)
	// Pause stops the account until a moment.
	Pause(until time.Time)
}

// WithCommonRate makes the client keep the rate together with other processes.
func WithCommonRate(r CommonRate) Option {
	return func(c *Client) { c.common = r }
}

// commonSlot is a lane that all processes know to be taken; nil where there is
// none.
type commonSlot struct {
	client *Client
	lane   int
	once   sync.Once
}

// commonLane waits for a lane after the gate of this process let the request
// through. Where the shared state cannot be used the gate alone holds.
func (c *Client) commonLane(ctx context.Context) (*commonSlot, error) {
	if c.common == nil {
		return nil, nil
	}
	for {
		lane, wait, err := c.common.Take(ctx, c.rate)
		switch {
		case err != nil && ctx.Err() == nil:
			c.log.DebugContext(ctx, "the shared rate cannot be kept", "error", err)
			return nil, nil
		case err == nil && wait <= 0:
			return &commonSlot{client: c, lane: lane}, nil
		case ctx.Err() != nil || !fits(ctx, c.clock, wait):
			return nil, tooLong(ctx, wait)
		}
		if pauseFor(ctx, c.clock, wait) != nil {
			return nil, tooLong(ctx, wait)
		}
	}
}

func tooLong(ctx context.Context, wait time.Duration) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &Error{Code: CodeCanceled, Err: context.Cause(ctx), Message: "the call was cancelled while it waited for its turn; nothing was sent"}
	}
	return &Error{
		Code: CodeRateLimited, RetryAfter: wait, Err: context.Cause(ctx),
		Message: fmt.Sprintf("other processes use the account's rate: the wait of %.1f s is longer than this call may take; nothing was sent", wait.Seconds()),
	}
}

// settle gives the lane back once: charged from now on, or unused.
func (s *commonSlot) settle(charge bool) {
	if s == nil {
		return
	}
	s.once.Do(func() {
		free := s.client.clock.Now()
		if charge {
			free = free.Add(laneInterval)
		}
		s.client.common.Settle(s.lane, free)
	})
}
