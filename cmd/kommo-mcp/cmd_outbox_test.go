package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestOutboxCommands walks a call through an outage with a process a command.
func TestOutboxCommands(t *testing.T) {
	sb := sandbox.New()
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", sb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	env := map[string]string{
		"KOMMO_BASE_URL": srv.URL, "KOMMO_ACCESS_TOKEN": sb.Token(sandbox.DefaultHost), "KOMMO_MCP_STATE_DIR": t.TempDir(), "KOMMO_MCP_MAX_RETRIES": "0",
	}
	sb.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, Times: -1, Match: func(*http.Request) bool { return true }})
	step := func(code int, part string, args ...string) {
		t.Helper()
		got, stdout, stderr := run(t, env, "", args...)
		if got != code || !strings.Contains(stdout+stderr, part) {
			t.Errorf("%s: exit %d, want %d with %q:\n%s%s", strings.Join(args, " "), got, code, part, stdout, stderr)
		}
	}
	ask := `{"phone":"+1 202 555 0101","summary":"Asked about both roofs.","several_leads":"ask","call_id":"o-1"}`
	step(exitOK, `"status":"queued"`, "call", "post_call_summary", ask)
	step(exitOK, "1 waiting, 0 refused", "outbox", "list")
	step(exitFail, "0 delivered", "outbox", "flush")
	sb.ClearFaults()
	step(exitFail, "--lead-id 40885002  Holloway: garage roof leak", "outbox", "retry", "1")
	step(exitOK, "0 waiting, 1 refused", "outbox", "list")
	step(exitFail, "waits. List", "outbox", "retry", "99")
	step(exitOK, "logged  ", "outbox", "retry", "1", "--lead-id", "40885002")
	step(exitFail, "no call with the pending_id 1", "outbox", "drop", "1")
}
