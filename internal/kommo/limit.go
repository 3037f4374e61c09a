package kommo

import (
	"context"
	"errors"
	"net/http/httptrace"
)

// limit lets a request through when the account's rate allows it, and stops
// the account when Kommo complains.
func (c *Client) limit(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		own, shared, err := c.slots(ctx)
		if err != nil {
			return nil, err
		}
		common, err := c.commonLane(ctx)
		if err != nil {
			own.release()
			shared.release()
			return nil, err
		}
		written := func(httptrace.WroteRequestInfo) {
			own.sent()
			shared.sent()
			common.settle(true)
		}
		rep, err := next(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: written}), o)
		e, failed := errors.AsType[*Error](err)
		// Whatever ended without being written, or on a transport that does
		// not say, is settled now.
		own.settle(!failed || e.sent)
		shared.settle(!failed || e.sent)
		common.settle(!failed || e.sent)
		c.observe(own, e)
		return rep, err
	}
}

// slots gets leave from the account's gate and then from the shared one: the
// other way round a paused account would hold back all the others.
func (c *Client) slots(ctx context.Context) (own, shared *slot, err error) {
	for {
		own, err = c.gate.acquire(ctx)
		if err != nil || c.hostGate == nil {
			return own, nil, err
		}
		shared, err = c.hostGate.acquire(ctx)
		if err != nil {
			own.release()
			return nil, nil, err
		}
		if !c.gate.paused() {
			return own, shared, nil
		}
		own.release()
		shared.release()
	}
}

// observe draws the account's conclusions from an answer.
func (c *Client) observe(s *slot, e *Error) {
	switch {
	case e == nil:
		c.gate.recovered(s)
	case e.Status == 0: // no answer, no conclusion
	case e.Code == CodeRateLimited, e.Code == CodeBlocked:
		e.RetryAfter = c.gate.slowDown(s, e.Code, e.RetryAfter)
		if c.common != nil {
			c.common.Pause(c.clock.Now().Add(e.RetryAfter))
		}
	case e.Status < 500:
		c.gate.recovered(s)
	}
}
