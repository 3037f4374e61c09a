package crm

import (
	"context"
	"sync/atomic"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// How an account behaves where Kommo's accounts differ, learned from refusals. It
// is kept in the state directory: learning costs a request each time.
const (
	habitKind  = "habit"
	reasonLast = "loss reason after the stage"
)

// habit is one such way. It is never unlearned: what it leads to works in every
// account, at the price of a request.
type habit struct {
	known  atomic.Bool
	sought atomic.Bool // in the state directory
}

// reasonComesLast tells whether this account is known to refuse a loss reason
// together with the stage. The disk is read once, and only where it holds something.
func (s *Service) reasonComesLast(ctx context.Context) bool {
	if s.reason.known.Load() {
		return true
	}
	if s.reason.sought.Load() || !s.journal.main.Exists() {
		return false
	}
	learned, err := s.journal.main.List(ctx, s.journal.account, habitKind, 1, store.Done)
	if err != nil {
		return false // it is learned again
	}
	s.reason.sought.Store(true)
	if len(learned) > 0 {
		s.reason.known.Store(true)
	}
	return len(learned) > 0
}

// learnReasonComesLast remembers it. A state directory that cannot be written
// costs a request after the next start, and nothing else.
func (s *Service) learnReasonComesLast(ctx context.Context) {
	s.reason.known.Store(true)
	st, _ := s.journal.store()
	op, begun, err := st.Begin(ctx, store.Op{Account: s.journal.account, Kind: habitKind, Key: reasonLast})
	if err != nil || begun == store.Busy {
		return
	}
	op.State = store.Done
	_ = st.Settle(ctx, op) // see above
}
