package registry

import (
	"context"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Needs is the least mode of a principal that may use tools of the class.
func (c Class) Needs() principal.Mode {
	switch c {
	case Read:
		return principal.Read
	case Delete:
		return principal.Full
	default:
		return principal.Write
	}
}

// For is what the server does for the principal of a call: no more than its own mode
// and no more than the principal's.
func (m Mode) For(ctx context.Context) Mode {
	own := principal.From(ctx).Mode
	if own == "" || own.Allows(principal.Mode(m)) {
		return m
	}
	return Mode(own)
}

// Offers tells whether the principal of a context sees a tool. It is the same as long
// as the principal is.
func (t Tool) Offers(ctx context.Context) bool { return t.refusal(ctx) == nil }

// refusal is why the principal may not use the tool; nil: it may. A server offers it
// to others, so that the model can be told what is missing.
func (t Tool) refusal(ctx context.Context) *problem.Problem {
	p := principal.From(ctx)
	if p.Mode != "" && !p.Mode.Allows(t.spec.Class.Needs()) {
		return problem.New(problem.ReadOnly, "This "+holder(p)+" has the mode "+string(p.Mode)+", and "+t.spec.Name+" needs "+string(t.spec.Class.Needs())+"; nothing was changed.").
			WithNext("Use the tools that are listed, or ask whoever runs this server for " + more(p) + " with the mode " + string(t.spec.Class.Needs()) + ".")
	}
	if len(p.Toolsets) > 0 && !slices.Contains(p.Toolsets, t.spec.Toolset) && !slices.Contains(p.Toolsets, AllToolsets) {
		return problem.New(problem.Forbidden, "This "+holder(p)+" does not have the toolset "+t.spec.Toolset+", to which "+t.spec.Name+" belongs; nothing was changed.").
			WithNext("Use the tools that are listed, or ask whoever runs this server for " + more(p) + " with that toolset.")
	}
	return nil
}

func holder(p principal.Principal) string {
	if p.Kind == principal.Token {
		return "connection"
	}
	return "access key"
}

func more(p principal.Principal) string {
	if p.Kind == principal.Token {
		return "a connection"
	}
	return "a key"
}

// Hide takes the tools that the principal may not use out of a list of them. Tools
// that are not among these stay.
func Hide(tools []Tool) func(ctx context.Context, listed *mcp.ListToolsResult) {
	byName := map[string]Tool{}
	for _, t := range tools {
		byName[t.spec.Name] = t
	}
	return func(ctx context.Context, listed *mcp.ListToolsResult) {
		listed.Tools = slices.DeleteFunc(listed.Tools, func(m mcp.Tool) bool {
			t, ours := byName[m.Name]
			return ours && !t.Offers(ctx)
		})
	}
}
