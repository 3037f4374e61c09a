package crm

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

const (
	// deliveries is how many calls of an account are delivered at once: enough to
	// use up the account's rate although each waits for several answers.
	deliveries = 8
	// deliveryTime bounds one delivery; it is shorter than the store's lease.
	deliveryTime = 18 * time.Second
	// workerLease is how long an account stays a worker's without a sign of life: it
	// gives one before each delivery. Nobody delivers while a killed one's lasts.
	workerLease = store.Lease
	// outboxPoll is how often a worker looks for what other processes have queued.
	outboxPoll = 5 * time.Second
	// probePause is the first pause after Kommo was found away; it doubles.
	probePause    = 2 * time.Second
	probePauseMax = 5 * time.Minute
)

// outbox is the state of this process's worker of the calls that wait.
type outbox struct {
	nudge chan struct{}
	hooks chan struct{} // as nudge, for what platforms have sent

	mu      sync.Mutex
	strikes int       // tries in a row that found Kommo away
	until   time.Time // no try before

	foundAway atomic.Bool // by the last call that somebody waited for

	seeking map[int64]chan struct{} // deliveries, by their place, that have not found their card yet
}

func newOutbox() *outbox {
	return &outbox{nudge: make(chan struct{}, 1), hooks: make(chan struct{}, 1), seeking: map[int64]chan struct{}{}}
}

// seek notes that a delivery looks for its card; the end of it comes with placed.
func (o *outbox) seek(seq int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seeking[seq] = make(chan struct{})
}

// placed notes that a delivery has found its card, or has ended.
func (o *outbox) placed(seq int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if found, ok := o.seeking[seq]; ok {
		close(found)
		delete(o.seeking, seq)
	}
}

// afterEarlier waits until the deliveries that were accepted earlier know their
// cards: one of them may be the card at hand, by another number.
func (o *outbox) afterEarlier(ctx context.Context, seq int64) (waited bool) {
	o.mu.Lock()
	var earlier []chan struct{}
	for other, found := range o.seeking {
		if other < seq {
			earlier = append(earlier, found)
		}
	}
	o.mu.Unlock()
	for _, found := range earlier {
		select {
		case <-found:
			waited = true
		case <-ctx.Done():
			return waited
		}
	}
	return waited
}

// wake makes the worker look at the queue again.
func (s *Service) wake() {
	s.woken()
	select {
	case s.outbox.nudge <- struct{}{}:
	default:
	}
}

// RunOutbox delivers the calls that wait until ctx ends, in the order of their
// acceptance, one after the other for each number, and finishes those that a
// killed process has left half done. One worker an account works at a time,
// however many processes run one. While Kommo is away one call at a time tries,
// with growing pauses. Requests of the worker let those of people go first.
//
// Beside it what platforms have sent is turned into calls, and what has been kept
// long enough is forgotten.
func (s *Service) RunOutbox(ctx context.Context) {
	var reading sync.WaitGroup
	reading.Go(func() { s.runHooks(ctx) })
	defer reading.Wait()
	owner := store.Owner()
	for ctx.Err() == nil {
		wait := s.outboxRound(ctx, owner)
		select {
		case <-ctx.Done():
		case <-s.outbox.nudge:
		case <-s.clock.After(wait):
		}
	}
	if st, _ := s.journal.store(); s.journal.exists() {
		_ = st.Leave(context.WithoutCancel(ctx), s.workerName(), owner) // it ends by itself as well
	}
}

func (s *Service) workerName() string { return "outbox " + s.journal.account }

// outboxRound delivers what is due and says when to look again.
func (s *Service) outboxRound(ctx context.Context, owner string) time.Duration {
	if !s.journal.exists() { // nothing was ever kept: the disk is not touched
		return outboxPoll
	}
	st, _ := s.journal.store()
	mine, err := st.Hold(ctx, s.workerName(), owner, workerLease)
	if err != nil || !mine {
		return outboxPoll
	}
	if wait := s.pausedFor(); wait > 0 {
		return min(wait, outboxPoll)
	}
	var group errgroup.Group
	for range s.atOnce() {
		group.Go(func() error { return s.deliverDue(ctx, st, owner) })
	}
	if err := group.Wait(); err != nil {
		s.log.WarnContext(ctx, "delivery of calls", "error", err)
		return outboxPoll
	}
	next, err := st.NextDue(ctx, s.journal.account, CallKind)
	if err != nil || next.IsZero() {
		return outboxPoll
	}
	return min(max(next.Sub(s.clock.Now()), busyPoll), outboxPoll)
}

func (s *Service) pausedFor() time.Duration {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	return s.outbox.until.Sub(s.clock.Now())
}

// atOnce is one while Kommo is away: that call is the probe.
func (s *Service) atOnce() int {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if s.outbox.strikes > 0 {
		return 1
	}
	return deliveries
}

// deliverDue delivers one call after the other until none is due, or Kommo is
// away.
func (s *Service) deliverDue(ctx context.Context, st *store.Store, owner string) error {
	for ctx.Err() == nil && s.pausedFor() <= 0 {
		if mine, err := st.Hold(ctx, s.workerName(), owner, workerLease); err != nil || !mine {
			return err
		}
		op, ok, err := st.Take(ctx, s.journal.account, CallKind)
		if err != nil || !ok {
			return err
		}
		h, err := s.journal.adopt(ctx, st, op)
		if err != nil {
			return nil //nolint:nilerr // the process ends; the job is taken up after its lease
		}
		s.deliver(ctx, h)
	}
	return nil
}

// deliver makes one attempt at a call that waits.
func (s *Service) deliver(ctx context.Context, h *hold) {
	defer h.done()
	s.outbox.seek(h.Seq)
	defer s.outbox.placed(h.Seq)
	ctx, cancel := context.WithTimeout(kommo.Background(context.WithoutCancel(ctx)), deliveryTime)
	defer cancel()
	rec, err := readRecord(h.Body)
	if err != nil {
		h.Reason = said(err)
		_ = h.settle(ctx, store.Dead, h.Body)
		return
	}
	run := &callRun{hold: h, rec: rec}
	out, err := s.attemptFor(ctx, run)
	if !s.onlyTheirs(run) {
		s.observe(run.away)
	}
	s.tell(ctx, run, out, err)
	s.log.InfoContext(ctx, "call delivered", slog.Int64("pending_id", h.Seq), slog.String("state", string(h.State)),
		slog.String("status", out.Status), slog.Int("tries", h.Tries), slog.String("reason", reasonOf(run, err)))
}

// attemptFor makes an attempt by the rights of whom the call was accepted from. As
// long as those are not to be had it waits.
func (s *Service) attemptFor(ctx context.Context, run *callRun) (CallResult, error) {
	acting, err := s.acting(ctx, run.rec.Via)
	if err != nil {
		return s.queued(ctx, run, s.unavailable(err))
	}
	return acting.attempt(ctx, run)
}

// onlyTheirs tells a refusal that says nothing of the account: Kommo does not know the
// user for whom the call was accepted any more. The calls of others need not wait.
func (s *Service) onlyTheirs(run *callRun) bool {
	unknown := kommo.HasCode(run.away, kommo.CodeUnauthorized) || problem.HasCode(run.away, problem.Unauthorized)
	return unknown && run.rec.Via.User != s.via.User
}

func reasonOf(run *callRun, err error) string {
	if err != nil {
		return said(err)
	}
	return run.hold.Reason
}

// answered ends the pauses at once when Kommo has taken somebody's call: what waits
// need not wait for the next probe, which may be minutes away.
func (s *Service) answered() {
	s.outbox.mu.Lock()
	paused := s.outbox.strikes > 0
	s.outbox.strikes, s.outbox.until = 0, time.Time{}
	s.outbox.mu.Unlock()
	if paused {
		s.wake()
	}
}

// observe draws the conclusion from one delivery: the next pause, or none.
func (s *Service) observe(away error) {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if away == nil {
		s.outbox.strikes = 0
		return
	}
	wait := min(probePause<<min(s.outbox.strikes, 10), probePauseMax)
	if e, ok := errors.AsType[*kommo.Error](away); ok {
		wait = max(wait, e.RetryAfter)
	}
	s.outbox.strikes++
	if until := s.clock.Now().Add(wait); until.After(s.outbox.until) {
		s.outbox.until = until
	}
}
