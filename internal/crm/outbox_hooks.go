package crm

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// retention is how long things are kept.
type retention struct{ hooks, records time.Duration }

const (
	day        = 24 * time.Hour
	purgeEvery = day
)

func defaultRetention() retention { return retention{hooks: 7 * day, records: 90 * day} }

// purge forgets what has been kept long enough. What waits is never forgotten, unless
// the account's connection was taken away as long ago.
func (s *Service) purge(ctx context.Context) {
	st, _ := s.journal.store()
	now := s.clock.Now()
	err := errors.Join(st.PurgeAll(ctx, HookKind, now.Add(-s.retain.hooks)), st.PurgeOthers(ctx, HookKind, now.Add(-s.retain.records)),
		st.PurgeLeft(ctx, now.Add(-s.retain.records)))
	if err != nil {
		s.log.WarnContext(ctx, "old records could not be erased", "error", err)
	}
}

// describeHook says what a webhook is about that could not be made a call, as far
// as it can be read.
func (p *PendingCall) describeHook(op store.Op) {
	var d HookDelivery
	if err := json.Unmarshal(op.Body, &d); err != nil {
		return
	}
	if c, err := d.call(); err == nil && d.Platform == directDelivery {
		p.CallID, p.Phone, p.LeadID, p.Summary = c.CallID, c.Phone, c.LeadID, short(c.Summary, 2*longName)
		return
	}
	p.Platform = d.Platform
	platform, ok := hooks.Find(d.Platform)
	if !ok {
		return
	}
	parsed, err := platform.Parse(d.request())
	if err != nil || len(parsed.Reports) == 0 {
		return
	}
	r := parsed.Reports[0]
	p.CallID, p.Phone, p.Summary = reportID(d.Platform, r), strings.TrimSpace(r.Phone), short(r.Summary, 2*longName)
}

// holdHook takes a webhook that waits or is dead; ok is false if the id is not
// that of one.
func (s *Service) holdHook(ctx context.Context, id int64) (st *store.Store, op store.Op, ok bool, err error) {
	if !s.journal.exists() {
		return nil, op, false, nil
	}
	st, _ = s.journal.store()
	op, ok, err = st.BySeq(ctx, s.journal.account, HookKind, id)
	if err != nil || !ok || op.State == store.Done || !s.concerns(op) {
		return nil, op, false, nil //nolint:nilerr // it is looked for among the calls, with the same store
	}
	op, begun, err := st.Begin(ctx, op)
	switch {
	case err != nil:
		return nil, op, true, stateFailed(err)
	case begun == store.Busy:
		return nil, op, true, stateFailed(errors.New("the webhook is being read right now"))
	}
	return st, op, true, nil
}

// retryHook reads a webhook again. Its call, if it makes one, is delivered by the
// worker.
func (s *Service) retryHook(ctx context.Context, id int64) (out CallResult, hook bool, err error) {
	st, op, ok, err := s.holdHook(ctx, id)
	if !ok || err != nil {
		return out, ok, err
	}
	out = CallResult{Status: CallQueued, PendingID: id, Created: []Record{}, Found: []Record{}, Written: []string{}}
	out.Reason, err = s.readHook(ctx, &op)
	op.State, op.Reason = store.Done, out.Reason
	if err != nil {
		op.State, op.Reason, op.NextTry = s.hookFailed(err)
		out.Reason = op.Reason
		if op.State == store.Waiting {
			out.NextTryAt, err = s.local(ctx, op.NextTry), nil
		}
	}
	return out, true, errors.Join(err, st.Settle(ctx, op))
}

// dropHook erases a webhook.
func (s *Service) dropHook(ctx context.Context, id int64) (out PendingCall, hook bool, err error) {
	st, op, ok, err := s.holdHook(ctx, id)
	if !ok || err != nil {
		return out, ok, err
	}
	return s.pendingCall(ctx, op), true, st.Drop(ctx, op)
}
