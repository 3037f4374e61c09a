package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// canaryRig is a sandbox, settings with a canary in every secret one, and the list of
// them.
func canaryRig(t *testing.T, inFiles bool) (*canaries, *sandbox.Sandbox, map[string]string) {
	t.Helper()
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	addr := freeAddr(t)
	sb, env := oauthRig(t, "http://"+addr+"/oauth/callback")
	maps.Copy(env, map[string]string{"KOMMO_MCP_ADDR": addr, "KOMMO_MCP_PUBLIC_URL": "http://" + addr, "KOMMO_MCP_AUDIT": "full"})
	set := map[string]string{"KOMMO_CLIENT_SECRET": env["KOMMO_CLIENT_SECRET"]}
	delete(env, "KOMMO_CLIENT_SECRET")
	for _, name := range secretSettings() {
		switch {
		case name == "KOMMO_ACCESS_TOKEN" || name == "KOMMO_API_KEY": // in place of connected accounts: see commands
		case strings.HasPrefix(name, "KOMMO_MCP_ENCRYPTION_KEY"):
			set[name] = newKeyText()
		case set[name] == "":
			set[name] = "canary-of-" + name
		}
	}
	dir := t.TempDir()
	for name, value := range set {
		c.secret(name, value)
		if !inFiles {
			env[name] = value
			continue
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		env[name+"_FILE"] = file
	}
	return c, sb, env
}

// kommoSecrets are what Kommo gave us: read from what the sandbox was sent.
func (c *canaries) kommoSecrets(sb *sandbox.Sandbox) (token string) {
	for i, a := range sb.Arrivals() {
		if _, bearer, ok := strings.Cut(a.Header.Get("Authorization"), "Bearer "); ok && len(bearer) > 20 {
			token = bearer
			c.secret(fmt.Sprint("Kommo's access token ", i), bearer)
		}
		var body struct {
			Code    string `json:"code"`
			Refresh string `json:"refresh_token"`
		}
		if json.Unmarshal(a.Body, &body) == nil && strings.HasPrefix(a.Path, "/oauth2/") {
			for what, text := range map[string]string{"Kommo's code ": body.Code, "Kommo's refresh token ": body.Refresh} {
				if text != "" {
					c.secret(what+fmt.Sprint(i), text)
				}
			}
		}
	}
	return token
}

// echo makes Kommo put secrets into its errors, in every form of them.
func echo(sb *sandbox.Sandbox, secret string, do func()) {
	for status, body := range map[int]string{
		400: `{"title":"Bad","detail":"` + secret + `","status":400,"validation-errors":[{"request_id":"0","errors":[{"code":"X","path":"` + secret + `","detail":"` + secret + `"}]}]}`,
		401: `{"title":"Unauthorized","detail":"token ` + secret + ` is no good","status":401}`,
		403: `{"title":"` + secret + `","detail":"` + secret + `","status":403}`,
		404: `<html>` + secret + `</html>`,
		429: secret,
		500: `{"hint":"` + secret + `"}`,
		200: `<html>` + secret + `</html>`,
	} {
		sb.ClearFaults()
		sb.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: status, Body: body, PathPrefix: "/", Times: -1})
		do()
	}
	sb.ClearFaults()
}

// posts posts to hooks, well and badly.
func (s *served) posts(hook string) {
	body, err := os.ReadFile("../../internal/hooks/testdata/vapi_inbound.json")
	if err != nil {
		s.t.Fatal(err)
	}
	s.ask(false, http.MethodPost, "/v1/calls/vapi", string(body), "X-Vapi-Secret", s.secrets["KOMMO_MCP_HOOK_VAPI_SECRET"])
	for _, name := range append(platformNames(), "nobody") {
		s.ask(false, http.MethodPost, "/v1/calls/"+name, string(body), "X-Vapi-Secret", "canary-wrong-bearer", "X-Webhook-Signature", "canary-wrong-bearer")
		s.ask(false, http.MethodPost, "/v1/calls/"+name+"/"+hook+"?x="+hook, string(body))
		s.ask(false, http.MethodPost, "/v1/calls/"+name+"/"+hook, string(body), "X-Vapi-Secret", "canary-wrong-bearer")
	}
	s.ask(false, http.MethodGet, "/v1/calls/vapi/"+hook, "")
	s.ask(false, http.MethodPost, "/v1/calls/vapi/"+hook+"/more", "{")
	s.ask(false, http.MethodPost, "/"+hook+"?"+hook, "{")
}

// requests are all endpoints with good and bad bearers.
func (s *served) requests(good ...string) {
	paths := []string{
		"/mcp", "/keys/mcp", "/v1/calls", "/healthz", "/readyz", "/openapi.json", "/metrics", "/connect", "/connect/done", "/disconnect", "/oauth/callback",
		"/token", "/revoke", "/authorize", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp", "/debug/pprof/",
	}
	for _, bearer := range append(good, "canary-wrong-bearer", "kmcp_canary-wrong-bearer", "kmcp_at_canary-wrong-bearer") {
		for _, path := range paths {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				if method == http.MethodGet && path == "/connect" && strings.Contains(bearer, "kmcp_") {
					continue
				}
				s.ask(false, method, path+"?code="+url.QueryEscape(bearer)+"&token="+url.QueryEscape(bearer)+"&state=x", `{"phone":1,"token":"x"`, "Authorization", "Bearer "+bearer, "X-Request-Id", bearer, "Cookie", "kommo_connect="+bearer)
			}
		}
	}
	for _, bearer := range good {
		s.calls(bearer)
	}
}

// calls uses tools, well and badly.
func (s *served) calls(bearer string) {
	for _, call := range []string{
		toolCall("search_leads", `{"bogus":1}`), toolCall("no_such_tool", "{}"), `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "{",
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"kommo://account"}}`,
	} {
		s.ask(false, http.MethodPost, "/mcp", call, "Authorization", "Bearer "+bearer)
	}
	s.writes(bearer)
}

// writes sends something to Kommo each time.
func (s *served) writes(bearer string) {
	for _, call := range []string{toolCall("get_lead", `{"lead_id":40885001}`), toolCall("update_lead", `{"lead_id":40885001,"price":5}`)} {
		s.ask(false, http.MethodPost, "/mcp", call, "Authorization", "Bearer "+bearer)
	}
	s.ask(false, http.MethodPost, "/v1/calls", `{"phone":"+14155550113","summary":"x","call_id":"c"}`, "Authorization", "Bearer "+bearer)
}

// TestCanaries puts a secret into every secret setting, obtains one of each kind that
// is given out, uses all of them well and badly, and looks for them in all that was
// printed, logged, answered and kept.
func TestCanaries(t *testing.T) {
	for name, inFiles := range map[string]bool{"settings": false, "files": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, sb, env := canaryRig(t, inFiles)
			c.secret("a wrong bearer", "canary-wrong-bearer")
			stdout, stderr, page := loginAs(t, env, sandbox.DefaultHost)
			c.show("login", stdout+stderr+page)
			hook := kmcp.FindString(c.owned(env, "hooks", "create", "--platform", "vapi"))
			signedHook := kmcp.FindString(c.owned(env, "hooks", "create", "--platform", "vapi", "--secret-file", c.file("canary-secret-of-a-hook")))
			c.secret("a hook", hook)
			c.secret("a hook that signs", signedHook)
			c.secret("a client's secret", kmcp.FindString(c.owned(env, "clients", "add", "--name", "A host", "--redirect", "https://host.example/callback")))
			s := c.serve(env)
			access, refresh := s.authorize(sandbox.DefaultHost)
			good := []string{c.secrets["KOMMO_MCP_ACCESS_KEY"], access}
			if key := kmcp.FindString(c.owned(env, "keys", "create", "--mode", "write")); key != "" {
				c.secret("an access key", key)
				good = append(good, key)
			}
			if status, body := s.ask(false, http.MethodPost, "/mcp", toolCall("get_account", "{}"), "Authorization", "Bearer "+access); status != http.StatusOK || !strings.Contains(body, "31000001") {
				t.Errorf("a call with a token: %d %s", status, body)
			}
			if len(good) != 3 {
				t.Error("no access key was made")
			}
			s.requests(good...)
			s.posts(hook)
			s.posts(signedHook)
			token := c.kommoSecrets(sb)
			echo(sb, token, func() { s.writes(good[0]) })
			s.refreshed(refresh)
			c.commands(env, sb, token)
			s.stop()
			c.kommoSecrets(sb)
			c.files(env["KOMMO_MCP_STATE_DIR"])
			for _, leak := range c.leaks() {
				t.Error(leak)
			}
			c.provesItself()
		})
	}
}

var kmcp = regexp.MustCompile(`kmcp_\w{30,}`)

// owned runs a command that shows a secret to its owner on standard output.
func (c *canaries) owned(env map[string]string, args ...string) string {
	c.t.Helper()
	_, out, errOut := run(c.t, env, "", args...)
	c.show(strings.Join(args[:2], " "), errOut)
	return out
}

// file is a file with a secret.
func (c *canaries) file(secret string) string {
	c.secret(secret, secret)
	name := filepath.Join(c.t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(secret), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return name
}

// refreshed renews the tokens, and comes with the old one again.
func (s *served) refreshed(refresh string) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {s.client}}
	s.tokens(form)
	s.ask(true, http.MethodPost, "/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded") // again: as if the answer was lost
	s.ask(false, http.MethodPost, "/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"canary-wrong-bearer"}, "client_id": {s.client}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	s.ask(false, http.MethodPost, "/token", s.used.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	s.ask(false, http.MethodPost, "/revoke", url.Values{"token": {refresh}, "client_id": {s.client}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// commands runs all commands, with Kommo well, echoing secrets, and gone; and with
// settings that are wrong.
func (c *canaries) commands(env map[string]string, sb *sandbox.Sandbox, token string) {
	all := [][]string{
		{"doctor"},
		{"accounts"},
		{"accounts", "show", "demo"},
		{"accounts", "show", "nobody"},
		{"accounts", "default", "demo"},
		{"outbox"},
		{"outbox", "flush"},
		{"outbox", "retry", "1"},
		{"outbox", "drop", "99"},
		{"hooks"},
		{"hooks", "revoke", "h_none"},
		{"keys"},
		{"keys", "revoke", "k_none"},
		{"clients", "list", "--all"},
		{"clients", "remove", "c_none"},
		{"tools", "--json"},
		{"version"},
		{"--help"},
		{"call", "get_account"},
		{"call", "add_note", `{"lead_id":40885001,"text":"x"}`},
		{"call", "nonsense"},
		{"login", "--no-browser"},
		{"nonsense"},
	}
	every := func(env map[string]string) {
		for _, args := range all {
			c.run(env, "nonsense\n", args...)
		}
	}
	every(env)
	direct := maps.Clone(env)
	direct["KOMMO_API_KEY"] = token
	c.run(direct, "", "doctor")
	direct["KOMMO_ACCESS_TOKEN"] = token
	every(direct)
	echo(sb, token, func() {
		c.run(direct, "", "doctor")
		c.run(direct, "", "call", "get_account")
		c.run(env, "", "doctor")
	})
	sb.Disconnect(sandbox.DefaultHost, sandboxClientID)
	for _, args := range [][]string{{"doctor"}, {"call", "get_account"}, {"accounts"}} {
		c.run(env, "", args...)
	}
	broken := maps.Clone(direct)
	maps.Copy(broken, map[string]string{
		"KOMMO_MCP_ENCRYPTION_KEY": c.secrets["KOMMO_MCP_ENCRYPTION_KEY"] + "x", "KOMMO_MCP_MODE": "wild",
	})
	every(broken)
	every(map[string]string{"KOMMO_MCP_STATE_DIR": env["KOMMO_MCP_STATE_DIR"], "KOMMO_BASE_URL": "http://127.0.0.1:1", "KOMMO_MCP_MAX_RETRIES": "0", "KOMMO_ACCESS_TOKEN": token, "KOMMO_MCP_KEYRING": "off"})
}

// files notes what lies in the state directory.
func (c *canaries) files(dir string) {
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		c.show("the file "+filepath.Base(path), string(raw))
		return err
	})
	if err != nil {
		c.t.Error(err)
	}
}

// provesItself: that something was looked at, and that each secret would be found.
func (c *canaries) provesItself() {
	for where, text := range map[string]string{"the server's log": "msg=request", "doctor": "ok    ", "the file audit.jsonl": "update_lead", "the file state.db": "SQLite"} {
		if !strings.Contains(c.shown[where], text) {
			c.t.Errorf("%s has no %q: was it looked at?", where, text)
		}
	}
	if len(c.secrets) < 25 || len(c.shown) < 40 {
		c.t.Errorf("only %d secrets in %d places", len(c.secrets), len(c.shown))
	}
	for what, secret := range c.secrets {
		trap := &canaries{t: c.t, secrets: map[string]string{what: secret}, shown: map[string]string{"trap": "x?y=" + url.QueryEscape(secret)}}
		if len(trap.leaks()) != 1 {
			c.t.Errorf("%s would not be found", what)
		}
	}
}

// TestNoFlagTakesASecret: arguments are visible to all users of a machine.
func TestNoFlagTakesASecret(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("kommo-mcp"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(node *kong.Node)
	walk = func(node *kong.Node) {
		for _, f := range node.Flags {
			n++
			if regexp.MustCompile(`secret|token|password|key$`).MatchString(f.Name) && !strings.HasSuffix(f.Name, "-file") {
				t.Errorf("%s --%s", node.FullPath(), f.Name)
			}
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	if n < 10 {
		t.Errorf("only %d flags", n)
	}
}
