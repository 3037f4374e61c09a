package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestAHookLogsInItsAccount: two accounts with a hook each; a post reaches the one
// that its address stands for, the record says who brought it, and with the
// connection the hook ends.
func TestAHookLogsInItsAccount(t *testing.T) {
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	env["KOMMO_MCP_ADDR"] = "127.0.0.1:0"
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	loginAs(t, env, sandbox.DefaultHost)
	loginAs(t, env, secondHost)
	hook := kmcp.FindString(c.owned(env, "hooks", "create", "--platform", "bland", "--account", "second"))
	ctx, stop := context.WithCancel(t.Context())
	s := c.serveUntil(ctx, env)
	defer func() { stop(); s.code() }()
	body, err := os.ReadFile("../../internal/hooks/testdata/bland_outbound.json")
	if err != nil {
		t.Fatal(err)
	}
	body = []byte(strings.ReplaceAll(string(body), "+15005550006", "+14155550113")) // the sample's cannot be rung
	sb.ForgetArrivals()
	if status, text := s.ask(false, http.MethodPost, "/v1/calls/bland/"+hook, string(body)); status != http.StatusOK || !strings.Contains(text, "accepted") {
		t.Fatalf("%d %s", status, text)
	}
	var entry struct {
		Who     struct{ Kind, ID string }
		Account string
		Result  string
	}
	within(t, func() bool {
		raw, _ := os.ReadFile(filepath.Join(env["KOMMO_MCP_STATE_DIR"], auditFile))
		return json.Unmarshal(raw, &entry) == nil
	})
	if entry.Who.Kind != "hook" || !strings.HasPrefix(entry.Who.ID, "h_") || entry.Account != "31000002" || entry.Result != "logged" {
		t.Errorf("on record: %+v", entry)
	}
	for _, a := range sb.Arrivals() {
		if a.Method == http.MethodPost && a.Host != secondHost {
			t.Errorf("%s %s was sent to %s", a.Method, a.Path, a.Host)
		}
	}
	c.run(env, "", "accounts", "remove", "second")
	if status, text := s.ask(false, http.MethodPost, "/v1/calls/bland/"+hook, string(body)); status != http.StatusNotFound {
		t.Errorf("after the account was removed: %d %s", status, text)
	}
}

// TestARevokedHookIsLikeNone: while the server runs a hook is made, takes what its
// platform signed and nothing else, and after its end is told from none by nothing.
// Its address is in no log.
func TestARevokedHookIsLikeNone(t *testing.T) {
	const token = "canary-aircall-token-31c9"
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	env["KOMMO_MCP_ADDR"] = "127.0.0.1:0"
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	loginAs(t, env, sandbox.DefaultHost)
	ctx, stop := context.WithCancel(t.Context())
	s := c.serveUntil(ctx, env)
	code, out, errOut := run(t, env, token, "hooks", "create", "--platform", "aircall", "--account", "demo", "--secret-file", "-")
	part := kmcp.FindString(out)
	if code != exitOK || part == "" {
		t.Fatalf("create: %d %q", code, errOut)
	}
	c.secret("the address of the hook", part)
	c.secret("the token of the platform", token)
	raw, err := os.ReadFile("../../internal/hooks/testdata/aircall_ended.json")
	if err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(string(raw), "+1 500-555-0006", "+1 415-555-0113")
	signed := strings.Replace(body, `"token":"t"`, `"token":"`+token+`"`, 1)
	sb.ForgetArrivals()
	if _, text := s.ask(false, http.MethodPost, "/v1/calls/aircall/"+part, body); !strings.Contains(text, "unauthorized") {
		t.Errorf("with another token: %s", text)
	}
	if status, text := s.ask(false, http.MethodPost, "/v1/calls/aircall/"+part, signed); status != http.StatusOK || !strings.Contains(text, "accepted") {
		t.Errorf("with its token: %d %s", status, text)
	}
	within(t, func() bool {
		for _, a := range sb.Arrivals() {
			if a.Method == http.MethodPost {
				return true
			}
		}
		return false
	})
	id := regexp.MustCompile(`(?m)^h_[a-z0-9]+`).FindString(c.run(env, "", "hooks", "list"))
	if out := c.run(env, "", "hooks", "revoke", id); !strings.Contains(out, id) {
		t.Fatalf("revoke says %q", out)
	}
	status, text := s.ask(false, http.MethodPost, "/v1/calls/aircall/"+part, signed)
	unknown, none := s.ask(false, http.MethodPost, "/v1/calls/aircall/kmcp_h_"+strings.Repeat("a", 36), signed)
	other, wrong := s.ask(false, http.MethodPost, "/v1/calls/nobody/"+part, signed)
	if status != http.StatusNotFound || unknown != status || other != status || text != none || wrong != none {
		t.Errorf("revoked: %d %s\nunknown: %d %s\nanother platform: %d %s", status, text, unknown, none, other, wrong)
	}
	stop()
	s.code()
	if leaks := c.leaks(); len(leaks) > 0 {
		t.Error(strings.Join(leaks, "\n"))
	}
}
