package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// callRun is a call on its way: its card, and what was done so far.
type callRun struct {
	plan   *callPlan
	card   callCard
	change leadChange
	steps  map[string]stepResult

	line    string // see CallResult
	content string
}

// The steps of writing a call, which go at once.
const (
	stepNotes  = "notes"
	stepTask   = "task"
	stepChange = "change"
)

// stepResult is what became of one step. A finished step is not done again:
// one that succeeded, and one whose outcome nobody knows.
type stepResult struct {
	finished bool
	err      error
	written  []string
	created  []Record
	warning  string
	before   CallStage
	after    CallStage
	lookedUp bool
}

// wroteAnything tells whether a failed call has left something in Kommo.
func (r *callRun) wroteAnything() bool {
	for _, step := range r.steps {
		if step.finished {
			return true
		}
	}
	return len(r.card.created) > 0
}

// writeCall does the steps that are not done yet, all at once, and puts the
// answer together. Only the notes decide whether the call is logged: a task or a
// change that fails is a warning.
func (s *Service) writeCall(ctx context.Context, run *callRun) (CallResult, error) {
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for name, step := range s.openSteps(run) {
		wg.Go(func() {
			result := step(ctx, run)
			mu.Lock()
			defer mu.Unlock()
			run.steps[name] = result
		})
	}
	wg.Wait()
	if err := run.steps[stepNotes].err; err != nil {
		return CallResult{}, run.notLogged(err)
	}
	return s.callResult(run), nil
}

// openSteps are the steps that the call asks for and that are not finished.
func (s *Service) openSteps(run *callRun) map[string]func(context.Context, *callRun) stepResult {
	open := map[string]func(context.Context, *callRun) stepResult{stepNotes: s.noteStep}
	if run.plan.FollowUpText != "" {
		open[stepTask] = s.taskStep
	}
	if !run.change.empty() && !run.card.complete {
		open[stepChange] = s.changeStep
	}
	for name, step := range run.steps {
		if step.finished {
			delete(open, name)
		}
	}
	return open
}

// callResult is the answer to a call whose notes are written.
func (s *Service) callResult(run *callRun) CallResult {
	c, p := run.card, run.plan
	out := CallResult{
		Status: CallLogged, URL: s.cardURL(c.kind, c.id), Card: s.record(c.kind, c.id, c.name), Why: c.why,
		Created: append([]Record{}, c.created...), Found: append([]Record{}, c.found...), Written: []string{},
		Skipped: append(append([]string(nil), p.skipped...), run.notApplicable()...), LookedUp: c.lookedUp,
		Warnings: append(append([]string(nil), p.warnings...), c.warnings...),
	}
	for _, name := range []string{stepNotes, stepTask, stepChange} {
		step := run.steps[name]
		out.Written = append(out.Written, step.written...)
		out.Created = append(out.Created, step.created...)
		out.Warnings = warned(out.Warnings, step.warning)
		out.LookedUp = out.LookedUp || step.lookedUp
		if step.after.Stage != "" {
			out.Before, out.After = step.before, step.after
		}
	}
	for _, r := range run.steps[stepNotes].created {
		if r.Kind == KindCall {
			out.ID = r.ID
		}
	}
	if c.complete {
		out.Written = append(out.Written, run.change.parts()...)
	}
	return out
}

// notApplicable says what was asked for and has no place on the card.
func (r *callRun) notApplicable() []string {
	var out []string
	p := r.plan
	if r.card.kind == KindLead {
		if strings.TrimSpace(p.Stage) != "" && r.change.stage == nil && !r.card.complete {
			out = append(out, "stage: the lead is there already")
		}
		return out
	}
	for argument, asked := range map[string]bool{"fields": len(p.Fields) > 0, "stage": strings.TrimSpace(p.Stage) != "", "tags": len(p.Tags) > 0} {
		if asked {
			out = append(out, argument+": the call is on a "+r.card.kind+"'s card, and this is the lead's")
		}
	}
	slices.Sort(out)
	return out
}

// notLogged is the failure of the notes. It says what is in Kommo all the same,
// so that nobody asks for it twice.
func (r *callRun) notLogged(err error) error {
	var left []string
	for _, c := range r.card.created {
		left = append(left, fmt.Sprintf("%s %d", c.Kind, c.ID))
	}
	for _, name := range []string{stepTask, stepChange} {
		left = append(left, r.steps[name].written...)
	}
	if len(left) == 0 {
		return err
	}
	p := asProblem(err)
	p.Message = strings.TrimRight(p.Message, ". ") + ". The call is not logged, but this was written: " + strings.Join(left, "; ")
	if !problem.HasCode(err, problem.OutcomeUnknown) && strings.TrimSpace(r.plan.CallID) != "" {
		p.Next = "Call again with the same call_id: only what is missing will be written."
	}
	return p
}

// asProblem is a copy of a refusal to which more can be said.
func asProblem(err error) *problem.Problem {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		out := *p
		return &out
	}
	code := problem.KommoUnavailable
	switch {
	case kommo.HasCode(err, kommo.CodeRateLimited):
		code = problem.RateLimited
	case kommo.HasCode(err, kommo.CodeBlocked):
		code = problem.Blocked
	case kommo.HasCode(err, kommo.CodeUnauthorized):
		code = problem.Unauthorized
	case kommo.HasCode(err, kommo.CodePayment):
		code = problem.PaymentRequired
	case kommo.HasCode(err, kommo.CodeForbidden, kommo.CodeScope, kommo.CodeIPNotAllowed):
		code = problem.Forbidden
	case kommo.HasCode(err, kommo.CodeInvalid, kommo.CodeUnprocessable):
		code = problem.Unprocessable
	case kommo.HasCode(err, kommo.CodeTimeout), errors.Is(err, context.DeadlineExceeded):
		code = problem.Timeout
	}
	return problem.New(code, said(err)).Wrap(err)
}
