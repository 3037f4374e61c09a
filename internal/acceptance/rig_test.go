package acceptance

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// instantClock waits in no time and does not move on. It needs a rig whose rate
// allows everything at once: a gate that waits for a moment would wait busily.
type instantClock struct{ kommo.SystemClock }

func (instantClock) After(time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	ch <- time.Now()
	return ch
}

// unlimited is a rate at which nothing waits: the limit has tests of its own.
const unlimited = 10_000

// rig is the product wired to a sandbox.
type rig struct {
	box   *sandbox.Sandbox
	tools []registry.Tool
	mcp   *mcpserver.MCPServer
	web   *httptest.Server
	token string
}

type rigOptions struct {
	mode     registry.Mode
	toolsets []string
	clock    kommo.Clock // nil: the system's
	token    func(*sandbox.Sandbox) string
	attempt  time.Duration
	box      []sandbox.Option
	log      *slog.Logger
	audit    *audit.Log
	before   func(http.Handler) http.Handler // stands between client and sandbox
}

func newRig(tb testing.TB, o rigOptions) *rig {
	tb.Helper()
	if o.clock == nil {
		o.clock = kommo.SystemClock{}
	}
	if o.attempt == 0 {
		o.attempt = 6 * time.Second
	}
	if o.log == nil {
		o.log = slog.New(slog.DiscardHandler)
	}
	if o.token == nil {
		o.token = func(s *sandbox.Sandbox) string { return s.Token(sandbox.DefaultHost) }
	}
	if o.box == nil {
		o.box = []sandbox.Option{sandbox.WithoutRateLimit()}
	}
	r := &rig{box: sandbox.New(o.box...)}
	r.token = o.token(r.box)
	var kommoSide http.Handler = r.box
	if o.before != nil {
		kommoSide = o.before(r.box)
	}
	web := httptest.NewServer(kommoSide)
	tb.Cleanup(web.Close)
	provider := provide(tb, web.URL, r.token, o)
	all := tools.All(provider, tools.WithMode(o.mode))
	chosen, err := registry.Select(all, registry.Choice{Mode: o.mode, Toolsets: o.toolsets})
	if err != nil {
		tb.Fatal(err)
	}
	r.tools = registry.Configure(chosen, registry.Options{Logger: o.log, Audit: o.audit})
	set, err := resources.New(provider)
	if err != nil {
		tb.Fatal(err)
	}
	r.mcp = server.New(server.Parts{Version: "test", Tools: r.tools, Resources: set, Logger: o.log})
	stop := make(chan struct{})
	r.web = httptest.NewServer(server.Handler(r.mcp, stop, server.Web{}))
	tb.Cleanup(func() { close(stop); r.web.CloseClientConnections(); r.web.Close() })
	return r
}

func provide(tb testing.TB, base, token string, o rigOptions) crm.Provider {
	tb.Helper()
	u, err := kommo.ParseBase(base)
	if err != nil {
		tb.Fatal(err)
	}
	account, err := kommo.ParseAccount(sandbox.DefaultHost)
	if err != nil {
		tb.Fatal(err)
	}
	api := kommo.New(account, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		kommo.WithBaseURL(u), kommo.WithClock(o.clock), kommo.WithAttemptTimeout(o.attempt), kommo.WithRate(unlimited), kommo.WithLogger(o.log))
	names := directory.New(api, directory.WithClock(o.clock), directory.WithLogger(o.log))
	tb.Cleanup(func() { names.Close(); api.CloseIdleConnections() })
	service := crm.New(api, names, o.clock)
	tb.Cleanup(service.Close)
	return func(context.Context) (*crm.Service, error) { return service, nil }
}

// tool finds a tool of the rig.
func (r *rig) tool(tb testing.TB, name string) registry.Tool {
	tb.Helper()
	t, err := registry.Find(r.tools, name)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// call runs a tool that must succeed and decodes its answer.
func (r *rig) call(tb testing.TB, name string, args map[string]any) map[string]any {
	tb.Helper()
	res := r.raw(tb, name, args)
	if res.IsError {
		tb.Fatalf("%s %v: %s", name, args, res.Text)
	}
	var out map[string]any
	if err := json.Unmarshal(res.Structured, &out); err != nil {
		tb.Fatal(err)
	}
	return out
}

// raw runs a tool.
func (r *rig) raw(tb testing.TB, name string, args map[string]any) registry.Result {
	tb.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		tb.Fatal(err)
	}
	t := r.tool(tb, name)
	res := t.Call(tb.Context(), raw)
	if err := t.Verify(res); err != nil {
		tb.Errorf("%s: the answer does not fit its schema: %v\n%s", name, err, res.Structured)
	}
	return res
}

// ids are records of the seed to work on.
type ids struct{ lead, openLead, contact, task int64 }

func (r *rig) ids(tb testing.TB) ids {
	tb.Helper()
	return ids{
		lead:     firstID(tb, r.call(tb, "search_leads", map[string]any{"limit": 1})),
		openLead: firstID(tb, r.call(tb, "search_leads", map[string]any{"stage": "open", "limit": 1})),
		contact:  firstID(tb, r.call(tb, "search_contacts", map[string]any{"query": "example.com", "limit": 1})),
		task:     firstID(tb, r.call(tb, "list_tasks", map[string]any{"due": "overdue", "limit": 1})),
	}
}

func firstID(tb testing.TB, list map[string]any) int64 {
	tb.Helper()
	items, _ := list["items"].([]any)
	if len(items) == 0 {
		tb.Fatalf("no items in %v", list)
	}
	id, _ := items[0].(map[string]any)["id"].(float64)
	if id == 0 {
		tb.Fatalf("no id in %v", items[0])
	}
	return int64(id)
}

// eras are the two protocol eras that clients speak.
var eras = map[string][]client.ClientOption{
	"2025-11-25": {client.WithLegacyProtocolOnly()},
	"2026-07-28": nil,
}

// overHTTP connects a client of an era to the rig's HTTP server.
func (r *rig) overHTTP(tb testing.TB, era string) *client.Client {
	tb.Helper()
	trans, err := transport.NewStreamableHTTP(r.web.URL + server.Endpoint)
	if err != nil {
		tb.Fatal(err)
	}
	return start(tb, client.NewClient(trans, eras[era]...))
}

// inProcess connects a client of an era without a transport.
func (r *rig) inProcess(tb testing.TB, era string) *client.Client {
	tb.Helper()
	return start(tb, client.NewClient(transport.NewInProcessTransport(r.mcp), eras[era]...))
}

func start(tb testing.TB, c *client.Client) *client.Client {
	tb.Helper()
	if err := c.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	req := mcp.InitializeRequest{}
	req.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	req.Params.ClientInfo = mcp.Implementation{Name: "acceptance", Version: "1"}
	if _, err := c.Initialize(tb.Context(), req); err != nil {
		tb.Fatal(err)
	}
	return c
}
