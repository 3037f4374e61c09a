package kommo

import (
	"context"
	"errors"
)

// outcome says honestly what became of a write that must not be repeated: if
// it was sent and no usable answer came, nobody knows.
func (c *Client) outcome(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		rep, err := next(ctx, o)
		e, ok := errors.AsType[*Error](err)
		if !ok || o.repeatable() || !e.sent || !e.unusable() {
			return rep, err
		}
		return nil, &Error{
			Status: e.Status, Code: CodeUnknownOutcome, RequestID: e.RequestID, RetryAfter: e.RetryAfter, Err: e, sent: true,
			Message: "the request was sent, but no usable answer came, so it may or may not have been carried out: " + e.Message,
		}
	}
}

// unusable reports whether the error leaves open what the server did.
func (e *Error) unusable() bool {
	return HasCode(e, CodeServer, CodeNetwork, CodeTimeout, CodeCanceled, CodeBadResponse, CodeTooLarge, CodeRedirect)
}

// MayHaveArrived reports whether the server may have carried out the request:
// it was sent, and no usable answer came.
func (e *Error) MayHaveArrived() bool {
	return e.sent && (e.Code == CodeUnknownOutcome || e.unusable())
}
