package crm

import (
	"context"
	"errors"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Removed is the answer of a delete. Before is what there was, for making it anew.
type Removed struct {
	ID       int64          `json:"id,omitempty"`
	Name     string         `json:"name"`
	Before   map[string]any `json:"before,omitempty"`
	Deleted  bool           `json:"deleted"`
	LookedUp bool           `json:"looked_up,omitempty"` // the answer was lost; it was looked up and is gone
	Warnings []string       `json:"warnings,omitempty"`
}

// removal is a delete whose answer may get lost.
type removal struct {
	what  string                              // for the error: "the pipeline \"Sales\""
	send  func(context.Context) error         //
	there func(context.Context) (bool, error) // looks whether it is still there
}

// removed deletes. After a lost answer it looks whether the thing is gone; a
// repeated delete does no harm, so that the caller may call again.
func (s *Service) removed(ctx context.Context, out Removed, r removal) (Removed, error) {
	err := r.send(ctx)
	if kommo.HasCode(err, kommo.CodeUnknownOutcome) {
		there, _, lookErr := look(ctx, func(ctx context.Context) (bool, bool, error) {
			there, err := r.there(ctx)
			return there, true, err
		})
		if lookErr != nil || there {
			return out, problem.New(problem.OutcomeUnknown, "Kommo took the request to delete "+r.what+" but its answer was lost, and it was still there a moment later.").
				WithNext("Call again with the same arguments: deleting twice does no harm.").Wrap(errors.Unwrap(err))
		}
		out.LookedUp, err = true, nil
	}
	if err != nil {
		return out, err
	}
	out.Deleted = true
	return out, nil
}
