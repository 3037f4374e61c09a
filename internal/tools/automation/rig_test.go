package automation_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/automation"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// leaping is a clock whose waits are over at once.
type leaping struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *leaping) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *leaping) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	c.ahead += d
	c.mu.Unlock()
	done := make(chan time.Time, 1)
	done <- c.Now()
	return done
}

// rig is the demo account with the tools of this toolset.
type rig struct {
	*testing.T

	box   *sandbox.Sandbox
	api   *kommo.Client
	names *directory.Directory
	tools map[string]registry.Tool
}

func newRig(t *testing.T, token ...func(*sandbox.Sandbox) string) *rig {
	t.Helper()
	clock := &leaping{}
	box := sandbox.New(sandbox.WithoutRateLimit(), sandbox.WithClock(clock.Now))
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", box)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	base, err := kommo.ParseBase(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	account, err := kommo.ParseAccount(sandbox.DefaultHost)
	if err != nil {
		t.Fatal(err)
	}
	transport := kommo.NewTransport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	access := box.Token(sandbox.DefaultHost)
	for _, other := range token {
		access = other(box)
	}
	api := kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: access}),
		kommo.WithBaseURL(base), kommo.WithTransport(transport), kommo.WithMaxRetries(0), kommo.WithClock(clock))
	names := directory.New(api, directory.WithClock(clock))
	t.Cleanup(names.Close)
	service := crm.New(api, names, clock)
	open := func(context.Context) (*crm.Service, error) { return service, nil }
	r := &rig{T: t, box: box, api: api, names: names, tools: map[string]registry.Tool{}}
	for _, tool := range []registry.Tool{
		automation.ListBots(open), automation.RunBot(open), automation.StopBot(open),
		automation.ListLossReasons(open), automation.CreateLossReason(open), automation.DeleteLossReason(open),
	} {
		r.tools[tool.Name()] = tool
	}
	if err := names.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	box.ForgetArrivals()
	return r
}

// run calls a tool; requests are what it sent, such as "GET POST".
func (r *rig) run(tool, args string) (res registry.Result, requests string) {
	r.Helper()
	before := len(r.box.Arrivals())
	res = r.tools[tool].Call(r.Context(), json.RawMessage(args))
	var sent []string
	for _, a := range r.box.Arrivals()[before:] {
		sent = append(sent, a.Method)
	}
	requests = strings.Join(sent, " ")
	r.Logf("%s %s\n  [%s] %s", tool, args, requests, res.Text)
	if err := r.tools[tool].Verify(res); err != nil {
		r.Errorf("%s: the answer does not fit its schema: %v", tool, err)
	}
	return res, requests
}

// do runs a tool that must succeed with these requests, within Kommo's contract.
func (r *rig) do(tool, args, requests string) map[string]any {
	r.Helper()
	res, sent := r.run(tool, args)
	if res.IsError {
		r.Fatalf("%s %s: %s", tool, args, res.Text)
	}
	if sent != requests {
		r.Errorf("%s %s sent %q, want %q", tool, args, sent, requests)
	}
	if v := r.box.Violations(); len(v) > 0 {
		r.Errorf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	var out map[string]any
	if err := json.Unmarshal(res.Structured, &out); err != nil {
		r.Fatal(err)
	}
	return out
}

// refused runs a tool that must be refused with the code, and say what to do.
func (r *rig) refused(code, tool, args string) (message, requests string) {
	r.Helper()
	res, sent := r.run(tool, args)
	var out struct {
		Error struct{ Code, Message, Next string }
	}
	if err := json.Unmarshal(res.Structured, &out); err != nil {
		r.Fatal(err)
	}
	if !res.IsError || out.Error.Code != code || out.Error.Next == "" {
		r.Errorf("%s %s: want %s with a next step, got %s", tool, args, code, res.Structured)
	}
	return out.Error.Message, sent
}

// part walks into an answer by keys.
func part(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}
