package registry

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Explain says in plain words what an error of a read means and what to do,
// for commands that show it outside a tool call.
func Explain(ctx context.Context, err error) *problem.Problem {
	return Tool{spec: Spec{Class: Read}}.explainError(ctx, err)
}

// Line is a problem in one clean line, for errors that have room for no more.
func Line(p *problem.Problem) string { return oneLine(p.Error()) }
