package server

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// answering is mcp-go's handler, reduced to what it writes.
func answering(status int, kind string, parts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		for _, part := range parts {
			_, _ = io.WriteString(w, part)
		}
	})
}

func TestALostAcknowledgementComesFirst(t *testing.T) {
	const result, refusal = `{"jsonrpc":"2.0","id":"a","result":{}}` + "\n", `{"jsonrpc":"2.0","id":"a","error":{"code":-32602,"message":"no"}}` + "\n"
	const ack = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"a"},"notifications":{}}}`
	sse := func(messages ...string) string {
		return "event: message\ndata: " + strings.Join(messages, "\n\nevent: message\ndata: ") + "\n\n"
	}
	for name, c := range map[string]struct {
		next       http.Handler
		method     string
		kind, body string
	}{
		"lost":             {answering(200, "application/json", result), "subscriptions/listen", "text/event-stream", sse(ack, strings.TrimSpace(result))},
		"lost in a stream": {answering(200, "text/event-stream", sse(strings.TrimSpace(result))), "subscriptions/listen", "text/event-stream", sse(ack, strings.TrimSpace(result))},
		"not lost":         {answering(200, "text/event-stream", sse(ack), sse("{}")), "subscriptions/listen", "text/event-stream", sse(ack, "{}")},
		"refused":          {answering(400, "application/json", refusal), "subscriptions/listen", "application/json", refusal},
		"refused with ok":  {answering(200, "application/json", refusal), "subscriptions/listen", "application/json", refusal},
		"another method":   {answering(200, "application/json", result), "tools/list", "application/json", result},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, Endpoint, strings.NewReader(`{"jsonrpc":"2.0","id":"a","method":"`+c.method+`"}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			guard{next: c.next, web: Web{bodies: &bodies{}}}.ServeHTTP(w, r)
			if got := w.Header().Get("Content-Type"); got != c.kind || w.Body.String() != c.body {
				t.Errorf("answered %s\n%s\nwant %s\n%s", got, w.Body, c.kind, c.body)
			}
		})
	}
}

// TestEachListenerIsAcknowledged asks so often at once that the library loses one
// now and then.
func TestEachListenerIsAcknowledged(t *testing.T) {
	h, _, _ := handled(t, Web{})
	const body = `{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	var all sync.WaitGroup
	wrong := make(chan string, 8*100)
	for range 8 {
		all.Go(func() {
			for range 100 {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Endpoint, strings.NewReader(body))
				r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:9"
				for k, v := range map[string]string{
					"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
					"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "subscriptions/listen",
				} {
					r.Header.Set(k, v)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				first, rest, _ := strings.Cut(w.Body.String(), "\n\n")
				if w.Code != http.StatusOK || !strings.Contains(first, "subscriptions/acknowledged") || strings.Count(rest, `"result"`) != 1 {
					wrong <- fmt.Sprint(w.Code, " ", w.Body.String())
				}
			}
		})
	}
	all.Wait()
	close(wrong)
	for got := range wrong {
		t.Fatalf("answered %s (and %d more)", got, len(wrong))
	}
}
