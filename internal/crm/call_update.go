package crm

import (
	"context"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// notesDiffer tells whether the notes have to say more than they were written
// with, since a later delivery brought it.
func (p *callPlan) notesDiffer(kept *keptNotes) bool {
	change, more := p.noteChanges(card{}, kept)
	return len(change)+len(more) > 0
}

// noteChanges are the notes to rewrite and those to add. A text that was not found
// again after a lost answer is left alone.
func (p *callPlan) noteChanges(c card, kept *keptNotes) (change, more []kommo.NoteWrite) {
	all := p.notes(c)
	params, _ := all[0].Params.(kommo.CallParams)
	if params != kept.Params {
		change = append(change, kommo.NoteWrite{ID: kept.Call, EntityID: c.id, Type: all[0].Type, Params: params})
	}
	summaries := all[1 : len(all)-len(p.transcripts())]
	for _, group := range []struct {
		now  []kommo.NoteWrite
		then []keptText
	}{{summaries, kept.Summary}, {all[1+len(summaries):], kept.Transcript}} {
		for i, w := range group.now {
			text, _ := w.Params.(kommo.TextParams)
			switch {
			case i >= len(group.then):
				more = append(more, w)
			case group.then[i].ID != 0 && !sameText(group.then[i].Text, text.Text):
				change = append(change, kommo.NoteWrite{ID: group.then[i].ID, EntityID: c.id, Type: w.Type, Params: text})
			}
		}
	}
	return change, more
}

// updateStep rewrites the notes in place and adds those that are new. Rewriting
// again does no harm.
func (s *Service) updateStep(ctx context.Context, run *callRun) error {
	c, p := run.card.card, run.plan
	change, more := p.noteChanges(c, run.rec.Notes)
	step := callStep{Warning: p.transcriptCut()}
	var ids []int64
	if len(more) > 0 {
		var err error
		if ids, step.LookedUp, err = s.moreNotes(ctx, run, more); err != nil {
			return err
		}
	}
	if len(change) > 0 {
		if _, err := s.api.Notes.UpdateMany(ctx, c.entity, change); err != nil {
			return c.explained(err)
		}
		step.Written = append(step.Written, "notes updated")
	}
	kept := p.updatedNotes(run.rec.Notes, ids)
	if len(ids) > 0 {
		step.Written = append(step.Written, "transcript")
		step.Created = s.textRecords("Transcript", kept.Transcript[max(len(kept.Transcript)-len(ids), 0):])
	}
	run.finish(contentStep(stepUpdate, kept), step, func(rec *callRecord) { rec.Notes = kept })
	return nil
}

// moreNotes adds notes to a call whose first ones are written.
func (s *Service) moreNotes(ctx context.Context, run *callRun, more []kommo.NoteWrite) (ids []int64, lookedUp bool, err error) {
	c := run.card.card
	return post(ctx, s, run, contentStep(stepMore, more), write[[]int64]{
		what: fmt.Sprintf("more notes of the call on %s %d", c.kind, c.id),
		send: func(ctx context.Context) ([]int64, error) {
			made, err := s.api.Notes.Create(ctx, c.entity, more)
			ids := make([]int64, len(made))
			for i, m := range made {
				ids[i] = m.ID
			}
			return ids, err
		},
		find: func(ctx context.Context) ([]int64, bool, error) {
			page, err := s.api.Notes.ListOf(ctx, c.entity, c.id, kommo.NoteFilter{
				ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}, Order: newest,
			})
			ids := make([]int64, len(more))
			for i, w := range more {
				if ids[i] = nearestText(page.Items, w, run.rec.Notes.Call, ids); ids[i] == 0 {
					return nil, false, err
				}
			}
			return ids, true, nil
		},
	})
}

// updatedNotes is what is remembered after an update; added are the ids of the
// notes that came anew, in the order of noteChanges.
func (p *callPlan) updatedNotes(kept *keptNotes, added []int64) *keptNotes {
	all := p.notes(card{})
	summaries := len(all) - 1 - len(p.transcripts())
	ids := []int64{kept.Call}
	for i := range all[1:] {
		then, at := kept.Summary, i
		if i >= summaries {
			then, at = kept.Transcript, i-summaries
		}
		switch {
		case at < len(then):
			ids = append(ids, then[at].ID)
		case len(added) > 0:
			ids, added = append(ids, added[0]), added[1:]
		default:
			ids = append(ids, 0)
		}
	}
	return p.keptNotes(all, ids)
}
