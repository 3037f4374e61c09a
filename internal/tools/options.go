package tools

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// Option adjusts the tools to the running server.
type Option func(*setup)

// setup is what tools know of the server that offers them.
type setup struct{ server func(context.Context) string }

// WithMode lets get_account say what this server may do, for whoever calls.
func WithMode(m registry.Mode) Option {
	return func(s *setup) {
		s.server = func(ctx context.Context) string { return abilities(m, m.For(ctx)) }
	}
}

func newSetup(opts []Option) setup {
	var s setup
	for _, o := range append([]Option{WithMode(registry.ModeWrite)}, opts...) {
		o(&s)
	}
	return s
}

// abilities says what the server does for a caller. Where it would do more for
// others, it is not its settings that hold the caller back.
func abilities(server, caller registry.Mode) string {
	switch {
	case caller == registry.ModeRead && server != caller:
		return "Mode read: for you this server reads only and changes nothing. Whoever runs it can give you more."
	case caller == registry.ModeRead:
		return "Mode read: this server reads only and changes nothing. KOMMO_MCP_MODE=write lets it create and update."
	case caller == registry.ModeFull:
		return "Mode full: this server reads, creates, updates and deletes, as far as the token's user may."
	default:
		return "Mode write: this server reads, creates and updates, as far as the token's user may; it deletes nothing."
	}
}
