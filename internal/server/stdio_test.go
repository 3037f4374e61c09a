package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
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

// TestListenersOnStdioAreAcknowledgedFirst: each once, and before its answer.
func TestListenersOnStdioAreAcknowledgedFirst(t *testing.T) {
	const listeners = 50 // of more at once than mcp-go has room for (100), it refuses some
	in, feed := io.Pipe()
	lines, out := io.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- server.Stdio(t.Context(), slowServer(nil, nil), in, out, slog.New(slog.DiscardHandler))
	}()
	go func() {
		for id := range listeners {
			fmt.Fprintf(feed, `{"jsonrpc":"2.0","id":%d,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{`+
				`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`+"\n", id)
		}
	}()
	acknowledged, read := map[int]int{}, bufio.NewScanner(lines)
	for answered := 0; answered < listeners && read.Scan(); {
		var m struct {
			ID     *int   `json:"id"`
			Method string `json:"method"`
			Params struct {
				Meta map[string]int `json:"_meta"`
			} `json:"params"`
		}
		if err := json.Unmarshal(read.Bytes(), &m); err != nil {
			t.Fatalf("%s: %v", read.Text(), err)
		}
		switch {
		case m.Method == "notifications/subscriptions/acknowledged":
			acknowledged[m.Params.Meta["io.modelcontextprotocol/subscriptionId"]]++
		case m.ID != nil:
			answered++
			if acknowledged[*m.ID] != 1 {
				t.Errorf("listener %d was acknowledged %d times before its answer", *m.ID, acknowledged[*m.ID])
			}
		}
	}
	_ = feed.Close()
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	if err := <-served; err != nil {
		t.Error(err)
	}
	_ = out.Close()
	if len(acknowledged) != listeners {
		t.Errorf("%d of %d were acknowledged", len(acknowledged), listeners)
	}
}
