package crm

import (
	"context"
	"errors"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// A call that found Kommo away is tried again after firstTry, then twice that, up to
// mostTry; where Kommo is away for all calls the worker's own pauses hold it back.
const (
	firstTry = 5 * time.Second
	mostTry  = time.Minute
)

// waitingFor says when to go on after an error that time may heal; nil for one
// that it does not.
func (s *Service) waitingFor(err error) *postponed {
	if p, ok := errors.AsType[*postponed](err); ok {
		return p
	}
	if problem.HasCode(err, problem.OutcomeUnknown) {
		return &postponed{at: s.clock.Now().Add(thirdLook), reason: said(err), cause: err}
	}
	if !away(err) {
		return nil
	}
	wait := firstTry
	if e, ok := errors.AsType[*kommo.Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	return &postponed{at: s.clock.Now().Add(wait), reason: said(err) + remedy(err), cause: err}
}

// remedy is what somebody has to do before a call that waits can be written;
// empty where time does it.
func remedy(err error) string {
	switch {
	case kommo.HasCode(err, kommo.CodeUnauthorized), problem.HasCode(err, problem.Unauthorized):
		return ". Start the server with a valid KOMMO_ACCESS_TOKEN (kommo-mcp doctor checks it); the call is kept until then"
	case kommo.HasCode(err, kommo.CodePayment), problem.HasCode(err, problem.PaymentRequired):
		return ". Pay for the account or its plan in Kommo; the call is kept until then"
	default:
		return ""
	}
}

// away tells the errors of a Kommo that cannot take anything now: the network, a
// 429 or a block, a 5xx, an unpaid account, a token that was revoked, a time that
// ran out.
func away(err error) bool {
	if gaveUp(err) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[*kommo.Error](err); ok {
		return kommo.HasCode(err, kommo.CodeRateLimited, kommo.CodeBlocked, kommo.CodeServer, kommo.CodeNetwork, kommo.CodeTimeout,
			kommo.CodeBadResponse, kommo.CodePayment, kommo.CodeUnauthorized, kommo.CodeTransient, kommo.CodeUnknownOutcome, kommo.CodeTooLarge)
	}
	return problem.HasCode(err, problem.RateLimited, problem.Blocked, problem.Unauthorized, problem.PaymentRequired,
		problem.KommoUnavailable, problem.BadResponse, problem.Timeout)
}

// gaveUp tells the failure of a job whose client went away.
func gaveUp(err error) bool {
	return errors.Is(err, context.Canceled) || kommo.HasCode(err, kommo.CodeCanceled)
}
