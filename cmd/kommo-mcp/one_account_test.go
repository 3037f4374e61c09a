package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func keyFor(c *canaries, env map[string]string, args ...string) string {
	c.t.Helper()
	_, out, errOut := run(c.t, env, "", append([]string{"keys", "create"}, args...)...)
	key := kmcp.FindString(out)
	if key == "" {
		c.t.Fatalf("no key: %v: %s", args, errOut)
	}
	return key
}

func (s *served) with(key, call string) string {
	s.t.Helper()
	_, body := s.ask(false, http.MethodPost, "/keys/mcp", call, "Authorization", "Bearer "+key)
	return body
}

// TestOneAccountByTokenAndGrant: an account that is opened by the access token of the
// settings and by its own grant at the same time is one account: what was done by one
// way is known on the other, and both together keep Kommo's rate. What they read is
// not shared.
func TestOneAccountByTokenAndGrant(t *testing.T) {
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	env["KOMMO_MCP_ADDR"] = "127.0.0.1:0"
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	loginAs(t, env, sandbox.DefaultHost)
	byGrant := keyFor(c, env, "--account", "demo")
	env["KOMMO_SUBDOMAIN"], env["KOMMO_ACCESS_TOKEN"] = "demo", sb.Token(sandbox.DefaultHost)
	byToken := keyFor(c, env)
	ctx, stop := context.WithCancel(t.Context())
	s := c.serveUntil(ctx, env)
	defer func() { stop(); s.code() }()

	task := toolCall("create_task", `{"lead_id":40885001,"text":"Once","due":"2030-01-15T10:00","idempotency_key":"one"}`)
	if first := s.with(byToken, task); strings.Contains(first, `"repeat":true`) || strings.Contains(first, `"isError":true`) {
		t.Fatal(first)
	}
	if again := s.with(byGrant, task); !strings.Contains(again, `"repeat":true`) {
		t.Errorf("the grant does not know what the token did: %s", again)
	}
	sb.ForgetArrivals()
	var all sync.WaitGroup
	for i, key := range []string{byToken, byGrant, byToken, byGrant, byToken, byGrant, byToken, byGrant, byToken, byGrant, byToken, byGrant, byToken, byGrant, byToken, byGrant} {
		all.Go(func() {
			for n := range 2 {
				s.with(key, toolCall("api_get", fmt.Sprintf(`{"path":"/leads","query":{"page":"%d"}}`, 2*i+n+1)))
			}
		})
	}
	all.Wait()
	var at []time.Time
	tokens := map[string]bool{}
	for _, a := range sb.Arrivals() {
		at, tokens[a.Header.Get("Authorization")] = append(at, a.At), true
	}
	for i := range at { // a busy machine delays some on their way; two limits would let 14 through
		if i >= 10 && at[i].Sub(at[i-10]) < time.Second {
			t.Fatalf("11 requests within %v: the two ways do not keep one limit", at[i].Sub(at[i-10]))
		}
	}
	if len(at) < 32 || len(tokens) != 2 {
		t.Errorf("%d requests by %d tokens: was it tried?", len(at), len(tokens))
	}
}

// TestWaitingCallsKeepTheirUser: of three keys, two are bound to users; what they hand
// in during an outage is written after a restart by the rights of each.
func TestWaitingCallsKeepTheirUser(t *testing.T) {
	t.Parallel()
	sb, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	env["KOMMO_MCP_ADDR"] = "127.0.0.1:0"
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	loginAs(t, env, sandbox.DefaultHost)
	loginAs(t, env, secondHost)
	ctx, stop := context.WithCancel(t.Context())
	s := c.serveUntil(ctx, env)
	users, keys := map[string]string{}, []string{}
	for i, user := range []string{"", "10450002", "10450003"} {
		users[fmt.Sprint("user-", i)] = user
		as := []string{"--account", "demo"}
		if user != "" {
			as = append(as, "--user", user)
		}
		keys = append(keys, keyFor(c, env, as...))
	}
	sb.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/api", Times: -1})
	for i, key := range keys {
		id := fmt.Sprint("user-", i)
		call := fmt.Sprintf(`{"phone":"+1 202 555 017%d","summary":"%s","call_id":"%s","unknown_caller":"contact_only"}`, i, id, id)
		if out := s.with(key, toolCall("post_call_summary", call)); !strings.Contains(out, `"status":"queued"`) {
			t.Fatal(out)
		}
	}
	stop()
	s.code()
	sb.ClearFaults()
	sb.ForgetArrivals()
	ctx, stop = context.WithCancel(t.Context())
	s = c.serveUntil(ctx, env)
	defer func() { stop(); s.code() }()
	got := map[string]string{}
	within(t, func() bool {
		for _, a := range sb.Arrivals() {
			for id := range users {
				if a.Method == http.MethodPost && strings.HasSuffix(a.Path, "/notes") && strings.Contains(string(a.Body), id) {
					got[id] = a.Header.Get("X-Context-User-ID")
				}
			}
		}
		return len(got) == len(users)
	})
	for id, user := range users {
		if got[id] != user {
			t.Errorf("%s is written as %q, not %q", id, got[id], user)
		}
	}
}
