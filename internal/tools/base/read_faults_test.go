package base_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// readTools are the tools of this file's tests with arguments that need Kommo.
func readTools() map[string]struct {
	tool func(crm.Provider) registry.Tool
	args string
} {
	type call = struct {
		tool func(crm.Provider) registry.Tool
		args string
	}
	return map[string]call{
		"get_account": {getAccount, `{}`}, "search_leads": {base.SearchLeads, `{}`}, "get_lead": {base.GetLead, `{"lead_id":40885001}`},
		"search_contacts": {base.SearchContacts, `{"query":"grace"}`}, "get_contact": {base.GetContact, `{"contact_id":52330001}`},
		"list_tasks": {base.ListTasks, `{}`},
	}
}

func TestReadToolsExplainFaults(t *testing.T) {
	for name, fault := range map[string]struct {
		sandbox.Fault
		code string
	}{
		"400":       {sandbox.Fault{Status: http.StatusBadRequest}, "invalid_argument"},
		"401":       {sandbox.Fault{Status: http.StatusUnauthorized}, "unauthorized"},
		"402":       {sandbox.Fault{Status: http.StatusPaymentRequired}, "payment_required"},
		"403":       {sandbox.Fault{Status: http.StatusForbidden}, "forbidden"},
		"403 HTML":  {sandbox.Fault{Status: http.StatusForbidden, Body: "<html>blocked</html>"}, "blocked"},
		"429":       {sandbox.Fault{Status: http.StatusTooManyRequests}, "rate_limited"},
		"500":       {sandbox.Fault{Status: http.StatusInternalServerError}, "kommo_unavailable"},
		"504":       {sandbox.Fault{Status: http.StatusGatewayTimeout}, "kommo_unavailable"},
		"reset":     {sandbox.Fault{Kind: sandbox.FaultReset}, "kommo_unavailable"},
		"truncated": {sandbox.Fault{Kind: sandbox.FaultTruncatedBody}, ""},
		"HTML":      {sandbox.Fault{Kind: sandbox.FaultHTMLBody}, "bad_response"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for tool, c := range readTools() {
				r := newReader(t, 0)
				fault.Times = -1
				r.box.Inject(fault.Fault)
				res := c.tool(r.open).Call(t.Context(), json.RawMessage(c.args))
				var e toolError
				if err := json.Unmarshal(res.Structured, &e); err != nil || !res.IsError {
					t.Fatalf("%s: %v %s", tool, err, res.Text)
				}
				if e.Error.Next == "" || fault.code != "" && e.Error.Code != fault.code || strings.Contains(res.Text, "<html") {
					t.Errorf("%s: %s", tool, res.Structured)
				}
			}
		})
	}
}
