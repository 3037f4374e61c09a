package files_test

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
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// jumpClock waits by moving on, so that look-ups cost a test no time.
type jumpClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (l *jumpClock) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Add(l.ahead)
}

func (l *jumpClock) After(d time.Duration) <-chan time.Time {
	l.mu.Lock()
	l.ahead += d
	l.mu.Unlock()
	c := make(chan time.Time, 1)
	c <- l.Now()
	return c
}

// rig is the demo account with the toolset.
type rig struct {
	t     *testing.T
	box   *sandbox.Sandbox
	api   *kommo.Client
	names *directory.Directory
	tools map[string]registry.Tool
}

func newRig(t *testing.T, define ...func(crm.Provider) registry.Tool) *rig {
	t.Helper()
	clock := &jumpClock{}
	box := sandbox.New(sandbox.WithoutRateLimit(), sandbox.WithClock(clock.Now))
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", box)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	at, err := kommo.ParseBase(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	account, err := kommo.ParseAccount(sandbox.DefaultHost)
	if err != nil {
		t.Fatal(err)
	}
	transport := kommo.NewTransport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	token := &oauth2.Token{AccessToken: box.Token(sandbox.DefaultHost)}
	client := kommo.New(account, oauth2.StaticTokenSource(token),
		kommo.WithBaseURL(at), kommo.WithTransport(transport), kommo.WithMaxRetries(0), kommo.WithClock(clock))
	names := directory.New(client, directory.WithClock(clock))
	t.Cleanup(names.Close)
	service := crm.New(client, names, clock)
	r := &rig{t: t, box: box, api: client, names: names, tools: map[string]registry.Tool{}}
	for _, d := range define {
		tool := d(func(context.Context) (*crm.Service, error) { return service, nil })
		r.tools[tool.Name()] = tool
	}
	if err := names.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// answer is any tool's answer: the keys at its top, and what was sent for it.
type answer struct {
	keys     map[string]any
	text     string
	requests string // "GET POST"
	failed   bool
}

// call runs a tool. The answer must keep the promises of its schema, and the
// requests Kommo's contract.
func (r *rig) call(tool, args string) answer {
	r.t.Helper()
	before := len(r.box.Arrivals())
	res := r.tools[tool].Call(r.t.Context(), json.RawMessage(args))
	out := answer{text: res.Text, failed: res.IsError}
	if err := json.Unmarshal(res.Structured, &out.keys); err != nil {
		r.t.Fatalf("%s: %v", res.Text, err)
	}
	var sent []string
	for _, a := range r.box.Arrivals()[before:] {
		sent = append(sent, a.Method)
	}
	out.requests = strings.Join(sent, " ")
	r.t.Logf("%s %s\n  [%s] %s", tool, args, out.requests, res.Text)
	if err := r.tools[tool].Verify(res); err != nil {
		r.t.Errorf("%s: %v", tool, err)
	}
	if v := r.box.Violations(); len(v) > 0 {
		r.t.Errorf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	return out
}

// do runs a tool that must succeed with these requests.
func (r *rig) do(requests, tool, args string) answer {
	r.t.Helper()
	out := r.call(tool, args)
	if out.failed {
		r.t.Fatalf("%s %s: %s", tool, args, out.text)
	}
	if out.requests != requests {
		r.t.Errorf("%s %s sent %q, want %q", tool, args, out.requests, requests)
	}
	return out
}

// refused runs a tool that must fail with the code, and say the words. Where
// requests run side by side the first refusal ends the rest: "any" counts none.
func (r *rig) refused(requests, code, tool, args string, words ...string) {
	r.t.Helper()
	out := r.call(tool, args)
	e, _ := out.keys["error"].(map[string]any)
	if !out.failed || e["code"] != code {
		r.t.Fatalf("%s %s: want a refusal with %s, got %s", tool, args, code, out.text)
	}
	if requests != "any" && out.requests != requests {
		r.t.Errorf("%s %s sent %q, want %q", tool, args, out.requests, requests)
	}
	for _, w := range words {
		if !strings.Contains(out.text, w) {
			r.t.Errorf("%s %s: the refusal does not say %q: %s", tool, args, w, out.text)
		}
	}
}

// json is part of an answer, for comparing.
func (a answer) json(key string) string {
	raw, err := json.Marshal(a.keys[key])
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
