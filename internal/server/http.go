package server

import (
	"context"
	"crypto/tls"
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

	// maxHeader bounds the headers of a request, in bytes; a long token fits many times.
	maxHeader = 32 << 10
	// shortKey is the length below which an access key of the settings is warned of.
	shortKey = 16
	// maxConns is how many connections are open at once. For more, those leave that
	// ask for nothing.
	maxConns = 2048
)

// HTTP serves the MCP endpoint. Stateless: nothing is kept between requests,
// so any replica can answer any of them, and streams of one client can never
// carry another's messages.
type HTTP struct {
	listener net.Listener
	front    net.Listener // listener, with room for so many, with TLS where there is any
	srv      *http.Server
	scheme   string
	ending   *ending
	drain    time.Duration
	log      *slog.Logger
}

// Listen opens addr, which must be on loopback unless access is controlled: else
// whoever reaches the port works in the account. Port 0 picks a free
// one. Where the edge has no TLS files, TLS is a proxy's job.
func Listen(ctx context.Context, addr string, s *mcpserver.MCPServer, web Web) (*HTTP, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: use host:port, for example 127.0.0.1:8080: %w", addr, err)
	}
	controlled, err := web.controlled(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("access keys cannot be read: %w", err)
	case !controlled && !loopbackHost(host):
		return nil, fmt.Errorf("address %q is not on loopback: use 127.0.0.1, [::1] or localhost, or make an access key first with kommo-mcp keys create, or set KOMMO_MCP_ACCESS_KEY", addr)
	}
	if web.AccessKey != "" && len(web.AccessKey) < shortKey {
		web.logger().WarnContext(ctx, "KOMMO_MCP_ACCESS_KEY is short enough to be guessed: make one with kommo-mcp keys create, or take 20 random characters or more")
	}
	if names := web.unsigned(); len(names) > 0 && web.LogCall != nil && !controlled {
		web.logger().WarnContext(ctx, "webhooks of platforms without a secret are taken unsigned from this machine; set KOMMO_MCP_HOOK_<PLATFORM>_SECRET",
			slog.String("platforms", strings.Join(names, " ")))
	}
	config, err := web.tlsConfig()
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if !controlled && !onLoopback(listener.Addr()) {
		_ = listener.Close()
		return nil, fmt.Errorf("address %q is not on loopback here but %s: use 127.0.0.1, or make an access key first with kommo-mcp keys create", addr, listener.Addr())
	}
	if config == nil {
		web.warnOfPlain(ctx, host)
	}
	return newHTTP(listener, s, web, config), nil
}

// onLoopback tells where a name has led: that of localhost is what a file says.
func onLoopback(at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (w Web) tlsConfig() (*tls.Config, error) {
	if w.Edge.TLS == nil {
		return nil, nil //nolint:nilnil // no configuration is plain HTTP
	}
	return w.Edge.TLS.tlsConfig(w.logger(), w.now)
}

// warnOfPlain tells whoever opens plain HTTP to others that keys can be read on the
// way.
func (w Web) warnOfPlain(ctx context.Context, host string) {
	if !loopbackHost(host) && (w.PublicURL == nil || w.PublicURL.Scheme != "https") {
		w.logger().WarnContext(ctx, "plain HTTP beyond this machine: keys can be read on the way unless a proxy with TLS stands before the server; set KOMMO_MCP_TLS_CERT_FILE and KOMMO_MCP_TLS_KEY_FILE, or KOMMO_MCP_PUBLIC_URL")
	}
}

func newHTTP(listener net.Listener, s *mcpserver.MCPServer, web Web, config *tls.Config) *HTTP {
	stop := make(chan struct{})
	web.ending = &ending{}
	guests := newCrowd(listener, maxConns)
	srv := &http.Server{
		Handler:           Handler(s, stop, web),
		TLSConfig:         config,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		WriteTimeout:      writeLimit, // of what the server itself says; watched has its own
		ConnState:         guests.changed,
		ConnContext:       withGuest,
		ErrorLog:          slog.NewLogLogger(web.logger().Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(func() { close(stop) })
	h := &HTTP{
		listener: listener, front: guests, srv: srv, scheme: "http",
		ending: web.ending, drain: web.Edge.Drain, log: web.logger(),
	}
	if config != nil {
		h.front, h.scheme = tls.NewListener(h.front, config), "https"
	}
	return h
}

// Handler is the whole HTTP surface: the guarded MCP endpoint, plain HTTP for
// those that speak no MCP, its description, and checks of its health. stop ends the open
// listen streams.
func Handler(s *mcpserver.MCPServer, stop <-chan struct{}, web Web) http.Handler {
	web.wrong, web.control, web.bodies = newFailures(web.now), &control{}, &bodies{}
	all := newMeters(web.Edge.Limits, web.now)
	mux := http.NewServeMux()
	mcp := web.limited(all, guard{
		next: mcpserver.NewStreamableHTTPServer(s,
			mcpserver.WithStateLess(true),
			mcpserver.WithDisableStreaming(true),
			// Its own check refuses what a proxy on this machine passes on under the
			// public name; names are checked in the admission.
			mcpserver.WithDisableLocalhostProtection(true),
			mcpserver.WithStreamableHTTPLogger(web.logger()),
		),
		stop: stop,
		web:  web,
	})
	for _, end := range []string{"", "/{$}"} { // people type a slash behind
		mux.Handle(Endpoint+end, web.admitted(door{tokens: true}, mcp))
		mux.Handle(KeysEndpoint+end, web.admitted(door{}, mcp))
	}
	noDiscovery(mux)
	mux.Handle(CallsEndpoint, web.admitted(door{}, web.limited(all, callsEndpoint{web})))
	mux.Handle(CallsEndpoint+"/{platform}", hookEndpoint{web: web})
	mux.Handle(CallsEndpoint+"/{platform}/{hook}", namedHookEndpoint{web, all})
	mux.Handle("GET "+DescriptionEndpoint, description(web))
	for _, mount := range web.Mount {
		mount(mux)
	}
	mux.HandleFunc("GET "+healthEndpoint, healthy)
	mux.HandleFunc("GET "+readyEndpoint, web.ready(stop))
	return web.edge(mux)
}

// URL is the address of the MCP endpoint.
func (h *HTTP) URL() string { return h.scheme + "://" + h.listener.Addr().String() + Endpoint }

// Serve answers requests until ctx ends. Then /readyz says so, for as long as was set
// all are still answered, and after that nobody new is let in and the calls in flight
// are finished.
func (h *HTTP) Serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- h.srv.Serve(h.front) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	h.ending.on.Store(true)
	if h.drain > 0 {
		h.log.InfoContext(ctx, "ending: requests are served on for a while", slog.Duration("for", h.drain))
		select {
		case err := <-done:
			return fmt.Errorf("serve: %w", err)
		case <-time.After(h.drain):
		}
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
