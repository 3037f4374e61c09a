package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// PendingCall is a call that was accepted and is not logged whole.
type PendingCall struct {
	ID        int64    `json:"pending_id"`
	State     string   `json:"state"`              // waiting, running, dead
	Platform  string   `json:"platform,omitempty"` // of a webhook that is no call yet
	CallID    string   `json:"call_id,omitempty"`
	Phone     string   `json:"phone,omitempty"`
	LeadID    int64    `json:"lead_id,omitempty"`
	Summary   string   `json:"summary,omitempty"` // cut
	Accepted  string   `json:"accepted"`
	Reason    string   `json:"reason,omitempty"`
	NextTryAt string   `json:"next_try_at,omitempty"`
	Tries     int      `json:"tries,omitempty"`
	Written   []string `json:"written,omitempty"` // what is in Kommo already
}

// PendingCalls are the calls that wait and those that were refused for good, in
// the order of their acceptance.
type PendingCalls struct {
	Items   []PendingCall `json:"items"`
	Waiting int           `json:"waiting"`
	Dead    int           `json:"dead"`
	HasMore bool          `json:"has_more"`
	Hint    string        `json:"hint,omitempty"`
}

// Pending lists the outbox.
func (s *Service) Pending(ctx context.Context, limit int) (PendingCalls, error) {
	const none = "Every call that was accepted is on its card. search_notes or get_lead show what was logged."
	out := PendingCalls{Items: []PendingCall{}, Hint: none}
	if !s.journal.exists() {
		return out, nil
	}
	ops, err := s.pendingOps(ctx, limit+1, &out)
	if err != nil {
		return out, stateFailed(err)
	}
	slices.SortFunc(ops, func(a, b store.Op) int { return cmp.Compare(a.Seq, b.Seq) })
	if len(ops) > 0 {
		out.Hint = ""
	}
	if out.HasMore = len(ops) > limit; out.HasMore {
		ops = ops[:limit]
	}
	for _, op := range ops {
		out.Items = append(out.Items, s.pendingCall(ctx, op))
	}
	return out, nil
}

// listedAtMost is how many jobs are looked through for somebody who may see some.
const listedAtMost = 10_000

// pendingOps reads what waits or is dead and concerns whom this service serves, and
// counts it.
func (s *Service) pendingOps(ctx context.Context, limit int, out *PendingCalls) (ops []store.Op, err error) {
	st, _ := s.journal.store()
	if s.via.User != 0 {
		limit = listedAtMost
	}
	for _, kind := range []string{CallKind, HookKind} {
		some, err := st.List(ctx, s.journal.account, kind, limit, store.Running, store.Waiting, store.Dead)
		if err != nil {
			return nil, err
		}
		counts := map[store.State]int{}
		if s.via.User == 0 {
			counts, err = st.Counts(ctx, s.journal.account, kind)
			if err != nil {
				return nil, err
			}
		} else {
			some = slices.DeleteFunc(some, func(op store.Op) bool { return !s.concerns(op) })
			for _, op := range some {
				counts[op.State]++
			}
		}
		out.Waiting, out.Dead = out.Waiting+counts[store.Waiting]+counts[store.Running], out.Dead+counts[store.Dead]
		ops = append(ops, some...)
	}
	return ops, nil
}

// pendingWords says in a sentence that calls wait; nothing if none does.
func (s *Service) pendingWords(ctx context.Context) []string {
	list, err := s.Pending(ctx, 1)
	if err != nil || list.Waiting+list.Dead == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Calls accepted and not written to Kommo: %d waiting, %d refused for good. See kommo://outbox, list_pending_calls (toolset calls) or kommo-mcp outbox list.",
		list.Waiting, list.Dead)}
}

func (s *Service) pendingCall(ctx context.Context, op store.Op) PendingCall {
	out := PendingCall{ID: op.Seq, State: string(op.State), Accepted: s.local(ctx, op.Created), Reason: op.Reason, Tries: op.Tries}
	if op.State == store.Waiting {
		st, _ := s.journal.store()
		out.NextTryAt = s.local(ctx, s.nextTry(ctx, st, op))
	}
	if op.Kind == HookKind {
		out.describeHook(op)
		return out
	}
	rec, err := readRecord(op.Body)
	if err != nil {
		out.Reason = said(err)
		return out
	}
	out.CallID, out.Phone, out.LeadID, out.Summary = rec.Call.CallID, rec.Call.Phone, rec.Call.LeadID, short(rec.Call.Summary, 2*longName)
	for _, name := range rec.stepNames() {
		out.Written = append(out.Written, rec.Steps[name].Written...)
	}
	return out
}

// nextTry is when a job that waits is tried, as far as is known now: not before those
// that stand before it in its line, and not before Kommo is tried again at all.
func (s *Service) nextTry(ctx context.Context, st *store.Store, op store.Op) time.Time {
	at := op.NextTry
	before, _ := st.Ahead(ctx, op) // without it the job's own time is told
	if before.Until.After(at) {
		at = before.Until
	}
	if op.Kind == CallKind {
		if now := s.clock.Now(); now.Add(s.pausedFor()).After(at) {
			at = now.Add(s.pausedFor())
		}
	}
	return at
}

// local writes a moment in the account's zone, as far as it is known: while Kommo
// is away it may not be.
func (s *Service) local(_ context.Context, t time.Time) string {
	zone := s.zone.Load()
	if zone == nil {
		zone = time.UTC
	}
	return when.Format(t, zone)
}

// RetryPending tries a call of the outbox at once. leadID, if not 0, chooses the
// card of a call that could not be placed.
func (s *Service) RetryPending(ctx context.Context, id, leadID int64) (CallResult, error) {
	out, _, err := s.retryPending(ctx, id, leadID, s.attempt)
	return out, err
}

// retryPending also answers the attempt, if it came to one.
func (s *Service) retryPending(ctx context.Context, id, leadID int64, try func(context.Context, *callRun) (CallResult, error)) (CallResult, *callRun, error) {
	if again, hook, err := s.retryHook(ctx, id); hook {
		return again, nil, err
	}
	h, err := s.holdPending(ctx, id)
	if err != nil {
		return CallResult{}, nil, err
	}
	defer h.done()
	rec, err := readRecord(h.Body)
	if err != nil {
		return CallResult{}, nil, errors.Join(err, h.settle(ctx, store.Dead, h.Body))
	}
	if leadID != 0 {
		if err := place(h, rec, leadID); err != nil {
			return CallResult{}, nil, errors.Join(err, h.settle(ctx, h.former, h.Body))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, s.callWait)
	defer cancel()
	run := &callRun{hold: h, rec: rec}
	out, err := try(ctx, run)
	s.observe(run.away)
	return out, run, err
}

// place puts a call on the lead that was chosen for it. One of which something is
// written stays where that is.
func place(h *hold, rec *callRecord, leadID int64) error {
	if rec.wroteAnything() && rec.Card != nil && (rec.Card.Kind != KindLead || rec.Card.ID != leadID) {
		return problem.New(problem.Conflict, fmt.Sprintf("part of this call is on %s %d already, so that it cannot go on lead %d", rec.Card.Kind, rec.Card.ID, leadID)).
			WithField("lead_id").WithNext("Leave lead_id out to finish it there, or log it anew under another call_id and drop this one.")
	}
	if !rec.wroteAnything() {
		rec.Card, rec.Call.LeadID = nil, leadID
		h.Line = rec.Call.line()
	}
	return nil
}

// DropPending erases a call of the outbox, and what was received about it.
func (s *Service) DropPending(ctx context.Context, id int64) (PendingCall, error) {
	if out, hook, err := s.dropHook(ctx, id); hook {
		return out, err
	}
	h, err := s.holdPending(ctx, id)
	if err != nil {
		return PendingCall{}, err
	}
	out := s.pendingCall(ctx, h.Op)
	h.drop(ctx)
	if out.CallID != "" {
		err = errors.Join(h.st.Erase(ctx, s.journal.account, HookLine(out.CallID)), h.st.Erase(ctx, s.journal.account, hookPartsLine(out.CallID)))
	}
	return out, errors.Join(err, s.forgetCard(ctx, h))
}

// HookLine is the line of what platforms have sent about a call.
func HookLine(callID string) string { return "report " + callID }

func (s *Service) holdPending(ctx context.Context, id int64) (*hold, error) {
	missing := problem.Missing("pending_id", fmt.Sprintf("no call with the pending_id %d waits", id)).
		WithNext("List what waits with list_pending_calls (or kommo-mcp outbox list); it may be logged by now.")
	if !s.journal.exists() {
		return nil, missing
	}
	st, _ := s.journal.store()
	op, ok, err := st.BySeq(ctx, s.journal.account, CallKind, id)
	if err != nil {
		return nil, stateFailed(err)
	}
	if !ok || op.State == store.Done || !s.concerns(op) {
		return nil, missing
	}
	h, err := s.journal.begin(ctx, op)
	if err != nil {
		return nil, waitedForTwin(err)
	}
	if h.begun == store.Resumed {
		h.former = op.State
		return h, nil
	}
	if h.begun == store.Again { // it was delivered meanwhile
		return nil, errors.Join(missing, h.settle(ctx, store.Done, h.Body))
	}
	h.drop(ctx)
	return nil, missing
}

// Flush makes one attempt at each call that waits, whether it is due or not, and
// says what is left.
func (s *Service) Flush(ctx context.Context) (delivered int, left PendingCalls, err error) {
	if s.journal.exists() {
		st, _ := s.journal.store()
		if err := s.takeHooks(ctx, st); err != nil {
			return 0, left, stateFailed(err)
		}
		ops, err := st.List(ctx, s.journal.account, CallKind, 10_000, store.Running, store.Waiting)
		if err != nil {
			return 0, left, stateFailed(err)
		}
		for _, op := range ops {
			out, run, err := s.retryPending(ctx, op.Seq, 0, s.attemptFor)
			if run != nil {
				s.tell(ctx, run, out, err)
			}
			if err == nil && out.PendingID == 0 && (out.Status == CallLogged || out.Status == CallMerged) {
				delivered++
			}
			if ctx.Err() != nil || s.pausedFor() > 0 {
				break // Kommo is away for the others as well
			}
		}
	}
	left, err = s.Pending(ctx, 100)
	return delivered, left, err
}

// FoundAway tells whether the last call that was logged here found Kommo away, so
// that it is of no use to try others now.
func (s *Service) FoundAway() bool { return s.outbox.foundAway.Load() }

// DeliverDue makes one attempt at each call that is due, for processes that run no
// worker. It ends when Kommo is away.
func (s *Service) DeliverDue(ctx context.Context) {
	if !s.journal.exists() {
		return
	}
	st, _ := s.journal.store()
	if err := s.takeHooks(ctx, st); err != nil {
		s.log.WarnContext(ctx, "reading of webhooks", "error", err)
	}
	owner := store.Owner()
	if mine, err := st.Hold(ctx, s.workerName(), owner, workerLease); err != nil || !mine {
		return
	}
	if err := s.deliverDue(ctx, st, owner); err != nil {
		s.log.WarnContext(ctx, "delivery of calls", "error", err)
	}
	_ = st.Leave(context.WithoutCancel(ctx), s.workerName(), owner) // it ends by itself as well
}
