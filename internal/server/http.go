package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"
)

// Endpoint is the path of the MCP endpoint.
const Endpoint = "/mcp"

const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 30 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 20 * time.Second // a tool call ends within 18
)

// HTTP serves the MCP endpoint. Stateless: nothing is kept between requests,
// so any replica can answer any of them, and streams of one client can never
// carry another's messages.
type HTTP struct {
	listener net.Listener
	srv      *http.Server
}

// Listen opens addr, which must be on loopback unless there is an access key:
// without one whoever reaches the port works in the account. Port 0 picks a free
// one. There is no TLS: that is a proxy's job.
func Listen(ctx context.Context, addr string, s *mcpserver.MCPServer, web Web) (*HTTP, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: use host:port, for example 127.0.0.1:8080: %w", addr, err)
	}
	if !loopbackHost(host) && web.AccessKey == "" {
		return nil, fmt.Errorf("address %q is not on loopback: use 127.0.0.1, [::1] or localhost, or set KOMMO_MCP_ACCESS_KEY", addr)
	}
	if names := web.unsigned(); len(names) > 0 && web.LogCall != nil {
		web.logger().WarnContext(ctx, "webhooks of platforms without a secret are taken unsigned from this machine; set KOMMO_MCP_HOOK_<PLATFORM>_SECRET",
			slog.String("platforms", strings.Join(names, " ")))
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return newHTTP(listener, s, web), nil
}

func newHTTP(listener net.Listener, s *mcpserver.MCPServer, web Web) *HTTP {
	stop := make(chan struct{})
	srv := &http.Server{
		Handler:           Handler(s, stop, web),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(web.logger().Handler(), slog.LevelWarn),
		// No WriteTimeout: a listen stream stays open; the guard bounds the rest.
	}
	srv.RegisterOnShutdown(func() { close(stop) })
	return &HTTP{listener: listener, srv: srv}
}

// Handler is the whole HTTP surface: the guarded MCP endpoint, plain HTTP for
// those that speak no MCP, its description, and a health check. stop ends the open
// listen streams.
func Handler(s *mcpserver.MCPServer, stop <-chan struct{}, web Web) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(Endpoint, web.admitted(guard{
		next: mcpserver.NewStreamableHTTPServer(s,
			mcpserver.WithStateLess(true),
			mcpserver.WithDisableStreaming(true),
		),
		stop: stop,
	}))
	mux.Handle(CallsEndpoint, web.admitted(callsEndpoint{web}))
	mux.Handle(CallsEndpoint+"/{platform}", hookEndpoint{web})
	mux.Handle("GET "+DescriptionEndpoint, description(web))
	for _, mount := range web.Mount {
		mount(mux)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}

// URL is the address of the MCP endpoint.
func (h *HTTP) URL() string { return "http://" + h.listener.Addr().String() + Endpoint }

// Serve answers requests until ctx ends, then lets the calls in flight finish.
func (h *HTTP) Serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- h.srv.Serve(h.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := h.srv.Shutdown(stopCtx); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
