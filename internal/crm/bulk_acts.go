package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// bulkAct resolves all names of a change before any lead is read.
func (s *Service) bulkAct(ctx context.Context, c BulkChange) (bulkAct, error) {
	var act bulkAct
	var err error
	switch {
	case c.Note != "":
		act, err = s.bulkNote(c.Note)
	case c.Stage != "":
		act, err = s.bulkMove(ctx, c)
	default:
		act, err = s.bulkEdit(ctx, c)
	}
	return act, bulkField(err)
}

// bulkField names the argument of the change: stage, pipeline and responsible
// are those of the filter.
func bulkField(err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || !slices.Contains([]string{"stage", "pipeline", "responsible"}, p.Field) {
		return err
	}
	renamed := *p
	renamed.Field = "to_" + p.Field
	return &renamed
}

// bulkEdit changes price, responsible, fields or tags.
func (s *Service) bulkEdit(ctx context.Context, c BulkChange) (bulkAct, error) {
	change := LeadChange{Price: c.Price, Responsible: c.Responsible, Fields: c.Fields, AddTags: c.AddTags, RemoveTags: c.RemoveTags}
	if emptyChange(change) != nil {
		return bulkAct{}, problem.New(problem.InvalidArgument, "No change was asked for; nothing was written.").
			WithNext("Name what is to be changed.")
	}
	if _, err := changeTags(nil, c.AddTags, c.RemoveTags); err != nil {
		return bulkAct{}, err
	}
	user, warning, err := s.owner(ctx, c.Responsible)
	if err != nil {
		return bulkAct{}, err
	}
	fields, err := s.fieldWrites(ctx, kommo.Leads, c.Fields)
	if err != nil {
		return bulkAct{}, err
	}
	names, err := s.namesFor(ctx, kommo.Leads, user.ID != 0, len(fields) > 0)
	if err != nil {
		return bulkAct{}, err
	}
	act := bulkAct{verb: "Change", what: editText(c, user, names, fields), warnings: warned(nil, warning)}
	act.diff = func(_ context.Context, l kommo.Lead) (*kommo.LeadWrite, any, any, error) {
		tags, err := changeTags(l.Embedded.Tags, c.AddTags, c.RemoveTags)
		if err != nil {
			return nil, nil, nil, err
		}
		w, before, after := leadDifference(names, l, change, user, changeFields(names, kommo.Leads, l.Fields, fields), tags)
		return w, before, after, nil
	}
	return s.leadAct(act, func(ctx context.Context, batch []kommo.LeadWrite) error {
		_, err := s.api.Leads.UpdateMany(ctx, batch)
		return err
	}), nil
}

// editText says what a change does, in words.
func editText(c BulkChange, user directory.User, names *directory.Snapshot, fields []kommo.FieldValueWrite) string {
	var parts []string
	if c.Price != nil {
		parts = append(parts, fmt.Sprintf("price to %v", *c.Price))
	}
	if user.ID != 0 {
		parts = append(parts, "responsible user to "+names.UserName(user.ID))
	}
	for _, w := range fields {
		f, ok := names.FieldOf(kommo.Leads, w.FieldID)
		if !ok {
			f.Name = fmt.Sprintf("field %d", w.FieldID)
		}
		value := "nothing"
		if v := directory.Plain(f, written(w), names.Account.Location()); v != nil {
			value = short(fmt.Sprint(v), longName)
		}
		parts = append(parts, f.Name+" to "+value)
	}
	if len(c.AddTags) > 0 {
		parts = append(parts, "tags: add "+strings.Join(c.AddTags, ", "))
	}
	if len(c.RemoveTags) > 0 {
		parts = append(parts, "tags: remove "+strings.Join(c.RemoveTags, ", "))
	}
	return strings.Join(parts, "; ")
}

// bulkMove moves leads to a stage. Without a pipeline each lead stays in its own
// if that has such a stage.
func (s *Service) bulkMove(ctx context.Context, c BulkChange) (bulkAct, error) {
	m := StageMove{Stage: c.Stage, Pipeline: c.Pipeline, LossReason: c.LossReason}
	targets := map[int64]directory.Stage{} // by the pipeline that a lead is in
	act := bulkAct{verb: "Move", what: "to stage " + c.Stage}
	if c.Pipeline != "" {
		to, err := s.destination(ctx, m, 0)
		if err != nil {
			return bulkAct{}, err
		}
		act.what = "to stage " + c.Pipeline + " / " + to.Name
	}
	if c.LossReason != "" {
		reason, err := s.lossReason(ctx, c.LossReason, directory.Stage{ID: kommo.StatusLost})
		if err != nil {
			return bulkAct{}, err
		}
		act.what += ", loss reason " + reason.Name
	}
	act.diff = func(ctx context.Context, l kommo.Lead) (*kommo.LeadWrite, any, any, error) {
		to, known := targets[l.PipelineID]
		if !known {
			var err error
			if to, err = s.destination(ctx, m, l.PipelineID); err != nil {
				return nil, nil, nil, bulkField(err)
			}
			targets[l.PipelineID] = to
		}
		return s.moveDifference(ctx, l, m, to)
	}
	return s.leadAct(act, s.sendMoves), nil
}

func (s *Service) moveDifference(ctx context.Context, l kommo.Lead, m StageMove, to directory.Stage) (*kommo.LeadWrite, any, any, error) {
	reason, err := s.lossReason(ctx, m.LossReason, to)
	if err != nil {
		return nil, nil, nil, err
	}
	w := &kommo.LeadWrite{PipelineID: to.PipelineID, StatusID: to.ID, LossReasonID: reason.ID}
	if l.StatusID == w.StatusID && l.PipelineID == w.PipelineID && (reason.ID == 0 || reason.ID == idOf(l.LossReasonID)) {
		return nil, nil, nil, nil
	}
	after := l
	after.PipelineID, after.StatusID, after.LossReasonID = w.PipelineID, w.StatusID, nil
	if reason.ID != 0 {
		after.LossReasonID = &reason.ID
	}
	after.ClosedAt = l.ClosedAt // the time of closing is not known before
	before, is, err := s.stageStates(ctx, l, after)
	return w, before, is, err
}

// sendMoves writes stages, with the loss reasons at once or, where Kommo wants
// the stage first, after them (Kommo API facts: status rules).
func (s *Service) sendMoves(ctx context.Context, batch []kommo.LeadWrite) error {
	apart := batch[0].LossReasonID != 0
	if !apart || !s.reasonComesLast(ctx) {
		_, err := s.api.Leads.UpdateMany(ctx, batch)
		if !apart || !reasonTooEarly(err) {
			return err
		}
		s.learnReasonComesLast(ctx)
	}
	moves := slices.Clone(batch)
	for i := range moves {
		moves[i].LossReasonID = 0
	}
	if _, err := s.api.Leads.UpdateMany(ctx, moves); err != nil {
		return err
	}
	_, err := s.api.Leads.UpdateMany(ctx, batch)
	return err
}

// leadAct completes an act that changes leads: a lost answer is settled by
// reading the leads and comparing them with what was wanted.
func (s *Service) leadAct(act bulkAct, send func(context.Context, []kommo.LeadWrite) error) bulkAct {
	act.send = func(ctx context.Context, batch []bulkEntry) ([]int64, error) {
		writes := make([]kommo.LeadWrite, len(batch))
		for i, e := range batch {
			writes[i] = e.write
		}
		return nil, send(ctx, writes)
	}
	act.check = func(ctx context.Context, batch []bulkEntry, _ time.Time) (map[int64]bool, error) {
		leads, _, err := s.leadsByIDs(ctx, idsOfBatch(batch))
		if err != nil {
			return nil, err
		}
		held := map[int64]bool{}
		for _, l := range leads {
			w, _, _, err := act.diff(ctx, l)
			if err != nil {
				return nil, err
			}
			held[l.ID] = w == nil
		}
		return held, nil
	}
	return act
}

// bulkNote writes the same note on each lead.
func (s *Service) bulkNote(text string) (bulkAct, error) {
	if err := checkNote("text", text); err != nil {
		return bulkAct{}, err
	}
	act := bulkAct{verb: "Add the note", what: fmt.Sprintf("%q", short(text, excerptText)), once: true}
	act.diff = func(context.Context, kommo.Lead) (*kommo.LeadWrite, any, any, error) {
		return &kommo.LeadWrite{}, nil, nil, nil
	}
	act.send = func(ctx context.Context, batch []bulkEntry) (ids []int64, err error) {
		notes := make([]kommo.NoteWrite, len(batch))
		for i, e := range batch {
			notes[i] = kommo.NoteWrite{EntityID: e.id, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: text}}
		}
		made, err := s.api.Notes.Create(ctx, kommo.Leads, notes)
		for _, m := range made {
			s.took(ctx, KindNote, m.ID)
			ids = append(ids, m.ID)
		}
		return ids, err
	}
	act.check = func(ctx context.Context, batch []bulkEntry, since time.Time) (map[int64]bool, error) {
		page, err := s.api.Notes.List(ctx, kommo.Leads, kommo.NoteFilter{
			ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}, EntityIDs: idsOfBatch(batch), Order: newest,
		})
		held := map[int64]bool{}
		for _, n := range page.Items {
			if n.Type == kommo.NoteCommon && !held[n.EntityID] && sameText(n.Text(), text) && s.isOurs(ctx, KindNote, n.ID, n.CreatedAt, since) {
				held[n.EntityID] = true
			}
		}
		return held, err
	}
	return act, nil
}

func idsOfBatch(batch []bulkEntry) []int64 {
	ids := make([]int64, len(batch))
	for i, e := range batch {
		ids[i] = e.id
	}
	return ids
}
