package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// printed runs a command with --json and reads what it prints.
func printed[T any](t *testing.T, env map[string]string, want int, args ...string) (out T) {
	t.Helper()
	code, text, errOut := run(t, env, "", append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), &out); err != nil || code != want {
		t.Fatalf("%v: %d %v %s%s", args, code, err, text, errOut)
	}
	return out
}

// TestListsForPrograms: each list as JSON, an empty one too; no secret is in any but
// in the answer to its making.
func TestListsForPrograms(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	for _, what := range []string{"accounts", "keys", "hooks", "clients"} {
		if got := printed[[]any](t, env, exitOK, what, "list"); got == nil || len(got) != 0 {
			t.Errorf("no %s: %v", what, got)
		}
	}
	loginAs(t, env, sandbox.DefaultHost)
	key := printed[struct {
		keyRow

		Key string
	}](t, env, exitOK, "keys", "create", "--mode", "READ", "--rate", "2.5", "--expires", "2035-01-31", "--user", "Marcus Reed", "--label", "n8n")
	hook := printed[struct {
		hookRow

		Address string
	}](t, env, exitOK, "hooks", "create", "--platform", "retell")
	if key.Mode != "read" || key.User != 10450002 || key.Host != sandbox.DefaultHost || !strings.HasPrefix(key.Key, "kmcp_") || !strings.HasPrefix(key.Expires, "2035-0") {
		t.Errorf("key: %+v", key)
	}
	if hook.Host != sandbox.DefaultHost || hook.Account != "31000001" || !strings.Contains(hook.Address, "/v1/calls/retell/kmcp_h_") {
		t.Errorf("hook: %+v", hook)
	}
	accounts := printed[[]accountRow](t, env, exitOK, "accounts")
	one := printed[accountRow](t, env, exitOK, "accounts", "show", "https://DEMO.kommo.com/leads")
	keys, hooks := printed[[]keyRow](t, env, exitOK, "keys"), printed[[]hookRow](t, env, exitOK, "hooks")
	if len(accounts) != 1 || !accounts[0].Default || accounts[0].State != "active" || one.Account != accounts[0].Account || one.Key == "" {
		t.Errorf("accounts: %+v %+v", accounts, one)
	}
	if len(keys) != 1 || keys[0].ID != key.ID || keys[0].Rate != 2.5 || len(hooks) != 1 || hooks[0].ID != hook.ID || hooks[0].Signing != "unsigned" {
		t.Errorf("%+v %+v", keys, hooks)
	}
	ends, err := time.Parse(time.RFC3339, key.Expires)
	if err != nil {
		t.Error(err)
	}
	_, table, _ := run(t, env, "", "keys", "list")
	for _, want := range []string{sandbox.DefaultHost, "10450002", "2.5", ends.Local().Format(time.DateTime), "USER", "RATE"} {
		if !strings.Contains(table, want) {
			t.Errorf("the list of keys lacks %q: %s", want, table)
		}
	}
}

// TestAKeyIsForSomebodyWhoIsThere: Kommo is asked for the user, and who is not there
// is answered with those who are.
func TestAKeyIsForSomebodyWhoIsThere(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	loginAs(t, env, sandbox.DefaultHost)
	for _, nobody := range []string{"999", "Nobody Known"} {
		code, out, errOut := run(t, env, "", "keys", "create", "--user", nobody)
		if code != exitFail || out != "" || !strings.Contains(errOut, "Marcus Reed") {
			t.Errorf("%s: %d %s%s", nobody, code, out, errOut)
		}
	}
}

// TestRemovingSaysWhatGoesWithAnAccount: keys and hooks end, calls that wait stay
// unless they are to go too.
func TestRemovingSaysWhatGoesWithAnAccount(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	for _, erased := range []bool{false, true} {
		loginAs(t, env, sandbox.DefaultHost)
		createKey(t, env)
		createKey(t, env)
		run(t, env, "", "hooks", "create", "--platform", "vapi")
		a := &app{env: lookup(env), errOut: t.Output()}
		p, err := a.wireAccounts()
		if err != nil {
			t.Fatal(err)
		}
		op, _, err := p.state.Begin(t.Context(), store.Op{Account: "31000001", Kind: crm.CallKind, Key: "call-1"})
		if err != nil {
			t.Fatal(err)
		}
		op.State = store.Waiting
		if err := p.state.Settle(t.Context(), op); err != nil {
			t.Fatal(err)
		}
		if _, shown, _ := run(t, env, "", "accounts", "show", "demo"); !strings.Contains(shown, "2 access keys, 1 hook") {
			t.Errorf("shown: %s", shown)
		}
		args, said := []string{"accounts", "remove", "Demo"}, "1 call is kept"
		if erased {
			args, said = append(args, "--calls"), "1 call was erased"
		}
		_, out, errOut := run(t, env, "", args...)
		for _, want := range []string{"2 access keys, 1 hook", "It was the default account", said} {
			if !strings.Contains(errOut, want) {
				t.Errorf("said %q, without %q", errOut, want)
			}
		}
		left, err := p.state.Counts(t.Context(), "31000001", crm.CallKind)
		if err != nil || (left[store.Waiting] == 0) != erased || out != "forgot "+sandbox.DefaultHost+"\n" {
			t.Errorf("%q, left %v %v", out, left, err)
		}
		p.close()
	}
}

type diagnosis struct {
	OK     bool
	Checks []checkLine
}

func (d diagnosis) of(check string) checkLine {
	i := slices.IndexFunc(d.Checks, func(l checkLine) bool { return l.Check == check })
	if i < 0 {
		return checkLine{}
	}
	return d.Checks[i]
}

// TestDoctorOfAServerForOthers: a server with an integration and no account of its
// own is well; without one it says which account to choose.
func TestDoctorOfAServerForOthers(t *testing.T) {
	redirect := "http://" + freeAddr(t) + "/oauth/callback"
	sb, env := oauthRig(t, redirect)
	env["KOMMO_MCP_PUBLIC_URL"] = strings.TrimSuffix(redirect, "/oauth/callback")
	if d := printed[diagnosis](t, env, exitOK, "doctor"); !d.OK || d.of("token").Result != "warn" || !strings.Contains(d.of("token").Text, "/connect") {
		t.Errorf("nobody has connected: %+v", d)
	}
	loginAs(t, env, sandbox.DefaultHost)
	loginAs(t, env, secondHost)
	run(t, env, "", "accounts", "remove", "demo") // the default: as if guests had connected theirs
	if d := printed[diagnosis](t, env, exitOK, "doctor"); !d.OK || d.of("token").Result != "ok" {
		t.Errorf("a guest has: %+v", d)
	}
	delete(env, "KOMMO_MCP_PUBLIC_URL")
	if d := printed[diagnosis](t, env, exitFail, "doctor"); d.OK || d.of("token").Next != "Run kommo-mcp accounts default "+secondHost+", or set KOMMO_SUBDOMAIN." {
		t.Errorf("no default: %+v", d)
	}
	env["KOMMO_SUBDOMAIN"] = "elsewhere"
	if d := printed[diagnosis](t, env, exitFail, "doctor"); !strings.Contains(d.of("token").Text, secondHost) {
		t.Errorf("another account is named: %+v", d)
	}
	delete(env, "KOMMO_SUBDOMAIN")
	sb.Disconnect(secondHost, sandboxClientID)
	_, text, _ := run(t, env, "", "doctor")
	if !strings.Contains(text, "FAIL  accounts  "+secondHost) {
		t.Errorf("Kommo honours it no more: %s", text)
	}
	delete(env, "KOMMO_CLIENT_ID")
	delete(env, "KOMMO_CLIENT_SECRET")
	run(t, env, "", "accounts", "default", "second")
	if code, text, _ := run(t, env, "", "doctor"); code != exitFail || strings.Contains(text, "all is well") {
		t.Errorf("without an integration: %s", text)
	}
}

// TestMistakesLeadToTheRightHelp: the help named is that of what was meant.
func TestMistakesLeadToTheRightHelp(t *testing.T) {
	for want, args := range map[string][]string{
		"Run kommo-mcp --help":             {"bogus"},
		"Run kommo-mcp accounts --help":    {"accounts", "bogus"},
		"Run kommo-mcp hooks create":       {"hooks", "create"},
		"Run kommo-mcp accounts show":      {"accounts", "show"},
		"Run kommo-mcp keys create --help": {"keys", "create", "--rate", "fast"},
	} {
		if code, out, errOut := run(t, nil, "", args...); code != exitUsage || out != "" || !strings.Contains(errOut, want) {
			t.Errorf("%v: %d %q %q", args, code, out, errOut)
		}
	}
}
