package base_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

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
	a := openAs(t, userID, opts...)
	return &reader{t: t, box: a.Box, open: a.Provider}
}

// openAs opens the demo account for its administrator, or another user.
func openAs(t *testing.T, userID int64, opts ...sandbox.Option) *toolstest.Account {
	t.Helper()
	o := toolstest.Options{Sandbox: opts}
	if userID != 0 {
		o.Token = func(box *sandbox.Sandbox) string { return box.UserToken(sandbox.DefaultHost, userID) }
	}
	return toolstest.Open(t, o)
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
