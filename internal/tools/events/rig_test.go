package events_test

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
	"github.com/kommo-mcp/kommo-mcp/internal/tools/events"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// leapClock waits by moving on, so that waits cost a test no time. Jobs and sandbox
// share one; the client has its own, since the time limit of calls is real and must
// not be overtaken.
type leapClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *leapClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *leapClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	c.ahead += d
	c.mu.Unlock()
	done := make(chan time.Time, 1)
	done <- c.Now()
	return done
}

// rig is the demo account with the tools of this folder.
type rig struct {
	*testing.T

	box   *sandbox.Sandbox
	api   *kommo.Client
	clock *leapClock
	wire  *leapClock // of the client
	tools []registry.Tool
}

// newRig starts the demo account for its administrator (0) or another user. What
// the account calls things is known already, so that requests are counted without.
func newRig(t *testing.T, userID int64, opts ...sandbox.Option) *rig {
	t.Helper()
	r := &rig{T: t, clock: &leapClock{}, wire: &leapClock{}}
	r.box = sandbox.New(append(opts, sandbox.WithoutRateLimit(), sandbox.WithClock(r.clock.Now))...)
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", r.box)
	r.must(err)
	t.Cleanup(srv.Close)
	base, err := kommo.ParseBase(srv.URL)
	r.must(err)
	account, err := kommo.ParseAccount(sandbox.DefaultHost)
	r.must(err)
	token := r.box.Token(sandbox.DefaultHost)
	if userID != 0 {
		token = r.box.UserToken(sandbox.DefaultHost, userID)
	}
	transport := kommo.NewTransport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	r.api = kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		kommo.WithBaseURL(base), kommo.WithTransport(transport), kommo.WithMaxRetries(0), kommo.WithClock(r.wire))
	names := directory.New(r.api, directory.WithClock(r.clock))
	t.Cleanup(names.Close)
	r.must(names.Refresh(t.Context()))
	service := crm.New(r.api, names, r.clock)
	r.tools = ownTools(func(context.Context) (*crm.Service, error) { return service, nil })
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// run calls a tool and returns its answer and what it sent, such as "GET POST".
func (r *rig) run(name, args string) (registry.Result, string) {
	r.Helper()
	tool, err := registry.Find(r.tools, name)
	r.must(err)
	before := len(r.box.Arrivals())
	res := tool.Call(r.Context(), json.RawMessage(args))
	if err := tool.Verify(res); err != nil {
		r.Errorf("%s: the answer does not fit its schema: %v\n%s", name, err, res.Structured)
	}
	if v := r.box.Violations(); len(v) > 0 {
		r.Errorf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	var sent []string
	for _, a := range r.box.Arrivals()[before:] {
		sent = append(sent, a.Method)
	}
	r.Logf("%s %s\n  %v %s", name, args, sent, res.Text)
	return res, strings.Join(sent, " ")
}

// do calls a tool that must succeed and reads its answer.
func (r *rig) do(name, args string, into any) (sent string) {
	r.Helper()
	res, sent := r.run(name, args)
	if res.IsError {
		r.Fatalf("%s %s: %s", name, args, res.Text)
	}
	r.must(json.Unmarshal(res.Structured, into))
	return sent
}

// refusal is an error answer.
type refusal struct {
	Code, Message, Field, Next string
	Candidates                 []struct {
		ID   int64
		Name string
	}
}

// fail calls a tool that must be refused with the code.
func (r *rig) fail(code, name, args string) (refusal, string) {
	r.Helper()
	res, sent := r.run(name, args)
	if !res.IsError {
		r.Fatalf("%s %s was not refused: %s", name, args, res.Text)
	}
	var answer struct{ Error refusal }
	r.must(json.Unmarshal(res.Structured, &answer))
	if answer.Error.Code != code || answer.Error.Next == "" {
		r.Errorf("%s %s: want code %s and a next step: %s", name, args, code, res.Text)
	}
	return answer.Error, sent
}

const (
	shortestDescription = 250
	longestDescription  = 600
	toolBudget          = 2000
)

func TestDefinitions(t *testing.T) {
	for _, tool := range newRig(t, 0).tools {
		if n := len([]rune(tool.Spec().Description)); n < shortestDescription || n > longestDescription {
			t.Errorf("%s: the description has %d characters", tool.Name(), n)
		}
		if n := tool.Bytes(); n > toolBudget {
			t.Errorf("%s takes %d bytes", tool.Name(), n)
		}
		if tool.Spec().Toolset != "events" {
			t.Errorf("%s is in the toolset %q", tool.Name(), tool.Spec().Toolset)
		}
	}
}

func ownTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{events.ListEvents(p), events.SearchNotes(p), events.GetNote(p), events.UpdateNote(p)}
}
