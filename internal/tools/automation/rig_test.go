package automation_test

import (
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/automation"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// rig is the demo account with the tools of this toolset.
type rig struct {
	*testing.T
	*toolstest.Rig
}

func newRig(t *testing.T, token ...func(*sandbox.Sandbox) string) *rig {
	t.Helper()
	o := toolstest.Options{}
	for _, other := range token {
		o.Token = other
	}
	return &rig{t, toolstest.With(t, o,
		automation.ListBots,
		automation.RunBot,
		automation.StopBot,
		automation.ListLossReasons,
		automation.CreateLossReason,
		automation.DeleteLossReason,
	)}
}

// do runs a tool that must succeed with these requests, within Kommo's contract.
func (r *rig) do(tool, args, requests string) map[string]any {
	r.Helper()
	return r.Do(requests, tool, args).Keys
}

// refused runs a tool that must be refused with the code, and say what to do.
func (r *rig) refused(code, tool, args string) (message, requests string) {
	r.Helper()
	refusal, sent := r.Fails(code, tool, args)
	return refusal.Message, sent
}
