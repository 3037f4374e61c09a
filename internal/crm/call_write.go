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

// writeCall does the steps that are not done yet, all at once. Only the notes
// decide whether the call is logged: a task or a change that Kommo refuses for
// good is a warning. What time may heal waits.
func (s *Service) writeCall(ctx context.Context, run *callRun) error {
	var (
		wg       sync.WaitGroup
		notesErr error
	)
	for name, step := range s.openSteps(run) {
		wg.Go(func() {
			err := step(ctx, run)
			wait := s.waitingFor(err)
			switch {
			case err == nil:
			case wait != nil:
				run.postpone(wait)
			case name == stepTask, name == stepChange:
				run.finish(name, callStep{Warning: run.failed(name, err)}, nil)
			default:
				notesErr = err // one of the steps only: notes, or the updates of them
			}
		})
	}
	wg.Wait()
	return notesErr
}

// openSteps are the steps that the call asks for and that are not finished.
func (s *Service) openSteps(run *callRun) map[string]func(context.Context, *callRun) error {
	open := map[string]func(context.Context, *callRun) error{}
	switch {
	case run.rec.Notes == nil:
		open[stepNotes] = s.noteStep
	case run.plan.notesDiffer(run.rec.Notes):
		open[stepUpdate] = s.updateStep
	}
	if run.plan.FollowUpText != "" && !run.plan.taskDone {
		open[stepTask] = s.taskStep
	}
	if !run.change.empty() {
		open[stepChange] = s.changeStep
	}
	return open
}

// failed is the warning for a step that Kommo refuses.
func (r *callRun) failed(name string, err error) string {
	c := r.card
	if name == stepTask {
		return fmt.Sprintf("The follow-up task was not created: %s. Create it with create_task on %s %d.", said(err), c.kind, c.id)
	}
	return fmt.Sprintf("Not written: %s, since %s. Use %s on lead %d.", strings.Join(r.change.parts(), ", "), said(err), r.change.tools(), c.id)
}

// callResult is the answer to a call whose notes are written: what was done since
// the last answer. This attempt may have come to nothing before it had a plan.
func (s *Service) callResult(run *callRun) CallResult {
	rec := run.rec
	c := *rec.Card
	out := CallResult{
		Status: CallLogged, ID: rec.Notes.Call, URL: s.cardURL(c.Kind, c.ID), Card: s.record(c.Kind, c.ID, c.Name), Why: c.Why,
		Created: []Record{}, Found: append([]Record{}, c.Found...), Written: []string{},
		Warnings: slices.Concat(warned(nil, run.hold.warning), c.Warnings),
	}
	if run.planned {
		out.Skipped = slices.Concat(run.plan.skipped, run.notApplicable())
		out.Warnings = slices.Concat(out.Warnings, run.plan.warnings)
	}
	out.Skipped = append(out.Skipped, run.ignored...)
	for _, name := range rec.stepNames() {
		step := rec.Steps[name]
		if !step.Done || step.Answered {
			continue
		}
		out.Written = append(out.Written, step.Written...)
		out.Created = append(out.Created, step.Created...)
		out.Warnings = warned(out.Warnings, step.Warning)
		out.LookedUp = out.LookedUp || step.LookedUp
		if step.After.Stage != "" {
			out.Before, out.After = step.Before, step.After
		}
	}
	return out
}

// stepNames are the steps in the order in which they are told.
func (r *callRecord) stepNames() []string {
	order := []string{stepCard, stepNotes, stepUpdate, stepMore, stepTask, stepChange}
	var out []string
	for _, kind := range order {
		var names []string
		for name := range r.Steps {
			if first, _, _ := strings.Cut(name, " "); first == kind {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		out = append(out, names...)
	}
	return out
}

// notApplicable says what was asked for and has no place on the card.
func (r *callRun) notApplicable() []string {
	var out []string
	p := r.plan
	if r.card.kind == KindLead {
		if strings.TrimSpace(p.Stage) != "" && r.change.stage == nil && !r.rec.Applied.Stage {
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
