package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// shownMetrics serves a page of one word and returns its address.
func shownMetrics(t *testing.T, addr, key string) string {
	t.Helper()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "counts") })
	ctx, stop := context.WithCancel(t.Context())
	m, err := server.ListenMetrics(ctx, addr, key, page, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- m.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return m.URL()
}

func TestMetricsAreGuarded(t *testing.T) {
	open, locked := shownMetrics(t, "127.0.0.1:0", ""), shownMetrics(t, "127.0.0.1:0", "metrics-key-not-real")
	for name, c := range map[string]struct {
		url, host, auth, method string
		want                    int
	}{
		"this machine":        {url: open, want: http.StatusOK},
		"localhost":           {url: open, host: "localhost:9090", want: http.StatusOK},
		"a name that leads":   {url: open, host: "evil.example", want: http.StatusForbidden},
		"to write":            {url: open, method: http.MethodPost, want: http.StatusMethodNotAllowed},
		"no key":              {url: locked, want: http.StatusUnauthorized},
		"a wrong key":         {url: locked, auth: "Bearer metrics-key", want: http.StatusUnauthorized},
		"an empty key":        {url: locked, auth: "Bearer ", want: http.StatusUnauthorized},
		"the key":             {url: locked, auth: "Bearer metrics-key-not-real", want: http.StatusOK},
		"the key, other host": {url: locked, host: "metrics.example", auth: "bearer metrics-key-not-real", want: http.StatusOK},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if c.method != "" {
			req.Method = c.method
		}
		req.Host = c.host
		if c.auth != "" {
			req.Header.Set("Authorization", c.auth)
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != c.want || (string(body) == "counts") != (c.want == http.StatusOK) {
			t.Errorf("%s: %d %q %v, want %d", name, res.StatusCode, body, err, c.want)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestMetricsBeyondLoopbackNeedAKey(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "203.0.113.5:9090", "nowhere"} {
		if m, err := server.ListenMetrics(t.Context(), addr, "", http.NotFoundHandler(), slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: listens at %s", addr, m.URL())
		}
	}
	shownMetrics(t, "0.0.0.0:0", "metrics-key-not-real")
}
