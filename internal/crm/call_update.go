package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// notesDiffer tells whether the notes have to say more than they were written
// with, since a later delivery brought it.
func (p *callPlan) notesDiffer(kept *keptNotes) bool {
	change, more := p.noteChanges(card{}, kept)
	return len(change) > 0 || !more.empty()
}

// noteChanges are the notes to rewrite and those to add. A text that was not found
// again after a lost answer is left alone.
func (p *callPlan) noteChanges(c card, kept *keptNotes) (change []kommo.NoteWrite, more *moreTexts) {
	all := p.notes(c)
	more = &moreTexts{}
	params, _ := all[0].Params.(kommo.CallParams)
	if params != kept.Params {
		change = append(change, kommo.NoteWrite{ID: kept.Call, EntityID: c.id, Type: all[0].Type, Params: params})
	}
	summaries := all[1 : len(all)-len(p.transcripts())]
	for _, group := range []struct {
		now  []kommo.NoteWrite
		then []keptText
		add  *[]string
	}{{summaries, kept.Summary, &more.Summary}, {all[1+len(summaries):], kept.Transcript, &more.Transcript}} {
		for i, w := range group.now {
			text, _ := w.Params.(kommo.TextParams)
			switch {
			case i >= len(group.then):
				*group.add = append(*group.add, text.Text)
			case group.then[i].ID != 0 && !sameText(group.then[i].Text, text.Text):
				change = append(change, kommo.NoteWrite{ID: group.then[i].ID, EntityID: c.id, Type: w.Type, Params: text})
			}
		}
	}
	return change, more
}

// updateStep adds the notes that are new and rewrites the others in place.
// Rewriting again does no harm.
func (s *Service) updateStep(ctx context.Context, run *callRun) error {
	c, p := run.card.card, run.plan
	for {
		more := run.moreToSend()
		if more.empty() {
			break
		}
		if err := s.moreNotes(ctx, run, more); err != nil {
			return err
		}
	}
	step := callStep{Warning: p.transcriptCut()}
	if change, _ := p.noteChanges(c, run.rec.Notes); len(change) > 0 {
		if _, err := s.api.Notes.UpdateMany(ctx, c.entity, change); err != nil {
			return c.explained(err)
		}
		step.Written = append(step.Written, "notes updated")
	}
	kept := p.updatedNotes(run.rec.Notes)
	run.finish(contentStep(stepUpdate, kept), step, func(rec *callRecord) { rec.Notes = kept })
	return nil
}

// moreTexts are notes that a later delivery adds to a call.
type moreTexts struct {
	Summary    []string `json:"summary,omitempty"`
	Transcript []string `json:"transcript,omitempty"`
}

func (m *moreTexts) empty() bool { return len(m.Summary)+len(m.Transcript) == 0 }

func (m *moreTexts) writes(c card, p *callPlan) []kommo.NoteWrite {
	var out []kommo.NoteWrite
	for _, text := range slices.Concat(m.Summary, m.Transcript) {
		out = append(out, kommo.NoteWrite{EntityID: c.id, Type: kommo.NoteCommon, CreatedAt: p.createdAt(), Params: kommo.TextParams{Text: text}})
	}
	return out
}

// moreToSend are the notes to add: those that an earlier try has sent and of which
// nobody knows what became, before what a still later delivery wants.
func (r *callRun) moreToSend() *moreTexts {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rec.More == nil || !r.rec.Steps[contentStep(stepMore, r.rec.More)].doubtful() {
		_, r.rec.More = r.plan.noteChanges(r.card.card, r.rec.Notes)
	}
	return r.rec.More
}

// moreNotes adds notes to a call whose first ones are written.
func (s *Service) moreNotes(ctx context.Context, run *callRun, more *moreTexts) error {
	c := run.card.card
	name, notes := contentStep(stepMore, more), more.writes(c, run.plan)
	ids, lookedUp, err := post(ctx, s, run, name, write[[]int64]{
		what: fmt.Sprintf("more notes of the call on %s %d", c.kind, c.id),
		send: func(ctx context.Context) ([]int64, error) {
			made, err := s.api.Notes.Create(ctx, c.entity, notes)
			ids := make([]int64, len(made))
			for i, m := range made {
				ids[i] = m.ID
			}
			return ids, err
		},
		find: func(ctx context.Context) ([]int64, bool, error) { return s.findMore(ctx, run, notes) },
	})
	if err != nil {
		return c.explained(err)
	}
	kept := *run.rec.Notes
	for i, text := range more.Summary {
		kept.Summary = append(slices.Clone(kept.Summary), keptText{ID: ids[i], Text: text})
	}
	for i, text := range more.Transcript {
		kept.Transcript = append(slices.Clone(kept.Transcript), keptText{ID: ids[len(more.Summary)+i], Text: text})
	}
	for _, id := range ids {
		s.took(ctx, KindNote, id)
	}
	step := moreWritten(more)
	step.LookedUp = lookedUp
	step.Created = append(s.textRecords("Summary", kept.Summary[len(kept.Summary)-len(more.Summary):]),
		s.textRecords("Transcript", kept.Transcript[len(kept.Transcript)-len(more.Transcript):])...)
	run.finish(name, step, func(rec *callRecord) { rec.Notes, rec.More = &kept, nil })
	return nil
}

func moreWritten(more *moreTexts) callStep {
	var out callStep
	if len(more.Summary) > 0 {
		out.Written = append(out.Written, "summary")
	}
	if len(more.Transcript) > 0 {
		out.Written = append(out.Written, "transcript")
	}
	return out
}

// findMore looks for added notes among those of the card that came after the call.
func (s *Service) findMore(ctx context.Context, run *callRun, notes []kommo.NoteWrite) ([]int64, bool, error) {
	c := run.card.card
	page, err := s.api.Notes.ListOf(ctx, c.entity, c.id, kommo.NoteFilter{
		ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}, Order: newest,
	})
	if err != nil {
		return nil, false, err
	}
	var ids, others []int64
	for _, w := range notes {
		id := nearestText(page.Items, w, run.rec.Notes.Call, slices.Concat(ids, others))
		for id != 0 && !s.took(ctx, KindNote, id) { // another call has the same words
			others = append(others, id)
			id = nearestText(page.Items, w, run.rec.Notes.Call, slices.Concat(ids, others))
		}
		if id == 0 {
			return nil, false, nil
		}
		ids = append(ids, id)
	}
	return ids, true, nil
}

// updatedNotes is what is remembered of notes that were rewritten.
func (p *callPlan) updatedNotes(kept *keptNotes) *keptNotes {
	all := p.notes(card{})
	summaries := len(all) - 1 - len(p.transcripts())
	ids := []int64{kept.Call}
	for i := range all[1:] {
		then, at := kept.Summary, i
		if i >= summaries {
			then, at = kept.Transcript, i-summaries
		}
		id := int64(0)
		if at < len(then) {
			id = then[at].ID
		}
		ids = append(ids, id)
	}
	return p.keptNotes(all, ids)
}
