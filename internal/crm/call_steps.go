package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// noteStep writes call, summary and transcript in one request.
func (s *Service) noteStep(ctx context.Context, run *callRun) error {
	c, p := run.card.card, run.plan
	sent := run.notesToSend(c)
	notes := sent.writes(c, p)
	ids, lookedUp, err := post(ctx, s, run, stepNotes, write[[]int64]{
		what: fmt.Sprintf("the call on %s %d", c.kind, c.id),
		send: func(ctx context.Context) ([]int64, error) {
			made, err := s.api.Notes.Create(ctx, c.entity, notes)
			ids := make([]int64, len(made))
			for i, m := range made {
				ids[i] = m.ID
			}
			return ids, err
		},
		find: func(ctx context.Context) ([]int64, bool, error) { return s.findCall(ctx, c, p, notes) },
	})
	if err != nil {
		return c.explained(err)
	}
	for _, id := range ids {
		s.took(ctx, KindNote, id)
	}
	kept := sent.withIDs(ids)
	step := s.notesWritten(p, kept)
	step.LookedUp = lookedUp
	run.finish(stepNotes, step, func(rec *callRecord) { rec.Notes, rec.Sent = kept, nil })
	if p.notesDiffer(kept) { // what was found is what was sent before a later delivery brought more
		return s.updateStep(ctx, run)
	}
	return nil
}

// notesToSend are the notes as they were sent by an earlier try of which nobody
// knows what became: those are to be looked for, not what a later delivery has made
// of them. Otherwise they are the notes as they are wanted.
func (r *callRun) notesToSend(c card) *keptNotes {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rec.Sent == nil || !r.rec.Steps[stepNotes].doubtful() {
		wanted := r.plan.notes(c)
		r.rec.Sent = r.plan.keptNotes(wanted, make([]int64, len(wanted)))
	}
	return r.rec.Sent
}

// writes are the notes as requests take them, the call first.
func (k *keptNotes) writes(c card, p *callPlan) []kommo.NoteWrite {
	out := []kommo.NoteWrite{{EntityID: c.id, Type: p.callType(), CreatedAt: p.createdAt(), Params: k.Params}}
	for _, t := range slices.Concat(k.Summary, k.Transcript) {
		out = append(out, kommo.NoteWrite{EntityID: c.id, Type: kommo.NoteCommon, CreatedAt: p.createdAt(), Params: kommo.TextParams{Text: t.Text}})
	}
	return out
}

// withIDs is the notes with the ids that they got, in the order of writes.
func (k *keptNotes) withIDs(ids []int64) *keptNotes {
	out := &keptNotes{Call: ids[0], Params: k.Params}
	for i, t := range k.Summary {
		out.Summary = append(out.Summary, keptText{ID: ids[1+i], Text: t.Text})
	}
	for i, t := range k.Transcript {
		out.Transcript = append(out.Transcript, keptText{ID: ids[1+len(k.Summary)+i], Text: t.Text})
	}
	return out
}

// findCall looks for the notes of the call among the card's newest: the call by
// its uniq, which no other call has, the texts by what they say. One request
// wrote all or none, the call first.
func (s *Service) findCall(ctx context.Context, c card, p *callPlan, notes []kommo.NoteWrite) ([]int64, bool, error) {
	page, err := s.api.Notes.ListOf(ctx, c.entity, c.id, kommo.NoteFilter{
		ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}, Order: newest,
	})
	ids := make([]int64, len(notes))
	for _, n := range page.Items {
		if call, ok := n.Call(); ok && call.Unique == p.uniq {
			ids[0] = n.ID
		}
	}
	if ids[0] == 0 {
		return nil, false, err
	}
	for i, w := range notes[1:] {
		ids[i+1] = nearestText(page.Items, w, ids[0], ids)
	}
	return ids, true, nil
}

// nearestText is the note with a text that was written soonest after another.
func nearestText(notes []kommo.Note, w kommo.NoteWrite, after int64, taken []int64) int64 {
	want, _ := w.Params.(kommo.TextParams)
	best := int64(0)
	for _, n := range notes {
		if n.ID <= after || best != 0 && n.ID >= best || n.Type != kommo.NoteCommon || !sameText(n.Text(), want.Text) {
			continue
		}
		if !slices.Contains(taken, n.ID) {
			best = n.ID
		}
	}
	return best
}

// keptNotes is what is remembered of notes that were written.
func (p *callPlan) keptNotes(notes []kommo.NoteWrite, ids []int64) *keptNotes {
	params, _ := notes[0].Params.(kommo.CallParams)
	out := &keptNotes{Call: ids[0], Params: params}
	summaries := len(notes) - 1 - len(p.transcripts())
	for i, n := range notes[1:] {
		text, _ := n.Params.(kommo.TextParams)
		one := keptText{ID: ids[i+1], Text: text.Text}
		if i < summaries {
			out.Summary = append(out.Summary, one)
		} else {
			out.Transcript = append(out.Transcript, one)
		}
	}
	return out
}

func (s *Service) notesWritten(p *callPlan, kept *keptNotes) callStep {
	out := callStep{Written: []string{"call"}, Created: []Record{s.record(KindCall, kept.Call, p.title(p.headlineOr("")))}}
	if len(kept.Summary) > 0 {
		out.Written = append(out.Written, "summary")
	}
	switch n := len(kept.Transcript); {
	case n == 1:
		out.Written = append(out.Written, "transcript")
	case n > 1:
		out.Written = append(out.Written, fmt.Sprintf("transcript in %d notes", n))
	}
	out.Warning = p.transcriptCut()
	out.Created = append(out.Created, s.textRecords("Summary", kept.Summary)...)
	out.Created = append(out.Created, s.textRecords("Transcript", kept.Transcript)...)
	return out
}

func (s *Service) textRecords(name string, texts []keptText) []Record {
	var out []Record
	for _, t := range texts {
		if t.ID != 0 {
			out = append(out, s.record(KindNote, t.ID, name))
		}
	}
	return out
}

func (p *callPlan) transcriptCut() string {
	if len(pieces(strings.TrimSpace(p.Transcript), maxNote)) <= maxTranscript {
		return ""
	}
	return fmt.Sprintf("Only the first %d notes of the transcript were written; keep the rest elsewhere.", maxTranscript)
}

// taskStep creates the follow-up task for the user named, else the card's user.
func (s *Service) taskStep(ctx context.Context, run *callRun) error {
	p, c := run.plan, run.card
	since := s.clock.Now()
	if prior := run.step(stepTask); prior.doubtful() {
		since = prior.First
	}
	id, lookedUp, err := post(ctx, s, run, stepTask, s.taskWrite(c.card, kommo.TaskWrite{
		Text: p.FollowUpText, Deadline: kommo.UnixOf(p.due.Time), EntityID: c.id, EntityType: c.entity,
		ResponsibleID: cmp.Or(p.taskUser.ID, c.responsible),
	}, since))
	if err != nil {
		return err
	}
	run.finish(stepTask, callStep{
		LookedUp: lookedUp, Written: []string{"follow-up task, due " + p.due.text},
		Created: []Record{s.record(KindTask, id, p.FollowUpText)},
	}, nil)
	return nil
}

// changeStep sets stage, fields and tags in one request. A PATCH may be sent
// again; but a stage that was reached and left since must not be set once more,
// so that an earlier try without an answer is looked up among the lead's events.
func (s *Service) changeStep(ctx context.Context, run *callRun) error {
	if prior := run.step(stepChange); prior.doubtful() && run.change.stage != nil {
		moved, err := s.movedSince(ctx, run.card.id, *run.change.stage, prior.First)
		if err != nil {
			return err
		}
		if moved {
			run.change.write.StatusID, run.change.write.PipelineID = 0, 0
		}
	}
	if err := run.sending(ctx, stepChange, s); err != nil {
		return err
	}
	if err := s.sendChange(ctx, run); err != nil {
		if e, ok := errors.AsType[*kommo.Error](err); !ok || !e.MayHaveArrived() {
			run.refused(stepChange)
		}
		return err
	}
	step := callStep{Written: run.change.parts()}
	if run.change.stage != nil {
		step.Before, step.After = s.stageChange(ctx, run.card.lead, run.change)
		if step.After.Pipeline != "" && run.plan.pipeline == nil {
			step.Warning = fmt.Sprintf("Only the pipeline %s has the stage %s, so the lead left %s. Give pipeline to say where stages are meant.",
				step.After.Pipeline, step.After.Stage, step.Before.Pipeline)
		}
	}
	run.finish(stepChange, step, func(rec *callRecord) { rec.Applied.add(run.change) })
	return nil
}

func (s *Service) sendChange(ctx context.Context, run *callRun) error {
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
	return err
}

// movedSince tells whether the lead has reached a stage since a moment.
func (s *Service) movedSince(ctx context.Context, lead int64, to directory.Stage, since time.Time) (bool, error) {
	page, err := s.api.Events.List(ctx, kommo.EventFilter{
		Entity: KindLead, EntityIDs: []int64{lead}, Types: []string{"lead_status_changed"},
		CreatedAt: kommo.Between(since.Add(-clockSkew), time.Time{}), ListOptions: kommo.ListOptions{Limit: kommo.MaxEventPage},
	})
	reached := func(v kommo.EventValue) bool {
		return v.Stage != nil && v.Stage.ID == to.ID && v.Stage.PipelineID == to.PipelineID
	}
	return slices.ContainsFunc(page.Items, func(e kommo.Event) bool { return slices.ContainsFunc(e.ValuesAfter(), reached) }), err
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

func (s *Service) stageChange(ctx context.Context, lead kommo.Lead, c leadChange) (before, after CallStage) {
	snapshot, _ := s.names.Snapshot(ctx, "pipelines") // without it the names are ids
	before.Stage, after.Stage = snapshot.StageName(lead.PipelineID, lead.StatusID), c.stage.Name
	if lead.PipelineID != c.stage.PipelineID {
		before.Pipeline, after.Pipeline = snapshot.PipelineName(lead.PipelineID), c.stage.PipelineName
	}
	return before, after
}
