package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// slowServer has one tool that waits until it is let go, and says so.
func slowServer(started chan<- struct{}, release <-chan struct{}) *mcpserver.MCPServer {
	s := mcpserver.NewMCPServer("test", "1", mcpserver.WithToolCapabilities(false))
	s.AddTool(mcp.NewTool("slow"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		started <- struct{}{}
		select {
		case <-release:
			return mcp.NewToolResultText("done"), nil
		case <-ctx.Done():
			return mcp.NewToolResultText("cancelled"), nil
		}
	})
	return s
}

// serve serves s and ends open streams before it closes.
func serve(t *testing.T, s *mcpserver.MCPServer) (url string) {
	t.Helper()
	stop := make(chan struct{})
	web := httptest.NewServer(server.Handler(s, stop, server.Web{}))
	t.Cleanup(func() { close(stop); web.Close() })
	return web.URL + server.Endpoint
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	return send(t, http.MethodPost, url, body)
}

func send(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
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
	return res.StatusCode, string(raw)
}

// padded is a valid request of n bytes.
func padded(n int) string {
	const head, tail = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"x":"`, `"}}}`
	return head + strings.Repeat("a", n-len(head)-len(tail)) + tail
}

const listTools = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`

func TestGuard(t *testing.T) {
	url := serve(t, slowServer(make(chan struct{}, 1), nil))
	for _, tt := range []struct {
		name, method, body string
		header             []string
		status             int
	}{
		{"a list", http.MethodPost, listTools, nil, 200},
		{"a stream", http.MethodGet, "", nil, 405},
		{"the end of a session", http.MethodDelete, "", nil, 405},
		{"a preflight", http.MethodOptions, "", []string{"Origin", "http://localhost:1"}, 405},
		{"just enough", http.MethodPost, padded(4 << 20), nil, 200},
		{"too much", http.MethodPost, padded(4<<20 + 1), nil, 413},
		{"a cancellation", http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, nil, 202},
		{"a form", http.MethodPost, listTools, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"text, as a page may post unasked", http.MethodPost, listTools, []string{"Content-Type", "text/plain"}, 415},
		{"compressed", http.MethodPost, listTools, []string{"Content-Encoding", "gzip"}, 415},
		{"not compressed", http.MethodPost, listTools, []string{"Content-Encoding", "identity"}, 200},
		{"a session of somebody", http.MethodPost, listTools, []string{"Mcp-Session-Id", "1"}, 200},
		{"a batch", http.MethodPost, "[" + listTools + "]", nil, 400},
		{"half a message", http.MethodPost, listTools[:20], nil, 400},
		{"nothing", http.MethodPost, "", nil, 400},
		{"a name of this machine", http.MethodPost, listTools, []string{"Host", "localhost:9"}, 200},
		{"a name that was bound anew", http.MethodPost, listTools, []string{"Host", "evil.example"}, 403},
		{"a name that begins well", http.MethodPost, listTools, []string{"Host", "127.0.0.1.evil.example"}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := send(t, tt.method, url, tt.body, tt.header...); status != tt.status {
				t.Errorf("status %d, want %d: %s", status, tt.status, body)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	url := serve(t, slowServer(make(chan struct{}, 1), nil))
	for origin, status := range map[string]int{
		"http://localhost":                200,
		"http://localhost:6274":           200,
		"https://LOCALHOST":               200,
		"http://127.0.0.1:1":              200,
		"http://[::1]":                    200,
		"http://[::1]:8080":               200,
		"null":                            403,
		"file://":                         403,
		"chrome-extension://abcdef":       403,
		"https://evil.example":            403,
		"http://localhost.evil.example":   403,
		"http://127.0.0.1.evil.example":   403,
		"http://localhost@evil.example":   403,
		"http://evil.example#localhost":   403,
		"http://0.0.0.0":                  403,
		"http://localhost, http://evil.x": 403,
		"http://[::1":                     403,
	} {
		if got, _ := send(t, http.MethodPost, url, listTools, "Origin", origin); got != status {
			t.Errorf("%s: status %d, want %d", origin, got, status)
		}
	}
}

// TestErrorsOfBothEras: the same mistakes, as each revision wants them told.
func TestErrorsOfBothEras(t *testing.T) {
	url := serve(t, slowServer(make(chan struct{}, 1), nil))
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	modern := func(method string) []string {
		return []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method, "Mcp-Name", "nothing"}
	}
	for _, tt := range []struct {
		name, method, params string
		header               []string
		status, code         int
	}{
		{"no such method, legacy", "nonsense", "{}", nil, 200, -32601},
		{"no such method, modern", "nonsense", "{" + meta + "}", modern("nonsense"), 404, -32601},
		{"no such tool, legacy", "tools/call", `{"name":"nothing"}`, nil, 200, -32602},
		{"no such tool, modern", "tools/call", `{"name":"nothing",` + meta + "}", modern("tools/call"), 400, -32602},
		{"header of another method", "tools/list", "{" + meta + "}", modern("prompts/list"), 400, -32020},
		{"a removed method", "ping", "{" + meta + "}", modern("ping"), 404, -32601},
		{"no such revision", "tools/list", strings.Replace("{"+meta+"}", "2026-07-28", "2030-01-01", 1), []string{"Mcp-Protocol-Version", "2030-01-01", "Mcp-Method", "tools/list"}, 400, -32022},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := send(t, http.MethodPost, url, `{"jsonrpc":"2.0","id":"x","method":"`+tt.method+`","params":`+tt.params+`}`, tt.header...)
			var answer struct {
				ID    string
				Error struct {
					Code    int
					Message string
				}
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			if status != tt.status || answer.Error.Code != tt.code || answer.ID != "x" || answer.Error.Message == "" {
				t.Errorf("status %d, want %d, code %d: %s", status, tt.status, tt.code, body)
			}
		})
	}
}

// TestCancelOfAnotherClient holds the line against mcp-go's in-flight map,
// whose key is the same for all clients of a stateless server.
func TestCancelOfAnotherClient(t *testing.T) {
	started, release := make(chan struct{}, 1), make(chan struct{})
	url := serve(t, slowServer(started, release))
	answer := make(chan string, 1)
	go func() {
		_, body := post(t, url, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"slow","arguments":{}}}`)
		answer <- body
	}()
	<-started
	if status, _ := post(t, url, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`); status != http.StatusAccepted {
		t.Errorf("cancellation answered %d", status)
	}
	close(release)
	if body := <-answer; !strings.Contains(body, "done") {
		t.Errorf("the call of another client was cancelled: %s", body)
	}
}

// TestDisconnectCancels: a client that leaves ends its own call, and no other,
// whatever ids they chose.
func TestDisconnectCancels(t *testing.T) {
	started, release := make(chan struct{}, 1), make(chan struct{})
	ended := make(chan error, 1)
	s := slowServer(started, release)
	s.AddTool(mcp.NewTool("watch"), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		started <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
		return mcp.NewToolResultText("too late"), nil
	})
	url := serve(t, s)
	const callOf = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s","arguments":{}}}`
	answer := make(chan string, 1)
	go func() {
		_, body := post(t, url, fmt.Sprintf(callOf, "slow"))
		answer <- body
	}()
	<-started

	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(fmt.Sprintf(callOf, "watch")))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
			_, err = http.DefaultClient.Do(req)
		}
		left <- err
	}()
	<-started
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the client ended with %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
	close(release)
	if body := <-answer; !strings.Contains(body, "done") {
		t.Errorf("the other call got %s", body)
	}
}

// TestManyClients: each gets its own answer, though all number their requests
// alike.
func TestManyClients(t *testing.T) {
	s := mcpserver.NewMCPServer("test", "1", mcpserver.WithToolCapabilities(false))
	s.AddTool(mcp.NewTool("echo", mcp.WithString("text")), func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(r.GetString("text", "")), nil
	})
	url := serve(t, s)
	var clients sync.WaitGroup
	for n := range 40 {
		clients.Go(func() {
			want := fmt.Sprintf("client %d.", n)
			for range 10 {
				status, body := post(t, url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"`+want+`"}}}`)
				if status != http.StatusOK || !strings.Contains(body, want) {
					t.Errorf("%s got %d %s", want, status, body)
				}
			}
		})
	}
	clients.Wait()
}

func TestListenRefusesTheInternet(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:80", ":8080", "example.com:80", "nonsense"} {
		if _, err := server.Listen(t.Context(), addr, slowServer(nil, nil), server.Web{}); err == nil {
			t.Errorf("%s was accepted", addr)
		}
	}
}

// TestShutdown: calls in flight are answered, open listen streams end.
func TestShutdown(t *testing.T) {
	started, release := make(chan struct{}, 1), make(chan struct{})
	h, err := server.Listen(t.Context(), "127.0.0.1:0", slowServer(started, release), server.Web{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	answer := make(chan string, 1)
	go func() {
		_, body := post(t, h.URL(), `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow","arguments":{}}}`)
		answer <- body
	}()
	<-started
	stop()
	close(release)
	if body := <-answer; !strings.Contains(body, "done") {
		t.Errorf("the call in flight got %q", body)
	}
	select {
	case err := <-served:
		if err != nil {
			t.Errorf("serve ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the shutdown hangs")
	}
}
