package crm

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Delivered is a call of the outbox that was worked on without anybody waiting: what
// it is, for whom it was accepted, and what came of it.
type Delivered struct {
	Account   string // the account's name in the state: its number if it is connected, else its host
	By        string // who brought it, as WithActor worded it; empty: not known
	PendingID int64
	Call      Call
	Answer    CallResult
	Err       error
}

// WithActor says in a word who a request is served for. It is kept with calls that
// are delivered later.
func WithActor(actor func(ctx context.Context) string) Option {
	return func(s *settings) { s.actor = actor }
}

// WithDelivered is told of each call that the worker has written, or given up.
func WithDelivered(tell func(ctx context.Context, d Delivered)) Option {
	return func(s *settings) { s.delivered = tell }
}

type actorKey struct{}

// actor is who a call comes from: of what a platform has sent, whoever it was taken
// from.
func (s *Service) actor(ctx context.Context) string {
	if by, ok := ctx.Value(actorKey{}).(string); ok {
		return by
	}
	if s.who == nil {
		return ""
	}
	return s.who(ctx)
}

// tell reports a delivery, unless nothing was written and it waits on.
func (s *Service) tell(ctx context.Context, run *callRun, out CallResult, err error) {
	if s.delivered == nil || run.hold.State == store.Waiting && out.ID == 0 {
		return
	}
	s.delivered(ctx, Delivered{
		Account: s.journal.account, By: run.rec.By, PendingID: run.hold.Seq, Call: run.rec.Call, Answer: out, Err: err,
	})
}
