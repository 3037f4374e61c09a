package incoming_test

import (
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/incoming"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// rig is the demo account with the tools of this toolset.
type rig struct {
	*testing.T
	*toolstest.Rig
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return &rig{t, toolstest.With(t, toolstest.Options{},
		incoming.ListIncomingLeads,
		incoming.GetIncomingSummary,
		incoming.CreateIncomingLead,
		incoming.AcceptIncomingLead,
		incoming.DeclineIncomingLead,
		incoming.LinkIncomingLead,
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

// waiting are the rows of list_incoming_leads.
func (r *rig) waiting() []map[string]any {
	r.Helper()
	var out struct{ Items []map[string]any }
	r.Into("list_incoming_leads", `{}`, &out)
	return out.Items
}
