package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	// hooksAtOnce is how many deliveries of platforms are read at once. Reading
	// asks nothing of Kommo; it may wait for a call that is being written.
	hooksAtOnce = 4
	// partsPause is the first pause of parts that came before the report of their
	// call; it doubles.
	partsPause    = 5 * time.Second
	partsPauseMax = 10 * time.Minute
	// partsWait is how long they wait: a platform sends a report again for half an
	// hour (voice platform facts: 3).
	partsWait = time.Hour
)

func (s *Service) wakeHooks() {
	s.woken()
	select {
	case s.outbox.hooks <- struct{}{}:
	default:
	}
}

// runHooks turns what platforms have sent into calls to deliver, until ctx ends.
// It goes on while Kommo is away.
func (s *Service) runHooks(ctx context.Context) {
	var purged time.Time
	for ctx.Err() == nil {
		if now := s.clock.Now(); now.Sub(purged) >= purgeEvery && s.journal.exists() {
			s.purge(ctx)
			purged = now
		}
		wait := s.hooksRound(ctx)
		select {
		case <-ctx.Done():
		case <-s.outbox.hooks:
		case <-s.clock.After(wait):
		}
	}
}

// hooksRound reads what is due and says when to look again.
func (s *Service) hooksRound(ctx context.Context) time.Duration {
	if !s.journal.exists() {
		return outboxPoll
	}
	st, _ := s.journal.store()
	var group errgroup.Group
	for range hooksAtOnce {
		group.Go(func() error { return s.takeHooks(ctx, st) })
	}
	err := group.Wait()
	next, dueErr := st.NextDue(ctx, s.journal.account, HookKind)
	if err = errors.Join(err, dueErr); err != nil {
		s.log.WarnContext(ctx, "reading of webhooks", "error", err)
		return outboxPoll
	}
	if next.IsZero() {
		return outboxPoll
	}
	return min(max(next.Sub(s.clock.Now()), busyPoll), outboxPoll)
}

// takeHooks works on one delivery after the other until none is due.
func (s *Service) takeHooks(ctx context.Context, st *store.Store) error {
	for ctx.Err() == nil {
		op, ok, err := st.Take(ctx, s.journal.account, HookKind)
		if err != nil || !ok {
			return err
		}
		s.workHook(ctx, st, op)
	}
	return nil
}

// workHook makes calls of one delivery and keeps what came of it.
func (s *Service) workHook(ctx context.Context, st *store.Store, op store.Op) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliveryTime)
	defer cancel()
	said, err := s.readHook(ctx, &op)
	op.State, op.Reason = store.Done, said
	if err != nil {
		op.State, op.Reason, op.NextTry = s.hookFailed(err)
		op.Tries++
	}
	if err := st.Settle(ctx, op); err != nil {
		s.log.WarnContext(ctx, "a webhook is read again, since its end could not be kept", "error", err)
		return
	}
	s.log.InfoContext(ctx, "webhook read", slog.Int64("pending_id", op.Seq), slog.String("state", string(op.State)), slog.String("reason", op.Reason))
}

// hookFailed says whether to go on later with a delivery, and when.
func (s *Service) hookFailed(err error) (state store.State, reason string, next time.Time) {
	if wait, ok := errors.AsType[*postponed](err); ok {
		return store.Waiting, wait.reason, wait.at
	}
	if gaveUp(err) || errors.Is(err, context.DeadlineExceeded) || problem.HasCode(err, problem.Unavailable, problem.Timeout) {
		return store.Waiting, said(err), s.clock.Now().Add(partsPause)
	}
	return store.Dead, said(err), time.Time{}
}

// readHook hands the reports of a delivery over.
func (s *Service) readHook(ctx context.Context, op *store.Op) (what string, err error) {
	var d HookDelivery
	if err := json.Unmarshal(op.Body, &d); err != nil {
		return "", fmt.Errorf("a stored webhook cannot be read: %w", err)
	}
	if d.Platform == directDelivery {
		return s.readDirect(ctx, d)
	}
	platform, ok := hooks.Find(d.Platform)
	if !ok {
		return "", fmt.Errorf("no platform %q", d.Platform)
	}
	parsed, err := platform.Parse(d.request())
	if err != nil {
		return "", err
	}
	what = parsed.Ignored
	for _, r := range parsed.Reports {
		var one string
		one, failed := s.takeReport(ctx, d, r, op.Tries)
		what, err = one, errors.Join(err, failed)
	}
	return what, err
}

// takeReport makes a call of a report, or adds it to the call that it is about.
func (s *Service) takeReport(ctx context.Context, d HookDelivery, r hooks.Report, tries int) (what string, err error) {
	if r.Test {
		return "a test or a call without a telephone: no contact is made and nothing is written", nil
	}
	c := reportedCall(d, r)
	if err := checkCall(c); err != nil {
		return "", err
	}
	if r.Addition && c.CallID != "" {
		c = c.partsOnly()
	}
	known, err := s.queueReport(d.from(ctx), c, r.Addition)
	switch {
	case err != nil:
		return "", err
	case known:
		return "handed over to the call", nil
	}
	reason := "the report of the call that this belongs to has not come"
	if waited := s.clock.Now().Sub(d.Received); waited >= partsWait {
		return "", problem.New(problem.NotFound, reason+" within an hour")
	}
	return "", &postponed{at: s.clock.Now().Add(min(partsPause<<min(tries, 10), partsPauseMax)), reason: reason}
}

// from is a context in which a call is accepted for whom the delivery was taken from.
func (d HookDelivery) from(ctx context.Context) context.Context {
	return context.WithValue(context.WithValue(ctx, actorKey{}, d.By), viaKey{}, d.Via)
}

// partsOnly is a call without what decides about its card and is done once: that
// is for the report it is added to.
func (c Call) partsOnly() Call { return HookOptions{}.on(c) }
