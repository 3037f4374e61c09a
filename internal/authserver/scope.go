package authserver

import (
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

const (
	scopePrefix  = "kommo:"
	scopeOffline = "offline_access"
)

func scopeOf(m principal.Mode) string { return scopePrefix + string(m) }

// modes are all of them, from the least to the most.
func modes() []principal.Mode {
	return []principal.Mode{principal.Read, principal.Write, principal.Full}
}

// upTo are the scopes of a mode: each holds all below it.
func upTo(m principal.Mode) []string {
	var out []string
	for _, each := range modes() {
		if m.Allows(each) {
			out = append(out, scopeOf(each))
		}
	}
	return out
}

// ceiling is the most that this server does.
func (s *Server) ceiling() principal.Mode {
	if slices.Contains(modes(), s.cfg.Mode) {
		return s.cfg.Mode
	}
	return principal.Write
}

// offered are the scopes that can be had here.
func (s *Server) offered() []string { return upTo(s.ceiling()) }

// usual are the scopes that are enough for daily work.
func (s *Server) usual() []string { return upTo(s.bounded(principal.Write)) }

// bounded is the lesser of a mode and what this server does.
func (s *Server) bounded(m principal.Mode) principal.Mode {
	if m.Allows(s.ceiling()) {
		return s.ceiling()
	}
	return m
}

// modeOf is the mode that a scope text asks for; "" where it names none of ours.
func modeOf(scope string) principal.Mode {
	asked := strings.Fields(scope)
	for _, m := range slices.Backward(modes()) {
		if slices.Contains(asked, scopeOf(m)) {
			return m
		}
	}
	return ""
}

// granted is what an asked scope comes to: what it names and all below, no more than
// this server does, and writing where it names none of ours. Scopes that we do not
// know are left out, as RFC 6749 allows; offline_access is only said back, since
// every client that can use one gets a refresh token.
func (s *Server) granted(asked string) string {
	m := modeOf(asked)
	if m == "" {
		m = principal.Write
	}
	scopes := upTo(s.bounded(m))
	if slices.Contains(strings.Fields(asked), scopeOffline) {
		scopes = append(scopes, scopeOffline)
	}
	return strings.Join(scopes, " ")
}

// known are those of the scopes that a client registers with that can be had here: what
// is answered is what the client may ask for. It may ask for others later, as hosts do
// that need more for a tool; the person decides each time.
func (s *Server) known(scope string) string {
	can := append(s.offered(), scopeOffline)
	return strings.Join(slices.DeleteFunc(strings.Fields(scope), func(each string) bool { return !slices.Contains(can, each) }), " ")
}

// narrowed is the part of a granted scope that a refresh asks for; ok is false where
// it asks for more than was granted. What names no scope of ours means all that was
// granted, as it did when it was asked for first: some clients repeat openid.
func narrowed(had, asked string) (string, bool) {
	m := modeOf(asked)
	if m == "" {
		return had, true
	}
	if !modeOf(had).Allows(m) {
		return "", false
	}
	scopes := upTo(m)
	if slices.Contains(strings.Fields(had), scopeOffline) {
		scopes = append(scopes, scopeOffline)
	}
	return strings.Join(scopes, " "), true
}
