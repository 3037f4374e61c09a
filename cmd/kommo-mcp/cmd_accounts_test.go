package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

const secretCanary = "canary-client-secret-5d20"

// oauthRig is a sandbox with two accounts and an integration, and the settings of
// somebody who wants to connect to it.
func oauthRig(t *testing.T, redirect string) (*sandbox.Sandbox, map[string]string) {
	t.Helper()
	sb := sandbox.New(
		sandbox.WithAccount(sandbox.DefaultHost, sandbox.DemoSeed()), sandbox.WithAccount(secondHost, sandbox.SecondSeed()),
		sandbox.WithIntegration(sandbox.Integration{ClientID: sandboxClientID, Secret: secretCanary, RedirectURI: redirect}),
	)
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", sb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return sb, map[string]string{
		"KOMMO_BASE_URL": srv.URL, "KOMMO_MCP_STATE_DIR": t.TempDir(), "KOMMO_MCP_MAX_RETRIES": "0",
		"KOMMO_CLIENT_ID": sandboxClientID, "KOMMO_CLIENT_SECRET": secretCanary, "KOMMO_REDIRECT_URL": redirect,
	}
}

// answerOf allows access in an account and returns where the browser is sent.
func answerOf(t *testing.T, link, account string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link+"&account="+account, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.Header.Get("Location")
}

// loginAs runs login with a browser that allows access in the account.
func loginAs(t *testing.T, env map[string]string, account string) (stdout, stderr string, page string) {
	t.Helper()
	var out, errOut bytes.Buffer
	got := make(chan string, 1)
	a := &app{
		env: lookup(env), in: strings.NewReader(""), out: &out, errOut: &errOut,
		browse: func(_ context.Context, link string) error {
			go func() {
				to := answerOf(t, link, account)
				for _, foreign := range []string{strings.Replace(to, "state=", "state=x", 1), strings.Replace(to, "/oauth/callback", "/other", 1)} {
					if status, _ := fetch(t, foreign); status != http.StatusNotFound {
						t.Errorf("%s answers %d", foreign, status)
					}
				}
				_, body := fetch(t, to)
				got <- body
			}()
			return nil
		},
	}
	if code := a.run(t.Context(), []string{"login"}); code != exitOK {
		t.Fatalf("login: %s", errOut.String())
	}
	return out.String(), errOut.String(), <-got
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	req.Close = true
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(body)
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestLoginAndUse is the whole way: login in the browser, calls with the grant, a
// second account, the default, removal.
func TestLoginAndUse(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	stdout, stderr, page := loginAs(t, env, sandbox.DefaultHost)
	if !strings.Contains(stdout, "connected "+sandbox.DefaultHost) || !strings.Contains(page, "is connected") {
		t.Errorf("%s %s %s", stdout, stderr, page)
	}
	must := func(want string, args ...string) string {
		t.Helper()
		code, out, errOut := run(t, env, "", args...)
		if code != exitOK || !strings.Contains(out, want) {
			t.Fatalf("%v: %d %s%s", args, code, out, errOut)
		}
		return out + errOut
	}
	must(`"id":31000001`, "call", "get_account")
	loginAs(t, env, secondHost)
	list := must("* "+sandbox.DefaultHost, "accounts", "list")
	if !strings.Contains(list, "  "+secondHost) || strings.Count(list, "active") != 2 {
		t.Errorf("listed: %s", list)
	}
	env["KOMMO_SUBDOMAIN"] = "second"
	must(`"id":31000002`, "call", "get_account")
	delete(env, "KOMMO_SUBDOMAIN")
	must(secondHost+" is the default", "accounts", "default", "second")
	must(`"id":31000002`, "call", "get_account")
	must("a key file in "+env["KOMMO_MCP_STATE_DIR"], "accounts", "show", "31000002")
	must("2 sealed anew", "accounts", "rotate-key")
	out := must("accounts  "+secondHost+": connected", "doctor")
	if !strings.Contains(out, "ok    key") {
		t.Errorf("doctor: %s", out)
	}
	must("forgot "+secondHost, "accounts", "remove", "second")
	code, out, _ := run(t, env, "", "call", "get_account")
	if code != exitFail || !strings.Contains(out, "kommo-mcp login") {
		t.Errorf("without a default: %d %s", code, out)
	}
}

// TestLoginByPaste: where the redirect URL is elsewhere, the person brings the
// answer; lines that are no answer are refused.
func TestLoginByPaste(t *testing.T) {
	_, env := oauthRig(t, "https://crm.example.com/oauth/callback")
	in, pasted := io.Pipe()
	linkIn, linkOut := io.Pipe()
	go func() {
		var seen []byte
		for link := (*regexp.Regexp)(nil); ; {
			buf := make([]byte, 4096)
			n, err := linkIn.Read(buf)
			seen = append(seen, buf[:n]...)
			if err != nil {
				return
			}
			link = regexp.MustCompile(`(?m)^http\S+$`)
			if found := link.Find(seen); found != nil && bytes.Contains(seen, []byte("press Enter")) {
				answer := answerOf(t, string(found), sandbox.DefaultHost)
				seen = nil
				go func() {
					fmt.Fprintf(pasted, "nonsense\n%s\n%s\n", strings.Replace(answer, "state=", "state=x", 1), answer)
				}()
			}
		}
	}()
	var out bytes.Buffer
	a := &app{env: lookup(env), in: in, out: &out, errOut: linkOut}
	code := a.run(t.Context(), []string{"login"})
	linkOut.Close()
	if code != exitOK || !strings.Contains(out.String(), "connected "+sandbox.DefaultHost) {
		t.Errorf("%d %s", code, out.String())
	}
}

func TestLoginNeedsAnIntegration(t *testing.T) {
	code, _, stderr := run(t, map[string]string{"KOMMO_MCP_STATE_DIR": t.TempDir()}, "", "login")
	if code != exitUsage || !strings.Contains(stderr, "KOMMO_CLIENT_ID, KOMMO_CLIENT_SECRET, KOMMO_REDIRECT_URL") {
		t.Errorf("%d %s", code, stderr)
	}
}

// TestAKeyOfTheSettings seals from the start, is changed with its predecessor set,
// and another key says what is wrong without losing anything.
func TestAKeyOfTheSettings(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	first, second := newKeyText(), newKeyText()
	env["KOMMO_MCP_ENCRYPTION_KEY"] = first
	loginAs(t, env, sandbox.DefaultHost)
	if files, err := filepath.Glob(filepath.Join(env["KOMMO_MCP_STATE_DIR"], "*.key")); err != nil || len(files) > 0 {
		t.Errorf("a key file beside the key of the settings: %v", files)
	}
	env["KOMMO_MCP_ENCRYPTION_KEY"] = second
	code, out, errOut := run(t, env, "", "call", "get_account")
	if code != exitFail || !strings.Contains(out, "encryption key") {
		t.Errorf("wrong key: %d %s%s", code, out, errOut)
	}
	if code, out, _ := run(t, env, "", "doctor"); code != exitFail || !strings.Contains(out, "nothing is lost") {
		t.Errorf("doctor with a wrong key: %d %s", code, out)
	}
	if code, _, errOut := run(t, env, "", "accounts", "rotate-key"); code != exitFail || !strings.Contains(errOut, "nothing was changed") {
		t.Errorf("changed with a wrong key: %d %s", code, errOut)
	}
	env["KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS"] = first
	if code, out, errOut := run(t, env, "", "accounts", "rotate-key"); code != exitOK || !strings.Contains(out, "1 sealed anew") {
		t.Errorf("%d %s%s", code, out, errOut)
	}
	delete(env, "KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS")
	if code, out, errOut := run(t, env, "", "call", "get_account"); code != exitOK {
		t.Errorf("%d %s%s", code, out, errOut)
	}
	if code, _, errOut := run(t, env, "", "accounts", "rotate-key"); code != exitFail || !strings.Contains(errOut, "KOMMO_MCP_ENCRYPTION_KEY_PREVIOUS") {
		t.Errorf("nothing to change: %d %s", code, errOut)
	}
}

func newKeyText() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)
}

// TestAccountSecretsShowNowhere puts a canary into every secret setting, direct
// and from a file, and reads all that the commands print.
func TestAccountSecretsShowNowhere(t *testing.T) {
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	key := newKeyText()
	env["KOMMO_MCP_ENCRYPTION_KEY"] = key
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secretCanary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	delete(env, "KOMMO_CLIENT_SECRET")
	env["KOMMO_CLIENT_SECRET_FILE"] = file
	stdout, stderr, page := loginAs(t, env, sandbox.DefaultHost)
	all := stdout + stderr + page
	sb.Disconnect(sandbox.DefaultHost, sandboxClientID)
	broken := map[string]string{"KOMMO_CLIENT_SECRET": secretCanary, "KOMMO_MCP_ENCRYPTION_KEY": key + "x", "KOMMO_REDIRECT_URL": "ftp://x", "KOMMO_MCP_STATE_DIR": t.TempDir()}
	for _, settings := range []map[string]string{env, broken} {
		for _, args := range [][]string{{"doctor"}, {"call", "get_account"}, {"accounts", "list"}, {"accounts", "show", "demo"}, {"accounts", "rotate-key"}, {"accounts", "show", "nobody"}} {
			_, out, errOut := run(t, settings, "", args...)
			all += out + errOut
		}
	}
	for _, secret := range []string{secretCanary, key, "def502"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s shows in %s", secret, all)
		}
	}
	if !strings.Contains(all, "KOMMO_MCP_ENCRYPTION_KEY: an encryption key is 32 random bytes") {
		t.Errorf("a bad key is not explained: %s", all)
	}
}
