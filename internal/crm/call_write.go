package crm

import (
	"cmp"
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

// noteStep writes call, summary and transcript in one request.
func (s *Service) noteStep(ctx context.Context, run *callRun) stepResult {
	c, notes := run.card.card, run.plan.notes(run.card.card)
	ids, lookedUp, err := settle(ctx, s.clock, write[[]int64]{
		what: fmt.Sprintf("the call on %s %d", c.kind, c.id),
		send: func(ctx context.Context) ([]int64, error) {
			made, err := s.api.Notes.Create(ctx, c.entity, notes)
			ids := make([]int64, len(made))
			for i, m := range made {
				ids[i] = m.ID
				s.made.take(KindNote, m.ID)
			}
			return ids, err
		},
		find: func(ctx context.Context) ([]int64, bool, error) { return s.findCall(ctx, c, run.plan, notes) },
	})
	if err != nil {
		return stepResult{err: c.explained(err), finished: problem.HasCode(err, problem.OutcomeUnknown)}
	}
	return s.notesWritten(run.plan, ids, lookedUp)
}

// findCall looks for the notes of the call among the card's newest: the call by
// its uniq, which no other call has, the texts by what they say. One request
// wrote all or none.
func (s *Service) findCall(ctx context.Context, c card, p *callPlan, notes []kommo.NoteWrite) ([]int64, bool, error) {
	page, err := s.api.Notes.ListOf(ctx, c.entity, c.id, kommo.NoteFilter{
		ListOptions: kommo.ListOptions{Limit: newestRows}, Order: newest,
	})
	ids := make([]int64, len(notes))
	for _, n := range page.Items {
		if call, ok := n.Call(); ok && call.Unique == p.uniq {
			ids[0] = n.ID
		}
		for i, w := range notes[1:] {
			text, _ := w.Params.(kommo.TextParams)
			if ids[i+1] == 0 && n.Type == kommo.NoteCommon && sameText(n.Text(), text.Text) {
				ids[i+1] = n.ID
				break
			}
		}
	}
	if ids[0] == 0 {
		return nil, false, err
	}
	for _, id := range ids {
		s.made.take(KindNote, id)
	}
	return ids, true, nil
}

func (s *Service) notesWritten(p *callPlan, ids []int64, lookedUp bool) stepResult {
	out := stepResult{finished: true, lookedUp: lookedUp, written: []string{"call", "summary"}}
	transcripts := len(p.transcripts())
	switch {
	case transcripts == 1:
		out.written = append(out.written, "transcript")
	case transcripts > 1:
		out.written = append(out.written, fmt.Sprintf("transcript in %d notes", transcripts))
	}
	if len(pieces(strings.TrimSpace(p.Transcript), maxNote)) > maxTranscript {
		out.warning = fmt.Sprintf("Only the first %d notes of the transcript were written; keep the rest elsewhere.", maxTranscript)
	}
	for i, id := range ids {
		kind, name := KindNote, "Transcript"
		switch {
		case i == 0:
			kind, name = KindCall, p.title(p.headlineOr(""))
		case i < len(ids)-transcripts:
			name = "Summary"
		}
		if id != 0 {
			out.created = append(out.created, s.record(kind, id, name))
		}
	}
	return out
}

// taskStep creates the follow-up task for the user named, else the card's user.
func (s *Service) taskStep(ctx context.Context, run *callRun) stepResult {
	p, c := run.plan, run.card
	id, lookedUp, err := s.writeTask(ctx, c.card, kommo.TaskWrite{
		Text: p.FollowUpText, Deadline: kommo.UnixOf(p.due.Time), EntityID: c.id, EntityType: c.entity,
		ResponsibleID: cmp.Or(p.taskUser.ID, c.responsible),
	})
	switch {
	case problem.HasCode(err, problem.OutcomeUnknown):
		return stepResult{finished: true, warning: "Nobody knows whether the follow-up task was created: " + said(err) + ". Look with list_tasks before you create it."}
	case err != nil:
		return stepResult{err: err, warning: fmt.Sprintf("The follow-up task was not created: %s. Create it with create_task on %s %d.", said(err), c.kind, c.id)}
	}
	return stepResult{
		finished: true, lookedUp: lookedUp, written: []string{"follow-up task, due " + p.due.text},
		created: []Record{s.record(KindTask, id, p.FollowUpText)},
	}
}

// changeStep sets stage, fields and tags in one request. A PATCH may be sent
// again, so that its outcome is known or harmless.
func (s *Service) changeStep(ctx context.Context, run *callRun) stepResult {
	first := true
	_, err := withNames(ctx, s, func(ctx context.Context) (kommo.Updated, error) {
		if !first { // Kommo refused a name's id: resolve afresh
			change, err := s.planChange(ctx, run.plan, run.card)
			if err != nil {
				return kommo.Updated{}, err
			}
			run.change = change
		}
		first = false
		return s.api.Leads.Update(ctx, run.card.id, run.change.write)
	})
	what := run.change.parts()
	if err != nil {
		return stepResult{err: err, warning: fmt.Sprintf("Not written: %s, since %s. Use %s on lead %d.",
			strings.Join(what, ", "), said(err), run.change.tools(), run.card.id)}
	}
	out := stepResult{finished: true, written: what}
	if run.change.stage != nil {
		out.before, out.after = s.stageChange(ctx, run.card.lead, run.change)
	}
	return out
}

// parts names what is changed: "stage", "fields: Budget, Roof type", "tags: hot".
func (c leadChange) parts() []string {
	var out []string
	if c.stage != nil {
		out = append(out, "stage")
	}
	if len(c.fields) > 0 {
		out = append(out, "fields: "+strings.Join(c.fields, ", "))
	}
	if len(c.tags) > 0 {
		out = append(out, "tags: "+strings.Join(c.tags, ", "))
	}
	return out
}

// tools are those that repair a change that failed.
func (c leadChange) tools() string {
	var out []string
	if c.stage != nil {
		out = append(out, "move_lead_stage")
	}
	if len(c.fields)+len(c.tags) > 0 {
		out = append(out, "update_lead")
	}
	return strings.Join(out, " and ")
}

func (s *Service) stageChange(ctx context.Context, lead kommo.Lead, c leadChange) (before, after CallStage) {
	snapshot, _ := s.names.Snapshot(ctx, "pipelines") // without it the names are ids
	before.Stage, after.Stage = snapshot.StageName(lead.PipelineID, lead.StatusID), c.stage.Name
	if lead.PipelineID != c.stage.PipelineID {
		before.Pipeline, after.Pipeline = snapshot.PipelineName(lead.PipelineID), c.stage.PipelineName
	}
	return before, after
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
