package crm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// KindLossReason is a reason for which leads are lost.
const KindLossReason = "loss_reason"

// LossReasonRow is a loss reason; Position is its place in Kommo's list, the smallest first.
type LossReasonRow struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Position int64  `json:"position,omitempty"`
}

// LossReasonList are all loss reasons of the account.
type LossReasonList struct {
	Items   []LossReasonRow `json:"items"`
	HasMore bool            `json:"has_more"`
	Hint    string          `json:"hint,omitempty"`
}

// ListLossReasons reads the loss reasons as they are now, in one request.
func (s *Service) ListLossReasons(ctx context.Context) (LossReasonList, error) {
	all, err := s.api.LossReasons.List(ctx)
	out := LossReasonList{Items: make([]LossReasonRow, 0, len(all))}
	for _, r := range all {
		out.Items = append(out.Items, reasonRow(r))
	}
	if len(out.Items) == 0 {
		out.Hint = "The account has no loss reasons. create_loss_reason makes one."
	}
	return out, err
}

func reasonRow(r kommo.LossReason) LossReasonRow {
	return LossReasonRow{ID: r.ID, Name: r.Name, Position: int64(r.Sort)}
}

// MadeReason is a new loss reason, or the one of that name there was.
type MadeReason struct {
	ID       int64    `json:"id"`
	Created  []Record `json:"created"`
	Found    []Record `json:"found"`
	LookedUp bool     `json:"looked_up,omitempty"` // the answer was lost, the reason was found by reading
	Repeat   bool     `json:"repeat,omitempty"`    // done by an earlier call with the same idempotency_key
}

// CreateLossReason makes a loss reason unless there is one of the name: the list
// is read, then it is made, two requests. Kommo takes the same name twice.
func (s *Service) CreateLossReason(ctx context.Context, name string, position int64, key string) (MadeReason, error) {
	if err := needText("name", name); err != nil {
		return MadeReason{}, err
	}
	w := kommo.LossReasonWrite{Name: strings.Join(strings.Fields(name), " "), Sort: position}
	out, repeat, err := once(ctx, s, "create_loss_reason", key, w, func(ctx context.Context) (MadeReason, error) { return s.createReason(ctx, w) })
	out.Repeat = repeat
	return out, err
}

func (s *Service) createReason(ctx context.Context, w kommo.LossReasonWrite) (MadeReason, error) {
	out := MadeReason{Created: []Record{}, Found: []Record{}}
	held, ok, err := s.reasonCalled(ctx, w.Name)
	if err != nil {
		return out, err
	}
	if ok {
		out.ID, out.Found = held.ID, append(out.Found, s.record(KindLossReason, held.ID, held.Name))
		return out, nil
	}
	out.ID, out.LookedUp, err = settle(ctx, s.clock, write[int64]{
		what: fmt.Sprintf("the loss reason %q", short(w.Name, longName)),
		send: func(ctx context.Context) (int64, error) {
			made, err := s.api.LossReasons.Create(ctx, []kommo.LossReasonWrite{w})
			if err != nil {
				return 0, err
			}
			return made[0].ID, nil
		},
		find: func(ctx context.Context) (int64, bool, error) {
			r, ok, err := s.reasonCalled(ctx, w.Name)
			return r.ID, ok, err
		},
	})
	if err != nil {
		return out, err
	}
	s.names.Forget(directory.InLossReasons)
	out.Created = append(out.Created, s.record(KindLossReason, out.ID, w.Name))
	return out, nil
}

// reasonCalled reads the loss reasons and finds the one of that very name.
func (s *Service) reasonCalled(ctx context.Context, name string) (kommo.LossReason, bool, error) {
	all, err := s.api.LossReasons.List(ctx)
	for _, r := range all {
		if directory.SameName(r.Name, name) {
			return r, true, err
		}
	}
	return kommo.LossReason{}, false, err
}

// DeletedReason is the answer of deleting a loss reason: Before is what it was,
// to be made again if need be, under another id.
type DeletedReason struct {
	ID       int64         `json:"id"`
	Before   LossReasonRow `json:"before"`
	LookedUp bool          `json:"looked_up,omitempty"` // the answer was lost, the reason was found gone
}

// DeleteLossReason deletes a loss reason: the list is read, then it is deleted,
// two requests. A lost answer is looked up.
func (s *Service) DeleteLossReason(ctx context.Context, nameOrID string) (DeletedReason, error) {
	all, err := s.api.LossReasons.List(ctx)
	if err != nil {
		return DeletedReason{}, err
	}
	choices := make([]directory.Choice[kommo.LossReason], 0, len(all))
	for _, r := range all {
		choices = append(choices, directory.Choice[kommo.LossReason]{Value: r, ID: r.ID, Name: r.Name})
	}
	r, err := directory.Choose("loss_reason", "loss reason", nameOrID, choices)
	if err != nil {
		return DeletedReason{}, err
	}
	out := DeletedReason{ID: r.ID, Before: reasonRow(r)}
	_, out.LookedUp, err = settle(ctx, s.clock, write[struct{}]{
		what: fmt.Sprintf("deleting the loss reason %q", short(r.Name, longName)),
		send: func(ctx context.Context) (struct{}, error) { return struct{}{}, s.api.LossReasons.Delete(ctx, r.ID) },
		find: func(ctx context.Context) (none struct{}, gone bool, err error) {
			_, err = s.api.LossReasons.Get(ctx, r.ID)
			if errors.Is(err, kommo.ErrNotFound) {
				return none, true, nil
			}
			return none, false, err
		},
	})
	if errors.Is(err, kommo.ErrNotFound) {
		return out, problem.Missing("loss_reason", r.Name+" was deleted meanwhile.").WithNext("See list_loss_reasons.").Wrap(err)
	}
	if err == nil {
		s.names.Forget(directory.InLossReasons)
	}
	return out, err
}
