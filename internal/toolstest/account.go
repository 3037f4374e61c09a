// Package toolstest is for tests: the demo account behind a real listener, the jobs
// and tools on top of it, and how to call a tool and hold its answer to its schema
// and its requests to Kommo's contract. Only tests import it.
package toolstest

import (
	"context"
	"runtime/debug"
	"testing"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

// unlimited is a rate that no test reaches: waiting for it would overtake the time
// limit of a call, which is real.
const unlimited = 100_000

// Account is the demo account with what the product builds on it.
type Account struct {
	Box   *sandbox.Sandbox
	API   *kommo.Client
	Names *directory.Directory
	Jobs  *crm.Service
	Clock *testclock.Clock
}

// Options are what a test wants otherwise than usual.
type Options struct {
	Sandbox []sandbox.Option
	// Token chooses the token in place of the administrator's.
	Token func(*sandbox.Sandbox) string
	// Retries is how often the client repeats what may be repeated.
	Retries int
}

// Open starts the demo account until the test ends. Names are not loaded yet.
func Open(t *testing.T, o Options) *Account {
	t.Helper()
	debug.SetGCPercent(400) // each test has an account of its own, and collecting them took a quarter of the time
	a := &Account{Clock: &testclock.Clock{}}
	a.Box = sandbox.New(append([]sandbox.Option{sandbox.WithoutRateLimit(), sandbox.WithClock(a.Clock.Now)}, o.Sandbox...)...)
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", a.Box)
	must(t, err)
	t.Cleanup(srv.Close)
	base, err := kommo.ParseBase(srv.URL)
	must(t, err)
	account, err := kommo.ParseAccount(sandbox.DefaultHost)
	must(t, err)
	token := a.Box.Token(sandbox.DefaultHost)
	if o.Token != nil {
		token = o.Token(a.Box)
	}
	transport := kommo.NewTransport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	a.API = kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}), kommo.WithBaseURL(base),
		kommo.WithTransport(transport), kommo.WithMaxRetries(o.Retries), kommo.WithRate(unlimited), kommo.WithClock(a.Clock))
	a.Names = directory.New(a.API, directory.WithClock(a.Clock))
	t.Cleanup(a.Names.Close)
	a.Jobs = crm.New(a.API, a.Names, a.Clock)
	t.Cleanup(a.Jobs.Close)
	return a
}

// Provider gives the account's jobs to tools.
func (a *Account) Provider(context.Context) (*crm.Service, error) { return a.Jobs, nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
