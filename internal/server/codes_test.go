package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// TestMistakesHaveTheirCodes: what the client got wrong has the code that its
// revision of the protocol gives it, over HTTP and stdio alike.
func TestMistakesHaveTheirCodes(t *testing.T) {
	account := toolstest.Open(t, toolstest.Options{})
	set, err := resources.New(account.Provider)
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(server.Parts{Version: "test", Resources: set, Logger: slog.New(slog.DiscardHandler)})
	url := serve(t, s)
	for _, tt := range []struct {
		name, method, params string
		legacy, modern       int
		says                 string
	}{
		{"a lead that is not there", "resources/read", `"uri":"kommo://leads/999999999"`, -32002, -32602, "resource not found: kommo://leads/999999999"},
		{"an id that is none", "resources/read", `"uri":"kommo://leads/abc"`, -32002, -32602, "resource not found"},
		{"fields of nothing", "resources/read", `"uri":"kommo://fields/deals"`, -32002, -32602, "resource not found"},
		{"no such resource", "resources/read", `"uri":"kommo://nothing"`, -32002, -32602, "not found"},
		{"an argument is missing", "prompts/get", `"name":"lead_briefing"`, -32602, -32602, "argument lead is missing"},
		{"an argument too many", "prompts/get", `"name":"lead_briefing","arguments":{"lead":"5","led":"6"}`, -32602, -32602, "unknown argument led"},
		{"an argument of another type", "prompts/get", `"name":"lead_briefing","arguments":{"lead":5}`, -32602, -32602, `argument "lead" of a prompt must be a string`},
		{"no such prompt", "prompts/get", `"name":"nothing"`, -32602, -32602, "nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const meta = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
			legacy := `{"jsonrpc":"2.0","id":"x","method":"` + tt.method + `","params":{` + tt.params + `}}`
			modern := `{"jsonrpc":"2.0","id":"x","method":"` + tt.method + `","params":{` + tt.params + meta + `}}`
			name := strings.Split(tt.params, `"`)[3]
			status, body := send(t, http.MethodPost, url, legacy)
			checkMistake(t, "legacy over HTTP", body, tt.legacy, tt.says)
			if status != http.StatusOK {
				t.Errorf("legacy: status %d", status)
			}
			status, body = send(t, http.MethodPost, url, modern, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", tt.method, "Mcp-Name", name)
			checkMistake(t, "modern over HTTP", body, tt.modern, tt.says)
			if status != http.StatusBadRequest {
				t.Errorf("modern: status %d", status)
			}
			checkMistake(t, "modern over stdio", overStdio(t, s, modern), tt.modern, tt.says)
			checkMistake(t, "legacy over stdio", overStdio(t, s, legacy), tt.legacy, tt.says)
		})
	}
}

// TestResourceErrorsSayWhatToDo: they are worded as those of tools, and what nobody
// expected stays in the log.
func TestResourceErrorsSayWhatToDo(t *testing.T) {
	refused := toolstest.Open(t, toolstest.Options{Token: func(*sandbox.Sandbox) string { return "not-a-token" }})
	for name, tc := range map[string]struct {
		provider    crm.Provider
		says, never string
	}{
		"the token is refused": {refused.Provider, "Create a new long-lived token", "leads.get"},
		"nobody expected it": {
			func(context.Context) (*crm.Service, error) { return nil, errors.New("pq: canary internals") }, "the details are in its log", "canary",
		},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := resources.New(tc.provider)
			if err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			s := server.New(server.Parts{Version: "test", Resources: set, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			body := overStdio(t, s, `{"jsonrpc":"2.0","id":"x","method":"resources/read","params":{"uri":"kommo://leads/1"}}`)
			checkMistake(t, "over stdio", body, -32603, tc.says)
			if strings.Contains(body, tc.never) || strings.Contains(log.String(), tc.never) != (tc.never == "canary") {
				t.Errorf("%s\nlog: %s", body, log.String())
			}
		})
	}
}

func checkMistake(t *testing.T, how, body string, code int, says string) {
	t.Helper()
	var answer struct {
		ID    string
		Error struct {
			Code    int
			Message string
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%s: %v: %q", how, err, body)
	}
	if answer.ID != "x" || answer.Error.Code != code || !strings.Contains(answer.Error.Message, says) {
		t.Errorf("%s: want code %d and %q: %s", how, code, says, body)
	}
}

// overStdio sends one message and returns the answer.
func overStdio(t *testing.T, s *mcpserver.MCPServer, message string) string {
	t.Helper()
	out := &output{}
	if err := server.Stdio(t.Context(), s, strings.NewReader(message+"\n"), out, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return out.text.String()
}
