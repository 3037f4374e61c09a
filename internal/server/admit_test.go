package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// bearers are secrets with their holders.
type bearers struct {
	mu    sync.Mutex
	all   map[string]principal.Principal
	fails error
}

func (b *bearers) Principal(_ context.Context, secret string) (principal.Principal, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.all[secret]
	return p, ok, b.fails
}

func (b *bearers) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
}

func (b *bearers) any(context.Context) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.all) > 0, b.fails
}

// whoami are tools of all classes that answer whom they serve.
func whoami() []registry.Tool {
	type in struct{}
	type out struct {
		ID string `json:"id" jsonschema_description:"Whom this serves."`
	}
	h := func(ctx context.Context, _ in) (out, error) { return out{principal.From(ctx).ID}, nil }
	about := strings.Repeat("Tells who is served by a call. ", 9)
	return []registry.Tool{
		registry.Define(registry.Spec{Name: "get_who", Title: "Who", Class: registry.Read, Description: about}, h),
		registry.Define(registry.Spec{Name: "create_who", Title: "Who", Class: registry.Create, Description: about}, h),
		registry.Define(registry.Spec{Name: "delete_who", Title: "Who", Class: registry.Delete, Toolset: "bulk", Description: about}, h),
	}
}

// admission is a server with keys and tokens.
type admission struct {
	keys, tokens *bearers
	url          string
}

func openAdmission(t *testing.T, change func(*server.Web)) admission {
	t.Helper()
	a := admission{keys: &bearers{all: map[string]principal.Principal{}}, tokens: &bearers{all: map[string]principal.Principal{}}}
	set, err := resources.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := url.Parse("https://crm.example.com")
	tools := whoami()
	web := server.Web{Keys: a.keys, AnyKey: a.keys.any, Tokens: a.tokens, PublicURL: public, Tools: tools, LogCall: &tools[1]}
	if change != nil {
		change(&web)
	}
	stop := make(chan struct{})
	s := server.New(server.Parts{Version: "test", Tools: tools, Resources: set, Logger: slog.New(slog.DiscardHandler)})
	srv := httptest.NewServer(server.Handler(s, stop, web))
	t.Cleanup(func() { close(stop); srv.Close() })
	a.url = srv.URL
	return a
}

// ask posts a request with a bearer and returns status, challenge and body.
func (a admission) ask(t *testing.T, path, bearer, method, params string, header ...string) (int, string, string) {
	t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, method, params)
	if path == server.CallsEndpoint {
		body = `{}`
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	header = append([]string{"Content-Type", "application/json", "Accept", "application/json, text/event-stream", "Authorization", bearer}, header...)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else if header[i+1] != "" {
			req.Header.Add(header[i], header[i+1])
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("WWW-Authenticate"), string(raw)
}

const (
	plainChallenge = `Bearer realm="kommo-mcp"`
	wrongChallenge = plainChallenge + `, error="invalid_token"`
	metadataPart   = `resource_metadata="https://crm.example.com/.well-known/oauth-protected-resource/mcp", scope="kommo:read kommo:write"`
)

// TestWhoIsAdmittedWhere: keys at all endpoints, tokens at /mcp alone, nobody
// without, and each endpoint says what it wants.
func TestWhoIsAdmittedWhere(t *testing.T) {
	a := openAdmission(t, func(w *server.Web) { w.AccessKey = "env-key-not-a-secret" })
	a.keys.all["kmcp_key"] = principal.Principal{Kind: principal.Key, ID: "k1"}
	a.tokens.all["kmcp_at_token"] = principal.Principal{Kind: principal.Token, ID: "t1", Mode: principal.Write}
	for _, c := range []struct {
		path, bearer string
		want         int
		challenge    string
	}{
		{server.Endpoint, "Bearer kmcp_key", 200, ""},
		{server.Endpoint, "bearer  kmcp_key ", 200, ""},
		{server.Endpoint, "Bearer kmcp_at_token", 200, ""},
		{server.Endpoint, "Bearer env-key-not-a-secret", 200, ""},
		{server.Endpoint, "", 401, "Bearer " + metadataPart},
		{server.Endpoint, "Bearer kmcp_other", 401, `Bearer error="invalid_token", ` + metadataPart},
		{server.Endpoint, "bearer kmcp_other", 401, `Bearer error="invalid_token", ` + metadataPart},
		{server.Endpoint, "Basic kmcp_key", 401, `Bearer ` + metadataPart}, // RFC 6750, 3.1: no error for who tried no bearer
		{server.Endpoint, "kmcp_key", 401, `Bearer ` + metadataPart},
		{server.Endpoint + "/", "Bearer kmcp_at_token", 200, ""},
		{server.Endpoint + "/", "", 401, "Bearer " + strings.Replace(metadataPart, "/mcp\"", "/mcp/\"", 1)},
		{server.KeysEndpoint + "/", "Bearer kmcp_key", 200, ""},
		{server.KeysEndpoint + "/", "Bearer kmcp_at_token", 401, wrongChallenge},
		{server.KeysEndpoint, "Bearer kmcp_key", 200, ""},
		{server.KeysEndpoint, "Bearer env-key-not-a-secret", 200, ""},
		{server.KeysEndpoint, "Bearer kmcp_at_token", 401, wrongChallenge},
		{server.KeysEndpoint, "", 401, plainChallenge},
		{server.CallsEndpoint, "Bearer kmcp_key", 200, ""},
		{server.CallsEndpoint, "Bearer kmcp_at_token", 401, wrongChallenge},
		{server.CallsEndpoint, "", 401, plainChallenge},
	} {
		status, challenge, body := a.ask(t, c.path, c.bearer, "tools/call", `"name":"get_who","arguments":{}`)
		if status != c.want || challenge != c.challenge {
			t.Errorf("%s with %q: %d %q, want %d %q\n%s", c.path, c.bearer, status, challenge, c.want, c.challenge, body)
		}
	}
	status, _, _ := a.ask(t, server.Endpoint, "Bearer kmcp_key", "tools/list", "", "Authorization", "Bearer kmcp_at_token")
	if status != http.StatusUnauthorized {
		t.Errorf("two bearers at once: %d", status)
	}
}

// TestTheChallengeAsksForWhatThereIs: never for deleting, and on a server that only
// reads for no more.
func TestTheChallengeAsksForWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		tools int
		want  string
	}{{1, "kommo:read"}, {2, "kommo:read kommo:write"}, {3, "kommo:read kommo:write"}} {
		a := openAdmission(t, func(w *server.Web) { w.Tools = w.Tools[:c.tools] })
		for _, bearer := range []string{"", "Bearer x"} {
			if _, challenge, _ := a.ask(t, server.Endpoint, bearer, "tools/list", ""); !strings.HasSuffix(challenge, `scope="`+c.want+`"`) {
				t.Errorf("with %d tools: %s", c.tools, challenge)
			}
		}
	}
}

// TestTheChallengeOfAServerBelowAPath names where its metadata is.
func TestTheChallengeOfAServerBelowAPath(t *testing.T) {
	a := openAdmission(t, func(w *server.Web) { w.PublicURL, _ = url.Parse("https://crm.example.com/kommo/") })
	_, challenge, _ := a.ask(t, server.Endpoint, "", "tools/list", "")
	if !strings.Contains(challenge, `resource_metadata="https://crm.example.com/.well-known/oauth-protected-resource/kommo/mcp"`) {
		t.Error(challenge)
	}
}

// TestKeyEndpointHasNoDiscovery: clients find nothing to authorize at, whatever
// pages are mounted.
func TestKeyEndpointHasNoDiscovery(t *testing.T) {
	a := openAdmission(t, func(w *server.Web) {
		w.Mount = append(w.Mount, func(mux *http.ServeMux) {
			mux.HandleFunc("GET /.well-known/{rest...}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
		})
	})
	for _, path := range []string{
		"/.well-known/oauth-protected-resource/keys/mcp", "/.well-known/oauth-protected-resource/keys/mcp/x",
		"/.well-known/oauth-authorization-server/keys/mcp", "/.well-known/openid-configuration/keys/mcp",
		"/keys/mcp/.well-known/openid-configuration",
	} {
		if status, _ := send(t, http.MethodGet, a.url+path, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestDoubtAdmitsNobody: when keys cannot be read, no request is served, not even one
// that would need none.
func TestDoubtAdmitsNobody(t *testing.T) {
	for name, bearer := range map[string]string{"with a bearer": "Bearer kmcp_key", "without": ""} {
		a := openAdmission(t, func(w *server.Web) { w.Tokens = nil })
		a.keys.all["kmcp_key"] = principal.Principal{Kind: principal.Key}
		a.keys.fails = errors.New("the disk is gone")
		status, _, body := a.ask(t, server.Endpoint, bearer, "tools/list", "")
		if status != http.StatusServiceUnavailable || strings.Contains(body, "disk") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// TestTheFirstKeyClosesTheDoor: without any key this machine is served; from the first
// key on nobody without one is, also after the last key is gone.
func TestTheFirstKeyClosesTheDoor(t *testing.T) {
	a := openAdmission(t, func(w *server.Web) { w.Tokens = nil })
	ask := func(bearer string) int {
		status, _, _ := a.ask(t, server.Endpoint, bearer, "tools/list", "")
		return status
	}
	if got := ask(""); got != http.StatusOK {
		t.Fatalf("without access control: %d", got)
	}
	a.keys.change(func() { a.keys.all["kmcp_key"] = principal.Principal{Kind: principal.Key} })
	if none, with := ask(""), ask("Bearer kmcp_key"); none != http.StatusUnauthorized || with != http.StatusOK {
		t.Errorf("with a key: %d without it, %d with it", none, with)
	}
	a.keys.change(func() { clear(a.keys.all) })
	if none, with := ask(""), ask("Bearer kmcp_key"); none != http.StatusUnauthorized || with != http.StatusUnauthorized {
		t.Errorf("after the last key: %d without it, %d with it", none, with)
	}
}

func TestHostAndOriginWithKeys(t *testing.T) {
	a := openAdmission(t, nil)
	a.keys.all["kmcp_key"] = principal.Principal{Kind: principal.Key}
	for _, c := range []struct {
		header []string
		want   int
	}{
		{[]string{"Host", "crm.example.com"}, 200},
		{[]string{"Host", "CRM.example.com:443"}, 200},
		{[]string{"Host", "evil.example.com"}, 403},
		{[]string{"Origin", "https://crm.example.com"}, 200},
		{[]string{"Origin", "https://evil.example.com"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", "https://crm.example.com", "Origin", "https://evil.example.com"}, 403},
	} {
		if status, _, body := a.ask(t, server.Endpoint, "Bearer kmcp_key", "tools/list", "", c.header...); status != c.want {
			t.Errorf("%v: %d, want %d\n%s", c.header, status, c.want, body)
		}
	}
}

// listed are the names of the tools that a bearer sees.
func (a admission) listed(t *testing.T, bearer string, header ...string) string {
	t.Helper()
	params := ""
	if len(header) > 0 {
		params = modern
	}
	_, _, body := a.ask(t, server.Endpoint, bearer, "tools/list", params, header...)
	var answer struct {
		Result struct {
			Tools []struct {
				Name string `json:"name"`
			} `json:"tools"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var names []string
	for _, tool := range answer.Result.Tools {
		names = append(names, tool.Name)
	}
	return strings.Join(names, " ")
}

const modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// TestEachSeesItsTools: in both eras the list is what the principal may use, and the
// rest is refused with the reason.
func TestEachSeesItsTools(t *testing.T) {
	a := openAdmission(t, nil)
	holders := map[string]principal.Principal{
		"kmcp_read":  {Kind: principal.Key, ID: "r", Mode: principal.Read},
		"kmcp_write": {Kind: principal.Key, ID: "w", Mode: principal.Write},
		"kmcp_full":  {Kind: principal.Key, ID: "f", Mode: principal.Full},
		"kmcp_base":  {Kind: principal.Key, ID: "b", Mode: principal.Full, Toolsets: []string{"default"}},
		"kmcp_bulk":  {Kind: principal.Key, ID: "u", Mode: principal.Full, Toolsets: []string{"bulk"}},
		"kmcp_all":   {Kind: principal.Key, ID: "a", Toolsets: []string{"all"}},
	}
	a.keys.all = holders
	for secret, want := range map[string]string{
		"kmcp_read": "get_who", "kmcp_write": "create_who get_who", "kmcp_full": "create_who delete_who get_who",
		"kmcp_base": "create_who get_who", "kmcp_bulk": "delete_who", "kmcp_all": "create_who delete_who get_who",
	} {
		if got := a.listed(t, "Bearer "+secret); got != want {
			t.Errorf("%s sees %s, want %s", secret, got, want)
		}
		got := a.listed(t, "Bearer "+secret, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/list")
		if got != want {
			t.Errorf("%s sees %s in the new era, want %s", secret, got, want)
		}
		for _, tool := range []string{"get_who", "create_who", "delete_who"} {
			allowed := strings.Contains(" "+want+" ", " "+tool+" ")
			status, _, body := a.ask(t, server.Endpoint, "Bearer "+secret, "tools/call", `"name":"`+tool+`","arguments":{}`)
			served := strings.Contains(body, `\"id\":\"`+holders[secret].ID+`\"`)
			if status != http.StatusOK || served != allowed || strings.Contains(body, `"isError":true`) == allowed {
				t.Errorf("%s calls %s: %d %s", secret, tool, status, body)
			}
			if !allowed && !strings.Contains(body, "mode read") && !strings.Contains(body, "mode write") && !strings.Contains(body, "toolset") {
				t.Errorf("%s calls %s and does not learn why not: %s", secret, tool, body)
			}
		}
	}
	if status, _, body := a.ask(t, server.CallsEndpoint, "Bearer kmcp_read", "", ""); status != http.StatusForbidden {
		t.Errorf("a key that reads logs calls: %d %s", status, body)
	}
}

// TestTooSmallAScopeIsAnswered403: with all scopes that are needed; and it is on
// record that somebody tried.
func TestTooSmallAScopeIsAnswered403(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	log := audit.New(path)
	t.Cleanup(func() { _ = log.Close() })
	a := openAdmission(t, func(w *server.Web) { w.Tools = registry.Configure(w.Tools, registry.Options{Audit: log}) })
	a.tokens.all = map[string]principal.Principal{
		"kmcp_at_r": {Kind: principal.Token, ID: "r", Mode: principal.Read},
		"kmcp_at_w": {Kind: principal.Token, ID: "w", Mode: principal.Write},
	}
	const rest = `, resource_metadata="https://crm.example.com/.well-known/oauth-protected-resource/mcp"`
	for _, c := range []struct{ token, tool, scope string }{
		{"kmcp_at_r", "get_who", ""},
		{"kmcp_at_r", "create_who", "kommo:read kommo:write"},
		{"kmcp_at_w", "create_who", ""},
		{"kmcp_at_w", "delete_who", "kommo:read kommo:write kommo:full"},
		{"kmcp_at_w", "no_such_tool", ""},
	} {
		status, challenge, body := a.ask(t, server.Endpoint, "Bearer "+c.token, "tools/call", `"name":"`+c.tool+`","arguments":{}`)
		want, wanted := http.StatusOK, ""
		if c.scope != "" {
			want, wanted = http.StatusForbidden, `Bearer error="insufficient_scope", scope="`+c.scope+`"`+rest
		}
		if c.tool == "no_such_tool" {
			want = status // in the protocol's own words
		}
		if status != want || challenge != wanted {
			t.Errorf("%s calls %s: %d %q\n%s", c.token, c.tool, status, challenge, body)
		}
	}
	raw, err := os.ReadFile(path)
	if lines := strings.Split(strings.TrimSpace(string(raw)), "\n"); err != nil || len(lines) != 2 ||
		!strings.Contains(lines[0], `"id":"r"},"tool":"create_who","class":"create","result":"error","code":"read_only"`) || !strings.Contains(lines[1], `"id":"w"},"tool":"delete_who"`) {
		t.Errorf("on record: %s (%v)", raw, err)
	}
}
