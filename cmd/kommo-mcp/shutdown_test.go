package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestSignalFinishesCalls: a call that Kommo takes its time for when the signal comes
// is written and answered; nobody new is let in; the command ends well.
func TestSignalFinishesCalls(t *testing.T) {
	sb := sandbox.New()
	srv, err := sandbox.Listen(t.Context(), "127.0.0.1:0", sb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	c := &canaries{t: t, secrets: map[string]string{}, shown: map[string]string{}}
	ctx, signal := context.WithCancel(t.Context())
	s := c.serveUntil(ctx, map[string]string{
		"KOMMO_BASE_URL": srv.URL, "KOMMO_ACCESS_TOKEN": sb.Token(sandbox.DefaultHost), "KOMMO_MCP_STATE_DIR": t.TempDir(), "KOMMO_MCP_ADDR": "127.0.0.1:0",
	})
	sb.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Latency: 1500 * time.Millisecond, Method: http.MethodPost, PathPrefix: "/"})
	type answer struct {
		status int
		text   string
	}
	answered := make(chan answer, 1)
	go func() {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/mcp", strings.NewReader(toolCall("add_note", `{"lead_id":40885001,"text":"written during the shutdown"}`)))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			answered <- answer{text: err.Error()}
			return
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		answered <- answer{res.StatusCode, string(raw)}
	}()
	within(t, func() bool {
		for _, a := range sb.Arrivals() {
			if a.Method == http.MethodPost {
				return true
			}
		}
		return false
	})
	signal()
	base, _ := url.Parse(s.base)
	within(t, func() bool {
		conn, err := net.DialTimeout("tcp", base.Host, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	select {
	case a := <-answered:
		t.Errorf("answered before new connections were refused: %+v", a)
	default:
	}
	if a := <-answered; a.status != http.StatusOK || !strings.Contains(a.text, `"id"`) || strings.Contains(a.text, `"isError":true`) {
		t.Errorf("%d %s", a.status, a.text)
	}
	if code := s.code(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// within waits for something that comes soon.
func within(t *testing.T, what func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !what(); {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
		<-time.After(5 * time.Millisecond)
	}
}
