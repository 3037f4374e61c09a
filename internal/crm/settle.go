package crm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	secondLook  = 2 * time.Second         // Kommo may show a new record late
	lookTimeout = 3500 * time.Millisecond // both looks must fit into a tool's 18 s
)

// write is a create whose answer may get lost.
type write[T any] struct {
	what string                                            // for the error: "lead \"Roof job\""
	send func(context.Context) (T, error)                  // sends it once
	find func(context.Context) (out T, ok bool, err error) // looks whether it is there
}

// thirdLook is how long after a request whose outcome is unknown a look-up that
// finds nothing is believed, so that it may be sent again.
const thirdLook = 30 * time.Second

// settle sends a create. If its outcome is unknown it looks the record up, at
// once and again after two seconds: found is a success with lookedUp set, and
// not found is the problem outcome_unknown. Nothing is sent again within a call.
//
// A job that was tried before under its key (see once) looks first: what it finds
// it does not send, and it sends again only if the first try was long enough ago.
func settle[T any](ctx context.Context, clock kommo.Clock, w write[T]) (out T, lookedUp bool, err error) {
	if job, _ := jobOf(ctx); !job.since.IsZero() {
		out, ok, err := look(ctx, w.find)
		if ok {
			return out, true, nil
		}
		if wait := job.sent.Add(thirdLook).Sub(clock.Now()); err != nil || wait > 0 {
			return out, false, stillUnknown(w.what, err, wait)
		}
	}
	out, err = w.send(ctx)
	if !kommo.HasCode(err, kommo.CodeUnknownOutcome) {
		return out, false, err
	}
	looks := 0
	for _, wait := range []time.Duration{0, secondLook} {
		if !pause(ctx, clock, wait) {
			break
		}
		found, ok, lookErr := look(ctx, w.find)
		if lookErr == nil {
			looks++
		}
		if ok {
			return found, true, nil
		}
	}
	p := unknownOutcome(w.what, looks, err)
	if _, keyed := jobOf(ctx); keyed {
		return out, false, p.WithRetryAfter(thirdLook).WithNext("It may still appear. Repeat the call with the same key after that time: it looks again, and writes it if it is not there.")
	}
	return out, false, p
}

func look[T any](ctx context.Context, find func(context.Context) (T, bool, error)) (T, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return find(ctx)
}

func pause(ctx context.Context, clock kommo.Clock, d time.Duration) bool {
	if d == 0 {
		return ctx.Err() == nil
	}
	select {
	case <-clock.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// stillUnknown is the answer to a repeat that comes too early, or that cannot look.
func stillUnknown(what string, cause error, wait time.Duration) error {
	wait = max(wait, secondLook)
	p := problem.New(problem.OutcomeUnknown, "an earlier call with this key asked Kommo for "+what+" and got no answer; it was looked for again and not found yet")
	if cause != nil {
		p.Message = "an earlier call with this key asked Kommo for " + what + " and got no answer, and it cannot be looked up now: " + said(cause)
	}
	return p.WithRetryAfter(wait).Wrap(cause).
		WithNext("Repeat the call with the same key after that time: it looks again, and writes it if it is not there.")
}

func unknownOutcome(what string, looks int, cause error) *problem.Problem {
	p := problem.New(problem.OutcomeUnknown, fmt.Sprintf("Kommo took the request for %s but its answer was lost", what))
	if looks > 0 {
		p.Message += fmt.Sprintf("; it was looked for %d times and not found.", looks)
	} else {
		p.Message += ", and it could not be looked up since Kommo does not answer."
	}
	// A redirect has a reason worth telling: the account may have moved.
	if e, ok := errors.AsType[*kommo.Error](errors.Unwrap(cause)); ok && e.Code == kommo.CodeRedirect {
		p.Message += " " + e.Message + "."
	}
	p.Next = "It may still appear. Do not repeat the call; search for it in a minute and repeat only if it is not there."
	p.Err = errors.Unwrap(cause)
	return p
}
