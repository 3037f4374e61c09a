package server_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// output collects lines and tells of each.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// TestPipedRequestsAreAnswered: the input ends while a call is under way, and
// the call is answered all the same.
func TestPipedRequestsAreAnswered(t *testing.T) {
	started, release := make(chan struct{}, 1), make(chan struct{})
	in, feed := io.Pipe()
	out := &output{}
	served := make(chan error, 1)
	go func() {
		served <- server.Stdio(t.Context(), slowServer(started, release), in, out, slog.New(slog.DiscardHandler))
	}()
	requests := `{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"slow","arguments":{}}}
`
	if _, err := io.WriteString(feed, requests); err != nil {
		t.Fatal(err)
	}
	<-started
	if err := feed.Close(); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if got := out.text.String(); !strings.Contains(got, `"id":2`) || !strings.Contains(got, "done") {
		t.Errorf("the last call was not answered: %s", got)
	}
}
