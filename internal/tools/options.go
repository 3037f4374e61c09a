package tools

import "github.com/kommo-mcp/kommo-mcp/internal/tools/registry"

// Option adjusts the tools to the running server.
type Option func(*setup)

// setup is what tools know of the server that offers them.
type setup struct{ server string }

// WithMode lets get_account say what this server may do.
func WithMode(m registry.Mode) Option {
	return func(s *setup) { s.server = abilities(m) }
}

func newSetup(opts []Option) setup {
	s := setup{server: abilities(registry.ModeWrite)}
	for _, o := range opts {
		o(&s)
	}
	return s
}

func abilities(m registry.Mode) string {
	switch m {
	case registry.ModeRead:
		return "Mode read: this server reads only and changes nothing. KOMMO_MCP_MODE=write lets it create and update."
	case registry.ModeFull:
		return "Mode full: this server reads, creates, updates and deletes, as far as the token's user may."
	default:
		return "Mode write: this server reads, creates and updates, as far as the token's user may; it deletes nothing."
	}
}
