package main

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestWithoutTheKeyNobodyIsAsked: a consent that could not be kept would cost the person's
// time and Kommo's code. What needs the key says where it has to be.
func TestWithoutTheKeyNobodyIsAsked(t *testing.T) {
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	key := func() string {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw)
		return base64.StdEncoding.EncodeToString(raw)
	}
	env["KOMMO_MCP_ENCRYPTION_KEY"] = key()
	loginAs(t, env, sandbox.DefaultHost)
	env["KOMMO_MCP_ENCRYPTION_KEY"] = key()
	sb.ForgetArrivals()
	if code, out, errOut := run(t, env, "", "login"); code != exitFail || strings.Contains(errOut, "/oauth?") || !strings.Contains(errOut, "the key is not here") || out != "" {
		t.Errorf("login: %d %s%s", code, out, errOut)
	}
	if n := len(sb.Arrivals()); n != 0 {
		t.Errorf("Kommo was asked %d times", n)
	}
	for _, args := range [][]string{{"keys", "create"}, {"hooks", "create", "--platform", "vapi"}, {"accounts", "rotate-key"}} {
		if code, out, errOut := run(t, env, "", args...); code != exitFail || !strings.Contains(errOut, "Set that key as KOMMO_MCP_ENCRYPTION_KEY") || out != "" {
			t.Errorf("%v: %d %s%s", args, code, out, errOut)
		}
	}
	if _, out, _ := run(t, env, "", "accounts", "show", "demo"); !strings.Contains(out, "which is not here") {
		t.Errorf("accounts show: %s", out)
	}
}

// TestEmptyValuesOfHooks: an unset variable of a script opens no other account, and
// makes no hook that takes unsigned posts.
func TestEmptyValuesOfHooks(t *testing.T) {
	env := map[string]string{"KOMMO_MCP_STATE_DIR": t.TempDir(), "KOMMO_SUBDOMAIN": "acme", "KOMMO_ACCESS_TOKEN": "not-a-token"}
	for _, flag := range []string{"--account", "--secret-file"} {
		if code, out, errOut := run(t, env, "", "hooks", "create", "--platform", "vapi", flag, ""); code != exitUsage || !strings.Contains(errOut, flag+" is empty") || out != "" {
			t.Errorf("%s: %d %s%s", flag, code, out, errOut)
		}
	}
}

// TestAStateThatCannotBeWritten is not taken for one without accounts.
func TestAStateThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "state.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"KOMMO_MCP_STATE_DIR": dir}
	for _, args := range [][]string{{"call", "get_account"}, {"keys", "create", "--account", "acme"}, {"accounts", "list"}, {"doctor"}} {
		code, out, errOut := run(t, env, "", args...)
		all := out + errOut
		if code != exitFail || !strings.Contains(all, "the state directory cannot be written") || !strings.Contains(all, "KOMMO_MCP_STATE_DIR") ||
			strings.Contains(all, "no account is connected") || strings.Contains(all, "Put back a copy") {
			t.Errorf("%v: %d %s", args, code, all)
		}
	}
}
