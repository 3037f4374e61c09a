package kommo

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	backoffFirst = 300 * time.Millisecond
	backoffMax   = 10 * time.Second

	// mostHangs bounds the tries that may end without an answer in time: each
	// costs a whole attempt of the caller's patience.
	mostHangs = 2
)

// retry repeats a call that may be repeated, at most maxRetries times, and
// only if the caller has time for the wait.
func (c *Client) retry(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		hangs := 0
		for attempt := 1; ; attempt++ {
			rep, err := next(ctx, o)
			if err == nil {
				rep.attempts = attempt
				return rep, nil
			}
			e, ok := errors.AsType[*Error](err)
			if !ok {
				return nil, err
			}
			e.Attempts = attempt
			if e.hung {
				hangs++
			}
			if attempt > c.maxRetries || hangs >= mostHangs || ctx.Err() != nil || !again(o, e) || !c.wait(ctx, o, e) {
				return nil, e
			}
		}
	}
}

// again reports whether sending the call once more is safe and may help.
// A 429 was refused and an unsent call never arrived: those are safe for
// every method. 402 and blocks pass, but not within one call.
func again(o outgoing, e *Error) bool {
	switch {
	case e.Code == CodeRateLimited:
		return e.Status == http.StatusTooManyRequests
	case e.Code == CodeNetwork && !e.sent:
		return true
	case !o.repeatable():
		return false
	case e.Code == CodeNetwork, e.hung:
		return true
	case e.Code == CodeTransient:
		return o.reads()
	}
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return e.Code == CodeServer
	}
	return false
}

// wait waits before attempt e.Attempts+1 and reports whether it is due. After a 429
// the account's pause does the waiting.
func (c *Client) wait(ctx context.Context, o outgoing, e *Error) bool {
	d := max(c.backoff(e.Attempts), e.RetryAfter)
	if !fits(ctx, c.clock, d) {
		e.RetryAfter = d
		return false
	}
	c.log.WarnContext(ctx, "kommo call is repeated", "op", o.op, "code", e.Code, "status", e.Status,
		"attempt", e.Attempts, "wait", d)
	return e.Code == CodeRateLimited || pauseFor(ctx, c.clock, d) == nil
}

// backoff doubles with each attempt; its upper half is random, so that callers
// that failed together do not come back together.
func (c *Client) backoff(attempt int) time.Duration {
	d := min(backoffFirst<<min(attempt-1, 10), backoffMax)
	return d/2 + time.Duration(c.jitter()*float64(d)/2)
}
