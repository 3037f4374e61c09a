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

// settle sends a create. If its outcome is unknown it looks the record up, at
// once and again after two seconds: found is a success with lookedUp set, and
// not found is the problem outcome_unknown. Nothing is ever sent again.
func settle[T any](ctx context.Context, clock kommo.Clock, w write[T]) (out T, lookedUp bool, err error) {
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
	return out, false, unknownOutcome(w.what, looks, err)
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

func unknownOutcome(what string, looks int, cause error) error {
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
