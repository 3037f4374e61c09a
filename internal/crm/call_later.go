package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// directDelivery is the platform of a delivery of a call that came directly and
// found the call held by another. It is read like what platforms send.
const directDelivery = "direct"

// behindTwin answers a delivery during which another one, perhaps of a process
// that was killed, holds the call. What it brings anew is kept, and merged into the
// call when nobody holds that any more.
func (s *Service) behindTwin(ctx context.Context, twin *busy, c Call) (CallResult, error) {
	const reason = "another delivery of this call is being written; should it have broken off, it is taken up again"
	now := s.clock.Now()
	out := CallResult{
		Status: CallQueued, Created: []Record{}, Found: []Record{}, Written: []string{},
		PendingID: twin.op.Seq, Reason: reason, NextTryAt: s.local(ctx, now.Add(store.Lease)),
	}
	news := true
	if rec, err := readRecord(twin.op.Body); err == nil && twin.op.Seq != 0 {
		if otherLine(rec.Call, c) {
			return CallResult{}, otherCall(c, &hold{Op: twin.op}, rec)
		}
		out.Skipped = rec.ignored(c)
		news = rec.differs(c)
	}
	if !news {
		return out, nil
	}
	id, err := s.keepDelivery(ctx, c, now.Add(partsPause))
	if err != nil {
		return CallResult{}, waitedForTwin(errors.Join(twin, err))
	}
	out.PendingID, out.Reason = id, reason+"; what this delivery brings anew is added then"
	return out, nil
}

// differs tells whether a later delivery brings anything that is not in the record.
func (r *callRecord) differs(c Call) bool {
	merged, news := r.Call.merge(c)
	if !r.wroteAnything() {
		merged = r.Call.replaced(c)
	}
	was, errWas := digestOf(r.Call)
	is, err := digestOf(merged)
	return news || was != is || errors.Join(errWas, err) != nil
}

// keepDelivery puts a delivery into the queue, to be joined with its call later.
func (s *Service) keepDelivery(ctx context.Context, c Call, at time.Time) (id int64, err error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	d := HookDelivery{Platform: directDelivery, Body: raw, Received: s.clock.Now(), By: s.actor(ctx), Via: s.acceptedVia(ctx)}
	body, err := json.Marshal(d)
	if err != nil {
		return 0, err
	}
	op := store.Op{Account: s.journal.account, Kind: HookKind, Key: d.key(), Body: body}
	if strings.TrimSpace(c.CallID) != "" {
		op.Line = HookLine(strings.TrimSpace(c.CallID))
	}
	st, _ := s.journal.store()
	op, begun, err := st.Begin(ctx, op)
	if err != nil || begun == store.Busy { // it is being read right now
		return op.Seq, err
	}
	op.State, op.NextTry = store.Waiting, at
	return op.Seq, st.Settle(ctx, op)
}

// readDirect joins a delivery that came directly with its call.
func (s *Service) readDirect(ctx context.Context, d HookDelivery) (what string, err error) {
	c, err := d.call()
	if err != nil {
		return "", err
	}
	_, err = s.queueCall(d.from(ctx), c, false, func(h *hold, rec *callRecord) (bool, error) {
		if otherLine(rec.Call, c) {
			return false, otherCall(c, h, rec)
		}
		news := rec.differs(c)
		if rec.wroteAnything() {
			rec.Call, _ = rec.Call.merge(c)
			return news, nil
		}
		rec.Call = rec.Call.replaced(c)
		if c.LeadID != 0 {
			rec.Card = nil
		}
		return news, nil
	})
	return "joined with the call", err
}

// call is what a delivery that came directly brings.
func (d HookDelivery) call() (c Call, err error) {
	if err := json.Unmarshal(d.Body, &c); err != nil {
		return c, fmt.Errorf("a stored delivery cannot be read: %w", err)
	}
	return c, nil
}

func waitedForTwin(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return problem.New(problem.Timeout, "another delivery of this call is being written and has taken all the time of this one").
		WithNext("Call again with the same arguments: it is logged once.").Wrap(err)
}
