package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// callRun is one attempt at a call.
type callRun struct {
	hold        *hold
	rec         *callRecord
	interactive bool     // somebody waits for the answer
	former      *Call    // of a logged call into which a delivery is merged: as it was before
	ignored     []string // what this delivery asked for and an earlier one has settled

	away error // Kommo was found away

	plan    *callPlan
	card    callCard
	change  leadChange
	planned bool // plan, card and change are known

	mu    sync.Mutex // guards rec.Steps, rec.Notes, rec.Applied and waits
	waits *postponed
}

// postponed is why a call cannot be finished now, and when to go on with it.
type postponed struct {
	at     time.Time
	reason string
	cause  error // of Kommo being away, for the pause of the account
}

func (p *postponed) Error() string { return p.reason }

// postpone notes that a step has to wait; the latest moment counts.
func (r *callRun) postpone(p *postponed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits == nil || p.at.After(r.waits.at) {
		r.waits = p
	}
}

// attempt carries a call as far as it goes now, and keeps how far that was.
func (s *Service) attempt(ctx context.Context, run *callRun) (CallResult, error) {
	ctx = withJob(ctx, keyedJob{name: CallKind + " " + run.hold.Key})
	_, err := s.inTurn(ctx, run)
	if err == nil {
		err = s.carryOut(ctx, run)
	}
	return s.conclude(ctx, run, err)
}

// inTurn waits until the calls of the same line that were accepted before are
// written. Behind one that waits for Kommo this one waits as well.
func (s *Service) inTurn(ctx context.Context, run *callRun) (waited bool, err error) {
	const reason = "an earlier call of this number or card is not written yet"
	for {
		before, err := run.hold.st.Ahead(ctx, run.hold.Op)
		switch {
		case err == nil && before.Waiting > 0, ctx.Err() != nil && before.Running > 0:
			return waited, &postponed{at: s.clock.Now(), reason: reason}
		case ctx.Err() != nil:
			return waited, &postponed{at: s.clock.Now(), reason: "there was no time to write it before the answer"}
		case err != nil:
			return waited, stateFailed(err)
		case before.Running == 0:
			return waited, nil
		}
		waited = true
		waitReal(ctx, busyPoll)
	}
}

// onCard puts the call into the line of its card, which other numbers and lead_id
// may lead to as well, and waits there for those that were accepted before. What
// they did to the lead is read afresh.
func (s *Service) onCard(ctx context.Context, run *callRun) (leave func(), err error) {
	run.rec.Card = run.card.kept()
	s.outbox.placed(run.hold.Seq)
	waited := false
	if line := run.card.line(); line != run.hold.Line {
		run.hold.Line = line
		body, err := json.Marshal(run.rec)
		if err == nil {
			err = run.hold.save(ctx, body)
		}
		if err != nil {
			return nil, err
		}
		if !run.interactive {
			waited = s.outbox.afterEarlier(ctx, run.hold.Seq)
		}
		again, err := s.inTurn(ctx, run)
		if err != nil {
			return nil, err
		}
		waited = waited || again
	}
	leave, alone, err := s.writeAlone(ctx, run.card.card)
	if err != nil || !waited && alone {
		return leave, err
	}
	if run.card, err = s.recallCard(ctx, run); err == nil {
		run.change, err = s.planChange(ctx, run.plan, run.card)
	}
	if err != nil {
		leave()
	}
	return leave, err
}

// carryOut looks first and writes then: whatever is wrong with the names is found
// out before anything is written.
func (s *Service) carryOut(ctx context.Context, run *callRun) (err error) {
	release, err := s.turns.take(ctx, run.rec.Call.keys()...)
	if err != nil {
		return err
	}
	defer release()
	if run.plan, err = s.planCall(ctx, run.rec); err != nil {
		return err
	}
	if err = s.findCard(ctx, run); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	if run.card.id == 0 {
		if run.card, err = s.makeCard(ctx, run); err != nil {
			return err
		}
		if err := s.remember(ctx, run.plan, run.card); err != nil {
			return err
		}
	}
	release()
	leave, err := s.onCard(ctx, run)
	if err != nil {
		return err
	}
	defer leave()
	return s.writeCall(ctx, run)
}

// findCard is the card that was chosen before, else the one to choose now, with
// what the call changes on it.
func (s *Service) findCard(ctx context.Context, run *callRun) (err error) {
	if run.rec.Card != nil {
		run.card, err = s.recallCard(ctx, run)
	} else {
		run.card, err = s.chooseCard(ctx, run.plan)
	}
	if err == nil {
		run.change, err = s.planChange(ctx, run.plan, run.card)
	}
	run.planned = err == nil
	return err
}

// writeAlone makes calls that reach one card write one after the other, in all
// processes: only so can a look-up tell whose a record is. atOnce is false if
// another had to be waited for.
func (s *Service) writeAlone(ctx context.Context, c card) (leave func(), atOnce bool, err error) {
	st, _ := s.journal.store()
	name, owner := fmt.Sprintf("card %s %s", s.journal.account, c.line()), store.Owner()
	release, err := s.turns.take(ctx, name)
	if err != nil {
		return nil, false, err
	}
	for atOnce = true; ; atOnce = false {
		ok, err := st.Hold(ctx, name, owner, store.Lease)
		if ok {
			return func() {
				_ = st.Leave(ctx, name, owner) // it ends by itself as well
				release()
			}, atOnce, nil
		}
		if err == nil && !waitReal(ctx, busyPoll) {
			err = ctx.Err()
		}
		if err != nil {
			release()
			return nil, false, stateFailedUnless(ctx, err)
		}
	}
}

// stateFailedUnless is the error of the state, or of a time that ran out.
func stateFailedUnless(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return stateFailed(err)
}

// conclude keeps the attempt and says what came of it.
func (s *Service) conclude(ctx context.Context, run *callRun, err error) (CallResult, error) {
	h, rec := run.hold, run.rec
	if err == nil {
		err = run.unfinished()
	}
	if err == nil {
		if run.interactive {
			s.answered()
		}
		return s.finished(ctx, run)
	}
	if wait := s.waitingFor(err); wait != nil {
		return s.queued(ctx, run, wait)
	}
	no, undecided := errors.AsType[*unwritten](err)
	switch {
	case run.interactive && run.former != nil: // what the delivery brought is refused; the call stays logged as it is
		rec.Call = *run.former
		err = errors.Join(err, s.keep(ctx, run, store.Done))
	case !run.interactive || rec.Answer != nil || rec.wroteAnything() || h.begun == store.Resumed && !undecided:
		h.Reason = said(err)
		if undecided {
			h.Reason = no.result.Why
		}
		err = errors.Join(run.notLogged(err), s.keep(ctx, run, store.Dead))
	default:
		h.drop(ctx)
	}
	if undecided {
		return no.result, nil
	}
	return CallResult{}, err
}

// unfinished is why the call has to be gone on with; nil if it has not.
func (r *callRun) unfinished() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits == nil {
		return nil
	}
	return r.waits
}

// finished keeps a call of which everything is written, and answers it.
func (s *Service) finished(ctx context.Context, run *callRun) (CallResult, error) {
	out := s.callResult(run)
	if run.rec.Answer == nil {
		first := out
		run.rec.Answer = &first
	} else {
		out.Status = CallMerged
	}
	run.rec.Applied.Stage = run.rec.Applied.Stage || run.rec.Call.Stage != "" // no later delivery moves the lead
	run.answered()
	run.hold.Reason, run.hold.NextTry = "", time.Time{}
	if err := s.keep(ctx, run, store.Done); err != nil {
		out.Warnings = append(out.Warnings, "The call is written, but that could not be recorded: "+said(err)+".")
	}
	return out, nil
}

// queued keeps a call that Kommo cannot take now.
func (s *Service) queued(ctx context.Context, run *callRun, wait *postponed) (CallResult, error) {
	h := run.hold
	h.Reason, h.NextTry = wait.reason, wait.at
	if wait.cause != nil { // one that waits its turn was not tried
		if grown := s.clock.Now().Add(min(firstTry<<min(h.Tries, 10), mostTry)); grown.After(h.NextTry) {
			h.NextTry = grown
		}
		h.Tries++
	}
	notes := run.rec.Steps[stepNotes].finished()
	if err := s.keep(ctx, run, store.Waiting); err != nil {
		return CallResult{}, run.notLogged(err)
	}
	if wait.cause != nil && !problem.HasCode(wait.cause, problem.OutcomeUnknown) {
		run.away = wait.cause
	}
	s.wake()
	out := CallResult{Status: CallQueued, Created: []Record{}, Found: []Record{}, Written: []string{}}
	if notes {
		out = s.callResult(run)
	}
	out.PendingID, out.Reason, out.NextTryAt = h.Seq, wait.reason, s.local(ctx, s.nextTry(ctx, h.st, h.Op))
	return out, nil
}

// keep ends the hold with the record as it is.
func (s *Service) keep(ctx context.Context, run *callRun, state store.State) error {
	run.mu.Lock()
	body, err := json.Marshal(run.rec)
	run.mu.Unlock()
	if err != nil {
		return stateFailed(err)
	}
	return run.hold.settle(ctx, state, body)
}

// answered notes which steps the caller has been told of.
func (r *callRun) answered() {
	for _, step := range r.rec.Steps {
		step.Answered = step.Done
	}
}

// notLogged is the failure of a call that is not logged. It says what is in Kommo
// all the same, so that nobody asks for it twice.
func (r *callRun) notLogged(err error) error {
	var left []string
	for _, name := range slices.Sorted(maps.Keys(r.rec.Steps)) {
		step := r.rec.Steps[name]
		left = append(left, step.Written...)
		if name == stepCard {
			for _, c := range step.Created {
				left = append(left, fmt.Sprintf("%s %d", c.Kind, c.ID))
			}
		}
	}
	if len(left) == 0 {
		return err
	}
	p := asProblem(err)
	p.Message = strings.TrimRight(p.Message, ". ") + ". The call is not logged, but this was written: " + strings.Join(left, "; ")
	if strings.TrimSpace(r.rec.Call.CallID) != "" {
		p.Next = "Call again with the same call_id: only what is missing will be written."
	}
	return p
}
