package users_test

import (
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/users"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// rig is the demo account with the tools of this folder.
type rig struct {
	*testing.T
	*toolstest.Rig
}

// newRig starts the demo account for its administrator (0) or another user. What
// the account calls things is known already, so that requests are counted without.
func newRig(t *testing.T, userID int64, opts ...sandbox.Option) *rig {
	t.Helper()
	o := toolstest.Options{Sandbox: opts}
	if userID != 0 {
		o.Token = func(s *sandbox.Sandbox) string { return s.UserToken(sandbox.DefaultHost, userID) }
	}
	return &rig{t, toolstest.With(t, o, users.ListUsers, users.ListRoles, users.ListGroups)}
}

func TestDefinitions(t *testing.T) { toolstest.CheckDefinitions(t, "users", newRig(t, 0).Tools) }
