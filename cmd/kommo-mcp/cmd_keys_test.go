package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

var (
	keyLine  = regexp.MustCompile(`^kmcp_[A-Z2-7]{52}\n$`)
	keyID    = regexp.MustCompile(`k_[a-z2-7]{10}`)
	bothKeys = []string{"--mode", "full", "--label", "test"}
)

// createKey makes a key and returns its secret and id.
func createKey(t *testing.T, env map[string]string, args ...string) (secret, id string) {
	t.Helper()
	code, out, errOut := run(t, env, "", append(append([]string{"keys", "create"}, bothKeys...), args...)...)
	if code != exitOK || !keyLine.MatchString(out) || !keyID.MatchString(errOut) || strings.Contains(errOut, strings.TrimSpace(out)) {
		t.Fatalf("keys create %v: %d %q %q", args, code, out, errOut)
	}
	return strings.TrimSpace(out), keyID.FindString(errOut)
}

// TestKeysOpenTheirOwnAccounts: two accounts are connected and none is the server's
// own by its key; each key works in its account, in no other, and no longer than it
// and its connection last.
func TestKeysOpenTheirOwnAccounts(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	loginAs(t, env, sandbox.DefaultHost)
	loginAs(t, env, secondHost)
	first, firstID := createKey(t, env, "--account", sandbox.DefaultHost, "--expires", "10d")
	second, _ := createKey(t, env, "--account", "second", "--rate", "5", "--toolsets", "default,bulk")
	usual, _ := createKey(t, env)
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	s := c.serve(env)
	defer s.stop()
	account := func(secret string) (int, string) {
		return s.ask(true, http.MethodPost, "/keys/mcp", toolCall("get_account", "{}"), "Authorization", "Bearer "+secret)
	}
	for secret, want := range map[string]string{first: `"id":31000001`, second: `"id":31000002`, usual: `"id":31000001`} {
		if status, body := account(secret); status != http.StatusOK || !strings.Contains(strings.ReplaceAll(body, `\"`, `"`), want) {
			t.Errorf("want %s: %d %.300s", want, status, body)
		}
	}
	if status, _ := account("kmcp_wrong"); status != http.StatusUnauthorized {
		t.Errorf("a wrong key: %d", status)
	}
	if status, _ := s.ask(true, http.MethodPost, "/mcp", toolCall("get_account", "{}")); status != http.StatusUnauthorized {
		t.Errorf("no key: %d", status)
	}
	_, list, _ := run(t, env, "", "keys", "list")
	if strings.Contains(list, first) || strings.Contains(list, second) || strings.Count(list, "active") != 3 || !strings.Contains(list, "default,bulk") {
		t.Errorf("listed: %s", list)
	}
	_, checked, _ := run(t, env, "", "doctor")
	if !strings.Contains(checked, "3 access keys work") || !strings.Contains(checked, firstID+" (test): expires in") {
		t.Errorf("doctor: %s", checked)
	}
	if code, out, errOut := run(t, env, "", "keys", "revoke", firstID); code != exitOK || !strings.Contains(out, firstID) {
		t.Fatalf("revoke: %d %s%s", code, out, errOut)
	}
	if status, _ := account(first); status != http.StatusUnauthorized {
		t.Errorf("a revoked key: %d", status)
	}
	run(t, env, "", "accounts", "remove", "second")
	if status, _ := account(second); status != http.StatusUnauthorized {
		t.Errorf("a key of a removed account: %d", status)
	}
	if status, _ := account(usual); status != http.StatusOK {
		t.Errorf("the key that is left: %d", status)
	}
}

func TestKeysAreCheckedWhenMade(t *testing.T) {
	env := map[string]string{"KOMMO_MCP_STATE_DIR": t.TempDir(), "KOMMO_SUBDOMAIN": "acme", "KOMMO_ACCESS_TOKEN": "not-a-token"}
	for want, args := range map[string][]string{
		`unknown toolset "blk"`:  {"--toolsets", "default,blk"},
		"--expires is":           {"--expires", "soon"},
		"--expires is \"0d\"":    {"--expires", "0d"},
		"--expires is \"3651d\"": {"--expires", "3651d"},
		"--expires is \"\"":      {"--expires", ""},
		"--toolsets names none":  {"--toolsets=,"},
		"--account is empty":     {"--account", ""},
		"--user is empty":        {"--user", " "},
		"--rate is":              {"--rate", "NaN"},
		"--mode":                 {"--mode", "admin"},
	} {
		if code, out, errOut := run(t, env, "", append([]string{"keys", "create"}, args...)...); code != exitUsage || !strings.Contains(errOut, want) || out != "" {
			t.Errorf("%v: %d %q %q", args, code, out, errOut)
		}
	}
	if code, _, errOut := run(t, env, "", "keys", "revoke", "k_none"); code != exitFail || !strings.Contains(errOut, "k_none") {
		t.Errorf("revoking none: %d %s", code, errOut)
	}
	if code, _, errOut := run(t, env, "", "keys", "create", "--account", "elsewhere"); code != exitFail || !strings.Contains(errOut, "kommo-mcp login") {
		t.Errorf("an account that is not connected: %d %s", code, errOut)
	}
}

// TestAKeyActsAsItsUser: requests of a key with a user name that user to Kommo, and
// those of other keys of the account do not.
func TestAKeyActsAsItsUser(t *testing.T) {
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	loginAs(t, env, sandbox.DefaultHost)
	plain, _ := createKey(t, env)
	marcus, _ := createKey(t, env, "--user", "10450002")
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	s := c.serve(env)
	defer s.stop()
	for _, k := range []struct{ secret, want string }{{plain, ""}, {marcus, "10450002"}, {plain, ""}} {
		sb.ForgetArrivals()
		s.ask(true, http.MethodPost, "/keys/mcp", toolCall("list_tasks", `{"limit":1}`), "Authorization", "Bearer "+k.secret)
		arrivals := sb.Arrivals()
		for _, a := range arrivals {
			if got := a.Header.Get("X-Context-User-Id"); got != k.want {
				t.Errorf("%s names the user %q, want %q", a.Path, got, k.want)
			}
		}
		if len(arrivals) == 0 {
			t.Error("nothing was asked")
		}
	}
}
