package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestEndsWhileCallsAreUnderWay: a key that is revoked lets the call in flight finish
// and no other begin; what a removed account has accepted waits, and is written when
// the account is connected again.
func TestEndsWhileCallsAreUnderWay(t *testing.T) {
	t.Parallel()
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	env["KOMMO_MCP_ADDR"] = "127.0.0.1:0"
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	loginAs(t, env, sandbox.DefaultHost)
	key := keyFor(c, env, "--account", "demo")
	_, list, _ := run(t, env, "", "keys", "list")
	id := keyID.FindString(list)
	ctx, stop := context.WithCancel(t.Context())
	s := c.serveUntil(ctx, env)
	defer func() { stop(); s.code() }()

	sb.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Latency: time.Second, Method: http.MethodPost, PathPrefix: "/"})
	sb.ForgetArrivals()
	posted := func(text string) bool {
		for _, a := range sb.Arrivals() {
			if a.Method == http.MethodPost && strings.Contains(string(a.Body), text) {
				return true
			}
		}
		return false
	}
	answered := make(chan string, 1)
	go func() { answered <- s.with(key, toolCall("add_note", `{"lead_id":40885001,"text":"under way"}`)) }()
	within(t, func() bool { return posted("under way") })
	if code, _, errOut := run(t, env, "", "keys", "revoke", id); code != exitOK {
		t.Fatal(errOut)
	}
	if out := <-answered; strings.Contains(out, `"isError":true`) || !strings.Contains(out, `"result"`) {
		t.Errorf("the call in flight: %s", out)
	}
	if status, _ := s.ask(false, http.MethodPost, "/keys/mcp", toolCall("get_account", "{}"), "Authorization", "Bearer "+key); status != http.StatusUnauthorized {
		t.Errorf("after the key was revoked: %d", status)
	}

	key = keyFor(c, env, "--account", "demo")
	sb.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/api", Times: -1})
	if out := s.with(key, toolCall("post_call_summary", `{"lead_id":40885001,"phone":"+12025550142","summary":"kept meanwhile","call_id":"m1"}`)); !strings.Contains(out, `"status":"queued"`) {
		t.Fatal(out)
	}
	if code, _, errOut := run(t, env, "", "accounts", "remove", "demo"); code != exitOK {
		t.Fatal(errOut)
	}
	if status, _ := s.ask(false, http.MethodPost, "/keys/mcp", toolCall("get_account", "{}"), "Authorization", "Bearer "+key); status != http.StatusUnauthorized {
		t.Errorf("after the account was removed: %d", status)
	}
	sb.ForgetArrivals()
	sb.ClearFaults()
	<-time.After(300 * time.Millisecond)
	if posted("kept meanwhile") {
		t.Error("written in an account that was removed")
	}
	loginAs(t, env, sandbox.DefaultHost)
	within(t, func() bool { return posted("kept meanwhile") })
}

// TestARemovedAccountIsServedNoMore: not from what is known of it either, at the next call.
func TestARemovedAccountIsServedNoMore(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	loginAs(t, env, sandbox.DefaultHost)
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	s := c.serve(env)
	defer s.stop()
	for _, connected := range []bool{true, false, true} {
		if !connected {
			run(t, env, "", "accounts", "remove", "demo")
		} else if _, out, _ := run(t, env, "", "accounts", "list"); !strings.Contains(out, sandbox.DefaultHost) {
			loginAs(t, env, sandbox.DefaultHost)
		}
		for _, tool := range []string{"get_account", "search_leads"} {
			_, body := s.ask(true, http.MethodPost, "/mcp", toolCall(tool, "{}"))
			if gone := strings.Contains(body, "not connected") && strings.Contains(body, "kommo-mcp login"); gone == connected {
				t.Errorf("%s, connected %t: %.400s", tool, connected, body)
			}
		}
	}
}

// TestKommoEndsWhileACallIsUnderWay: a call whose key expires meanwhile finishes. One
// whose account its owner disconnects, with Kommo's word of it, says of what Kommo
// refused that it was not done and how to connect again, and of what was done before
// that it was. Then nothing is open to the keys any more.
func TestKommoEndsWhileACallIsUnderWay(t *testing.T) {
	addr := freeAddr(t)
	sb, env := oauthRig(t, "http://"+addr+"/oauth/callback")
	env["KOMMO_MCP_ADDR"], env["KOMMO_MCP_PUBLIC_URL"] = addr, "http://"+addr
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	loginAs(t, env, sandbox.DefaultHost)
	brief, key := keyFor(c, env, "--account", "demo", "--expires", "2s"), keyFor(c, env, "--account", "demo")
	ctx, stop := context.WithCancel(t.Context())
	s := c.serveUntil(ctx, env)
	defer func() { stop(); s.code() }()
	refused := func(key string) bool {
		status, _ := s.ask(false, http.MethodPost, "/keys/mcp", toolCall("get_account", "{}"), "Authorization", "Bearer "+key)
		return status == http.StatusUnauthorized
	}
	meanwhile := func(key, path, call string, act func()) string {
		sb.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Latency: 3 * time.Second, Method: http.MethodPost, PathPrefix: path})
		sb.ForgetArrivals()
		answered := make(chan string, 1)
		go func() { answered <- s.with(key, call) }()
		within(t, func() bool {
			for _, a := range sb.Arrivals() {
				if a.Method == http.MethodPost && strings.HasPrefix(a.Path, "/api/v4"+path) {
					return true
				}
			}
			return false
		})
		act()
		return <-answered
	}
	out := meanwhile(brief, "/leads/notes", toolCall("add_note", `{"lead_id":40885001,"text":"the key ends"}`), func() { within(t, func() bool { return refused(brief) }) })
	if strings.Contains(out, `"isError":true`) || !strings.Contains(out, `"created"`) {
		t.Errorf("its key has expired meanwhile: %s", out)
	}
	out = meanwhile(key, "/leads/notes", toolCall("create_lead_with_contact", `{"name":"Roof","contact_name":"Ann Other","note":"the account ends"}`), func() {
		sb.Disconnect(sandbox.DefaultHost, sandboxClientID)
		mac := hmac.New(sha256.New, []byte(secretCanary))
		mac.Write([]byte(sandboxClientID + "|31000001"))
		query := "account_id=31000001&client_uuid=" + sandboxClientID + "&signature=" + hex.EncodeToString(mac.Sum(nil))
		if status, text := s.ask(false, http.MethodGet, "/oauth/disconnect?"+query, ""); status != http.StatusOK {
			t.Errorf("Kommo's word: %d %s", status, text)
		}
	})
	if strings.Contains(out, `"isError":true`) || !strings.Contains(out, `"kind":"lead"`) || !strings.Contains(out, "warnings") || !strings.Contains(out, "connect") {
		t.Errorf("what was done before the account ended, and what was not: %s", out)
	}
	if !refused(key) {
		t.Error("the key of an account that was disconnected is taken")
	}
}
