package crm

import (
	"context"
	"errors"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// confirm judges an update that failed although it may have been carried out: a
// PATCH that was sent and brought no usable answer, not even when repeated. The
// record is read back. If it holds what was sent, the update is a success with
// lookedUp set; if it does not, the error stands; if it cannot be read, nobody
// knows, and the answer says so.
func confirm(ctx context.Context, err error, holds func(context.Context) (bool, error)) (lookedUp bool, _ error) {
	e, ok := errors.AsType[*kommo.Error](err)
	if !ok || !e.MayHaveArrived() || ctx.Err() != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	held, lookErr := holds(ctx)
	switch {
	case held && lookErr == nil:
		return true, nil
	case lookErr == nil:
		return false, err
	}
	return false, problem.New(problem.OutcomeUnknown,
		"Kommo gave no usable answer to the change, and the record could not be read back, so the change may or may not have been saved: "+e.Message+".").
		WithNext("Read the record in a minute. Making the same change again does no harm.").Wrap(err)
}
