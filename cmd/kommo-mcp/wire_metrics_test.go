package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestMetricsAreByAccount: what each of two accounts does is counted under its own
// number, at an address of its own, and nothing that either said is shown.
func TestMetricsAreByAccount(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	env["KOMMO_MCP_METRICS_ADDR"], env["KOMMO_MCP_METRICS_KEY"] = freeAddr(t), "metrics-key-not-real"
	loginAs(t, env, sandbox.DefaultHost)
	loginAs(t, env, secondHost)
	first, _ := createKey(t, env, "--account", sandbox.DefaultHost)
	second, _ := createKey(t, env, "--account", "second")
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	s := c.serve(env)
	defer s.stop()
	call := func(key, tool, args string) {
		if status, body := s.ask(true, http.MethodPost, "/keys/mcp", toolCall(tool, args), "Authorization", "Bearer "+key); status != http.StatusOK {
			t.Fatalf("%s: %d %s", tool, status, body)
		}
	}
	call(first, "get_account", "{}")
	call(first, "search_leads", `{"query":"Lopez"}`)
	call(first, "get_lead", `{"lead_id":1}`)
	call(second, "get_account", "{}")
	metrics := served{canaries: c, base: "http://" + env["KOMMO_MCP_METRICS_ADDR"]}
	if status, _ := metrics.ask(false, http.MethodGet, "/metrics", ""); status != http.StatusUnauthorized {
		t.Errorf("without the key: %d", status)
	}
	status, body := metrics.ask(true, http.MethodGet, "/metrics", "", "Authorization", "Bearer "+env["KOMMO_MCP_METRICS_KEY"])
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	for _, want := range []string{
		`kommo_mcp_tool_calls_total{account="31000001",result="ok",tool="get_account"} 1`,
		`kommo_mcp_tool_calls_total{account="31000001",result="not_found",tool="get_lead"} 1`,
		`kommo_mcp_tool_calls_total{account="31000002",result="ok",tool="get_account"} 1`,
		`kommo_mcp_connection_up{account="31000001"} 1`,
		`kommo_mcp_calls_waiting{account="31000002"} 0`,
		`kommo_mcp_kommo_requests_total{account="31000002",status="200"} `,
	} {
		if !strings.Contains(body, "\n"+want) {
			t.Errorf("missing: %s", want)
		}
	}
	for _, never := range []string{`account="none"`, `account="31000002",result="ok",tool="search_leads"`, "Lopez", first, second, "kmcp_", secondHost} {
		if strings.Contains(body, never) {
			t.Errorf("shown: %s", never)
		}
	}
	if status, _ := s.ask(true, http.MethodGet, "/metrics", ""); status != http.StatusNotFound {
		t.Errorf("the address for clients shows them too: %d", status)
	}
}
