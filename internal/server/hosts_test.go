package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// TestHostsThatSendAHeader: those that have an access key, each in the revision of the
// protocol that it speaks and with the headers that it sends, at the door for keys and
// at the other one.
func TestHostsThatSendAHeader(t *testing.T) {
	a := openAdmission(t, nil)
	a.keys.all["kmcp_key"] = principal.Principal{Kind: principal.Key, ID: "k1"}
	for _, host := range []struct {
		name     string
		revision string
		header   []string
	}{
		{"Claude Code", "2026-07-28", []string{"User-Agent", "claude-code/2.1.329 (cli)"}},
		{"Claude Code, before", "2025-11-25", []string{"User-Agent", "claude-code/2.1.329 (cli)"}},
		{"Codex", "2025-06-18", nil},
		{"Codex, as it will be", "2026-07-28", nil},
		{"Cursor", "2025-06-18", []string{"User-Agent", "Cursor/3.24.9"}},
		{"VS Code", "2025-06-18", nil},
		{"Gemini CLI", "2025-11-25", []string{"User-Agent", "node", "Sec-Fetch-Mode", "cors"}},
		{"Copilot Studio", "2025-03-26", []string{"X-Ms-Client-Request-Id", "1"}},
		{"n8n", "2025-11-25", []string{"User-Agent", "node"}},
		{"Vapi", "2025-03-26", []string{"X-Call-Id", "call-1", "X-Chat-Id", "", "X-Session-Id", "s"}},
		{"ElevenLabs", "2025-06-18", nil},
		{"Retell", "2025-06-18", nil},
		{"OpenAI Responses", "2025-06-18", []string{"User-Agent", "openai-mcp/1.0.0"}},
		{"Anthropic Messages", "2025-11-25", nil},
	} {
		for _, path := range []string{server.KeysEndpoint, server.Endpoint} {
			t.Run(host.name+" "+path, func(t *testing.T) { useKey(t, a, path, host.revision, host.header) })
		}
	}
	for _, path := range []string{"oauth-protected-resource", "oauth-authorization-server", "openid-configuration"} {
		if status, body := send(t, http.MethodGet, a.url+"/.well-known/"+path+server.KeysEndpoint, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// useKey begins, lists and calls as a host does.
func useKey(t *testing.T, a admission, path, revision string, header []string) {
	t.Helper()
	header = slices.Clone(header)
	meta := ""
	if revision == "2026-07-28" {
		meta = modern
	}
	ask := func(method, params string, more ...string) string {
		t.Helper()
		if meta != "" {
			params = strings.Trim(params+","+meta, ",")
			more = append(more, "Mcp-Method", method)
		}
		status, _, body := a.ask(t, path, "Bearer kmcp_key", method, params, append(more, header...)...)
		if status != http.StatusOK || !strings.Contains(body, `"result":`) {
			t.Fatalf("%s: %d %s", method, status, body)
		}
		return body
	}
	if meta == "" {
		var answer struct {
			Result struct {
				Revision string `json:"protocolVersion"`
			} `json:"result"`
		}
		body := ask("initialize", `"protocolVersion":"`+revision+`","capabilities":{},"clientInfo":{"name":"host","version":"1"}`)
		if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Result.Revision != revision {
			t.Errorf("asked for %s: %s", revision, body)
		}
	} else {
		header = append(header, "Mcp-Protocol-Version", revision)
		if body := ask("server/discover", ""); !strings.Contains(body, revision) {
			t.Errorf("%s is not offered: %s", revision, body)
		}
	}
	if meta == "" && revision != "2025-03-26" {
		header = append(header, "Mcp-Protocol-Version", revision)
	}
	if body := ask("tools/list", ""); !strings.Contains(body, "create_who") {
		t.Errorf("it sees %s", body)
	}
	var more []string
	if meta != "" {
		more = []string{"Mcp-Name", "get_who"}
	}
	if body := ask("tools/call", `"name":"get_who","arguments":{}`, more...); !strings.Contains(body, "k1") {
		t.Errorf("it is served as %s", body)
	}
}
