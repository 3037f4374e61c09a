package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestHooksCommands: an address is shown once, its secrets never again.
func TestHooksCommands(t *testing.T) {
	const secret = "canary-hook-secret-77aa"
	env := map[string]string{"KOMMO_MCP_STATE_DIR": filepath.Join(t.TempDir(), "state"), "KOMMO_MCP_PUBLIC_URL": "https://crm.example.com/", "KOMMO_SUBDOMAIN": "acme", "KOMMO_ACCESS_TOKEN": "not-a-token"}
	if code, out, _ := run(t, env, "", "hooks", "list"); code != exitOK || out != "" {
		t.Errorf("list of none: %d %q", code, out)
	}
	if _, err := os.Stat(env["KOMMO_MCP_STATE_DIR"]); err == nil {
		t.Error("listing made a state directory")
	}
	code, out, errOut := run(t, env, secret+"\n", "hooks", "create", "--platform", "vapi", "--secret-file", "-", "--label", "front desk")
	address := regexp.MustCompile(`^https://crm\.example\.com/v1/calls/vapi/(kmcp_h_[a-z0-9]{30,})\n$`).FindStringSubmatch(out)
	if code != exitOK || address == nil {
		t.Fatalf("create: %d %q %q", code, out, errOut)
	}
	code, list, more := run(t, env, "", "hooks")
	id := regexp.MustCompile(`(?m)^h_[a-z0-9]+`).FindString(list)
	if code != exitOK || id == "" || !strings.Contains(list, "vapi") || !strings.Contains(list, " signed") || !strings.Contains(list, " own ") || !strings.Contains(list, "front desk") {
		t.Errorf("list: %d %q", code, list)
	}
	for _, text := range []string{list, more, errOut} {
		if strings.Contains(text, address[1]) || strings.Contains(text, secret) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
	for _, file := range []string{"state.db", "state.db-wal"} {
		raw, _ := os.ReadFile(filepath.Join(env["KOMMO_MCP_STATE_DIR"], file))
		if bytes.Contains(raw, []byte(address[1])) || bytes.Contains(raw, []byte(secret)) {
			t.Errorf("a secret lies in %s", file)
		}
	}
	if code, out, _ := run(t, env, "", "hooks", "revoke", id); code != exitOK || !strings.Contains(out, id) {
		t.Errorf("revoke: %d %q", code, out)
	}
	if code, _, errOut := run(t, env, "", "hooks", "revoke", id); code != exitFail || !strings.Contains(errOut, "hooks list") {
		t.Errorf("revoke again: %d %q", code, errOut)
	}
	without := maps.Clone(env)
	delete(without, "KOMMO_MCP_PUBLIC_URL")
	if _, out, errOut := run(t, without, "", "hooks", "create", "--platform", "Bland"); !strings.HasPrefix(out, "http://127.0.0.1:8080/v1/calls/bland/") || !strings.Contains(errOut, "--secret-file") || !strings.Contains(errOut, "KOMMO_MCP_PUBLIC_URL") {
		t.Errorf("without a secret: %q %q", out, errOut)
	}
}

// TestHooksAreMadeOfWhatThereIs: platform, account and secret.
func TestHooksAreMadeOfWhatThereIs(t *testing.T) {
	env := map[string]string{"KOMMO_MCP_STATE_DIR": filepath.Join(t.TempDir(), "state")}
	for want, args := range map[string][]string{
		"vapi":                    {"--platform", "nobody"},
		"empty":                   {"--platform", "vapi", "--secret-file", "-"},
		"no such file":            {"--platform", "vapi", "--secret-file", "/no/such/file"},
		"--platform":              {},
		"No account is connected": {"--platform", "vapi", "--account", "nowhere"},
		"kommo-mcp login":         {"--platform", "vapi"}, // there is no account that it could log in
		"more than one line":      {"--platform", "vapi", "--label", "a\nb"},
	} {
		code, out, errOut := run(t, env, "", append([]string{"hooks", "create"}, args...)...)
		if code == exitOK || out != "" || !strings.Contains(errOut, want) {
			t.Errorf("%v: %d %q %q", args, code, out, errOut)
		}
	}
}
