package crm

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

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
		if out.after.Pipeline != "" && run.plan.pipeline == nil {
			out.warning = fmt.Sprintf("Only the pipeline %s has the stage %s, so the lead left %s. Give pipeline to say where stages are meant.",
				out.after.Pipeline, out.after.Stage, out.before.Pipeline)
		}
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
