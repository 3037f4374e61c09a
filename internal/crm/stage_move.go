package crm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// StageMove says where a lead is to go, by names or ids.
type StageMove struct {
	LeadID     int64
	Stage      string
	Pipeline   string // empty: the lead's own, or the only one that has the stage
	LossReason string // only with the stage lost
}

// StageState is where a lead stands.
type StageState struct {
	Pipeline   string `json:"pipeline,omitempty"`
	Stage      string `json:"stage,omitempty"`
	ClosedAt   string `json:"closed_at,omitempty"`
	LossReason string `json:"loss_reason,omitempty"`
}

// MovedLead is the answer of a move: what changed, before and after.
type MovedLead struct {
	ID        int64       `json:"id"`
	URL       string      `json:"url"`
	Before    *StageState `json:"before,omitempty"`
	After     *StageState `json:"after,omitempty"`
	Unchanged bool        `json:"unchanged,omitempty"` // the lead was there already
	LookedUp  bool        `json:"looked_up,omitempty"` // the answer was lost, the move was read back
	Warnings  []string    `json:"warnings,omitempty"`
}

// MoveStage moves a lead to a stage: two requests with a warm directory, three
// where Kommo refuses stage and reason in one (Kommo API facts: status rules).
func (s *Service) MoveStage(ctx context.Context, m StageMove) (MovedLead, error) {
	return withNames(ctx, s, func(ctx context.Context) (MovedLead, error) { return s.moveStage(ctx, m) })
}

func (s *Service) moveStage(ctx context.Context, m StageMove) (MovedLead, error) {
	lead, err := s.leadToChange(ctx, m.LeadID)
	if err != nil {
		return MovedLead{}, err
	}
	to, err := s.destination(ctx, m, lead.PipelineID)
	if err != nil {
		return MovedLead{}, err
	}
	reason, err := s.lossReason(ctx, m.LossReason, to)
	if err != nil {
		return MovedLead{}, err
	}
	out := MovedLead{ID: lead.ID, URL: s.cardURL(KindLead, lead.ID)}
	w := kommo.LeadWrite{PipelineID: to.PipelineID, StatusID: to.ID, LossReasonID: reason.ID}
	if lead.StatusID == w.StatusID && lead.PipelineID == w.PipelineID && (reason.ID == 0 || reason.ID == idOf(lead.LossReasonID)) {
		out.Unchanged = true
		return out, nil
	}
	after := lead
	sent, err := s.sendStage(ctx, lead, w)
	if err != nil {
		return out, err
	}
	out.Warnings, out.LookedUp = sent.warnings, sent.lookedUp
	after.PipelineID, after.StatusID, after.LossReasonID = w.PipelineID, w.StatusID, nil
	switch {
	case len(out.Warnings) > 0:
	case reason.ID != 0:
		after.LossReasonID = &reason.ID
	case w.StatusID == kommo.StatusLost && lead.StatusID == kommo.StatusLost:
		after.LossReasonID = lead.LossReasonID
	}
	after.ClosedAt = closedSince(lead, w, sent.at)
	out.Before, out.After, err = s.stageStates(ctx, lead, after)
	if err != nil {
		out.Warnings = append(out.Warnings, "The lead was moved, but some names could not be read; they appear as ids.")
	}
	return out, nil
}

// leadToChange reads a lead that is about to be changed.
func (s *Service) leadToChange(ctx context.Context, id int64) (kommo.Lead, error) {
	lead, err := s.api.Leads.Get(ctx, id)
	if errors.Is(err, kommo.ErrNotFound) || err == nil && lead.Deleted {
		return lead, card{kind: KindLead, id: id, argument: "lead_id"}.missing(err)
	}
	return lead, err
}

// destination resolves the stage: in the pipeline that was named, else in the
// lead's own first.
func (s *Service) destination(ctx context.Context, m StageMove, own int64) (directory.Stage, error) {
	if strings.TrimSpace(m.Pipeline) == "" {
		return s.names.StageNear(ctx, m.Stage, own)
	}
	p, err := s.names.Pipeline(ctx, m.Pipeline)
	if err != nil {
		return directory.Stage{}, err
	}
	return s.names.Stage(ctx, m.Stage, &p.ID)
}

// lossReason resolves the reason, which only a lost lead may have.
func (s *Service) lossReason(ctx context.Context, nameOrID string, to directory.Stage) (directory.LossReason, error) {
	if strings.TrimSpace(nameOrID) == "" {
		return directory.LossReason{}, nil
	}
	if to.ID != kommo.StatusLost {
		return directory.LossReason{}, problem.Invalid("loss_reason",
			fmt.Sprintf("A loss reason belongs to lost leads only, and the stage asked for is %q.", to.Name)).
			WithNext("Leave loss_reason out, or give the stage lost.")
	}
	return s.names.LossReason(ctx, nameOrID)
}

// sendStage writes stage and reason, at once or, where Kommo judges the reason by
// the stage before the write, one after the other. Which of the two an account does
// is learned from its first refusal, once for all. A reason that fails then is a warning: the
// lead has moved.
func (s *Service) sendStage(ctx context.Context, lead kommo.Lead, w kommo.LeadWrite) (sentStage, error) {
	apart := w.LossReasonID != 0 && lead.StatusID != kommo.StatusLost
	if !apart || !s.reasonComesLast(ctx) {
		sent, err := s.writeStage(ctx, lead.ID, w)
		if !apart || !reasonTooEarly(err) {
			return sent, err
		}
		s.learnReasonComesLast(ctx)
	}
	move := w
	move.LossReasonID = 0
	moved, err := s.writeStage(ctx, lead.ID, move)
	if err != nil {
		return moved, err
	}
	if _, err = s.writeStage(ctx, lead.ID, w); err != nil {
		moved.warnings = []string{"The lead was moved to lost, but its loss reason was not saved: " + said(err) + ". Call again with the same arguments to set it."}
	}
	return moved, nil
}

// sentStage is what became of a stage that was sent.
type sentStage struct {
	at       kommo.Unix // when Kommo changed the lead
	lookedUp bool       // the answer was lost, the lead was read back
	warnings []string
}

// writeStage sends a stage, and reads the lead back where the answer is lost.
func (s *Service) writeStage(ctx context.Context, id int64, w kommo.LeadWrite) (sentStage, error) {
	var sent sentStage
	updated, err := s.api.Leads.Update(ctx, id, w)
	sent.at = updated.UpdatedAt
	sent.lookedUp, err = confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.api.Leads.Get(ctx, id)
		sent.at = now.UpdatedAt
		there := now.PipelineID == w.PipelineID && now.StatusID == w.StatusID
		return there && (w.LossReasonID == 0 || w.LossReasonID == idOf(now.LossReasonID)), err
	})
	return sent, err
}

// reasonTooEarly recognises the refusal of a reason together with the stage: a
// 400 that has the lead's id for a key in place of a path.
func reasonTooEarly(err error) bool {
	e, ok := errors.AsType[*kommo.Error](err)
	if !ok || e.Code != kommo.CodeInvalid {
		return false
	}
	for _, f := range e.Fields {
		if strings.Contains(strings.ToLower(f.Detail), "loss reason") {
			return true
		}
	}
	return false
}

// closedSince is when the lead counts as closed after the write: entering a closed
// stage sets the time, leaving it clears it.
func closedSince(lead kommo.Lead, w kommo.LeadWrite, at kommo.Unix) kommo.Unix {
	switch {
	case w.StatusID != kommo.StatusWon && w.StatusID != kommo.StatusLost:
		return 0
	case lead.StatusID == w.StatusID && lead.ClosedAt != 0:
		return lead.ClosedAt
	default:
		return at
	}
}

// stageStates names both states and leaves out what did not change. The error
// says that some names could not be read; the states are usable all the same.
func (s *Service) stageStates(ctx context.Context, before, after kommo.Lead) (was, is *StageState, err error) {
	sections := []directory.Section{directory.InPipelines}
	if before.LossReasonID != nil || after.LossReasonID != nil {
		sections = append(sections, directory.InLossReasons)
	}
	names, err := s.names.Snapshot(ctx, sections...)
	a, b := stageState(names, before), stageState(names, after)
	if a.Pipeline == b.Pipeline {
		a.Pipeline, b.Pipeline = "", ""
	}
	if a.Stage == b.Stage && a.Pipeline == "" {
		a.Stage, b.Stage = "", ""
	}
	if a.ClosedAt == b.ClosedAt {
		a.ClosedAt, b.ClosedAt = "", ""
	}
	if a.LossReason == b.LossReason {
		a.LossReason, b.LossReason = "", ""
	}
	return &a, &b, err
}

func stageState(names *directory.Snapshot, l kommo.Lead) StageState {
	state := StageState{
		Pipeline:   names.PipelineName(l.PipelineID),
		Stage:      names.StageName(l.PipelineID, l.StatusID),
		LossReason: names.LossReasonName(idOf(l.LossReasonID)),
	}
	if l.ClosedAt != 0 {
		state.ClosedAt = when.Format(l.ClosedAt.Time(), names.Account.Location())
	}
	return state
}
