package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
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

func post(t *testing.T, url, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(header); i += 2 {
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

const listTools = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`

func TestGuard(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	web := httptest.NewServer(server.Handler(slowServer(make(chan struct{}, 1), nil), stop))
	defer web.Close()
	url := web.URL + server.Endpoint

	for _, tt := range []struct {
		name, method, body string
		header             []string
		status             int
	}{
		{"a list", http.MethodPost, listTools, nil, 200},
		{"a page of this machine", http.MethodPost, listTools, []string{"Origin", "http://localhost:6274"}, 200},
		{"a page of the internet", http.MethodPost, listTools, []string{"Origin", "https://evil.example"}, 403},
		{"a page that hides behind a name", http.MethodPost, listTools, []string{"Origin", "http://localhost.evil.example"}, 403},
		{"a file", http.MethodPost, listTools, []string{"Origin", "null"}, 403},
		{"a stream", http.MethodGet, "", nil, 405},
		{"the end of a session", http.MethodDelete, "", nil, 405},
		{"too much", http.MethodPost, `{"x":"` + strings.Repeat("a", 4<<20) + `"}`, nil, 413},
		{"a cancellation", http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, nil, 202},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, url, bytes.NewReader([]byte(tt.body)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Accept", "application/json, text/event-stream")
			for i := 0; i < len(tt.header); i += 2 {
				req.Header.Set(tt.header[i], tt.header[i+1])
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
		})
	}
}

// TestCancelOfAnotherClient holds the line against mcp-go's in-flight map,
// whose key is the same for all clients of a stateless server.
func TestCancelOfAnotherClient(t *testing.T) {
	started, release, stop := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	defer close(stop)
	web := httptest.NewServer(server.Handler(slowServer(started, release), stop))
	defer web.Close()
	url := web.URL + server.Endpoint

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

func TestListenRefusesTheInternet(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:80", ":8080", "example.com:80", "nonsense"} {
		if _, err := server.Listen(t.Context(), addr, slowServer(nil, nil), slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s was accepted", addr)
		}
	}
}

// TestShutdown: calls in flight are answered, open listen streams end.
func TestShutdown(t *testing.T) {
	started, release := make(chan struct{}, 1), make(chan struct{})
	h, err := server.Listen(t.Context(), "127.0.0.1:0", slowServer(started, release), slog.New(slog.DiscardHandler))
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
