package base_test

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

// leaping is a clock whose waits are over at once, so that the client's own
// rate limit costs no time.
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
	defer c.mu.Unlock()
	c.ahead += d
	done := make(chan time.Time, 1)
	done <- time.Now().Add(c.ahead)
	return done
}

// reader is the demo account with one tool of each kind made on demand.
type reader struct {
	t    *testing.T
	box  *sandbox.Sandbox
	open crm.Provider
}

// newReader starts the demo account, without a rate limit, for its administrator or
// another user.
func newReader(t *testing.T, userID int64, opts ...sandbox.Option) *reader {
	t.Helper()
	return newReaderAt(t, &leaping{}, userID, opts...)
}

// newReaderAt is newReader with a clock.
func newReaderAt(t *testing.T, clock kommo.Clock, userID int64, opts ...sandbox.Option) *reader {
	t.Helper()
	box := sandbox.New(append(opts, sandbox.WithoutRateLimit())...)
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
	token := box.Token(sandbox.DefaultHost)
	if userID != 0 {
		token = box.UserToken(sandbox.DefaultHost, userID)
	}
	transport := kommo.NewTransport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	client := kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		kommo.WithBaseURL(base), kommo.WithTransport(transport), kommo.WithMaxRetries(0), kommo.WithClock(clock))
	names := directory.New(client)
	t.Cleanup(names.Close)
	service := crm.New(client, names, kommo.SystemClock{})
	t.Cleanup(service.Close)
	return &reader{t: t, box: box, open: func(context.Context) (*crm.Service, error) { return service, nil }}
}

// call runs a tool and reads its answer; an error answer ends the test.
func (r *reader) call(tool func(crm.Provider) registry.Tool, args string, into any) registry.Result {
	r.t.Helper()
	res := tool(r.open).Call(r.t.Context(), json.RawMessage(args))
	if res.IsError {
		r.t.Fatalf("%s: %s", args, res.Text)
	}
	if into != nil {
		if err := json.Unmarshal(res.Structured, into); err != nil {
			r.t.Fatal(err)
		}
	}
	if v := r.box.Violations(); len(v) > 0 {
		r.t.Fatalf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	return res
}

// requests runs f and counts the requests that it made.
func (r *reader) requests(f func()) (n int, paths []string) {
	r.t.Helper()
	before := len(r.box.Arrivals())
	f()
	for _, a := range r.box.Arrivals()[before:] {
		paths = append(paths, a.Method+" "+a.Path)
	}
	return len(paths), paths
}

type toolError struct {
	Error struct {
		Code, Message, Field, Next string
		Candidates                 []struct {
			ID   int64
			Name string
		}
	} `json:"error"`
}

// refused runs a tool that must answer an error.
func (r *reader) refused(tool func(crm.Provider) registry.Tool, args string) (e toolError) {
	r.t.Helper()
	res := tool(r.open).Call(r.t.Context(), json.RawMessage(args))
	if !res.IsError {
		r.t.Fatalf("%s was not refused: %s", args, res.Text)
	}
	if err := json.Unmarshal(res.Structured, &e); err != nil {
		r.t.Fatal(err)
	}
	if e.Error.Next == "" {
		r.t.Errorf("%s: the refusal has no next step: %s", args, res.Text)
	}
	return e
}
