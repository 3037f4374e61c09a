package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// MetricsEndpoint is the path of the metrics, on an address of their own: they tell
// which accounts are served and how busy they are, which is no client's business.
const MetricsEndpoint = "/metrics"

// Metrics serves the metrics of the process.
type Metrics struct {
	listener net.Listener
	srv      *http.Server
}

// ListenMetrics opens addr for them. Beyond loopback a key is needed, which is then
// asked for as a bearer.
func ListenMetrics(ctx context.Context, addr, key string, metrics http.Handler, log *slog.Logger) (*Metrics, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q of the metrics: use host:port, for example 127.0.0.1:9090: %w", addr, err)
	}
	if key == "" && !loopbackHost(host) {
		return nil, fmt.Errorf("address %q of the metrics is not on loopback: use 127.0.0.1, or set KOMMO_MCP_METRICS_KEY, which whoever reads them then sends as a bearer", addr)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+MetricsEndpoint, metricsGuard{key: key, next: metrics})
	return &Metrics{listener: listener, srv: &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}, nil
}

// URL is the address of the metrics.
func (m *Metrics) URL() string { return "http://" + m.listener.Addr().String() + MetricsEndpoint }

// Serve shows them until ctx ends.
func (m *Metrics) Serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- m.srv.Serve(m.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve the metrics: %w", err)
	case <-ctx.Done():
	}
	// A reader that is slow is not waited for long.
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = m.srv.Shutdown(stop)
	_ = m.srv.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the metrics: %w", err)
	}
	return nil
}

// metricsGuard asks for the key; without one, for a name of this machine: else a page
// in a browser here could read them under a name of its own that leads here.
type metricsGuard struct {
	key  string
	next http.Handler
}

func (g metricsGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case g.key == "" && !loopbackHost(hostName(r.Host)):
		refuse(w, http.StatusForbidden, problem.Forbidden, "The metrics are shown under a name of this machine only.", "Ask 127.0.0.1.")
	case g.key != "" && !g.keySent(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, problem.Unauthorized, "The metrics need their key.", "Send KOMMO_MCP_METRICS_KEY as a bearer.")
	default:
		w.Header().Set("Cache-Control", "no-store")
		g.next.ServeHTTP(w, r)
	}
}

func (g metricsGuard) keySent(r *http.Request) bool {
	secret, _ := bearerOf(r)
	return sameSecret(secret, g.key)
}
