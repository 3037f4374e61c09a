package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server serves a sandbox on a loopback address.
type Server struct {
	URL  string // "http://127.0.0.1:18080"
	http *http.Server
	stop func()
	done chan struct{}
}

// ErrNotLoopback refuses addresses that others could reach: the sandbox has no
// secrets and no protection.
var ErrNotLoopback = errors.New("the sandbox listens on loopback addresses only, for example 127.0.0.1:18080")

// Listen serves s at addr (port 0 picks one) until ctx ends or Close is called.
func Listen(ctx context.Context, addr string, s *Sandbox) (*Server, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox address %q: %w", addr, err)
	}
	if !loopbackName(host) {
		return nil, ErrNotLoopback
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	// A hanging fault waits for its request's context: stop ends it.
	srv := &Server{URL: "http://" + ln.Addr().String(), stop: cancel, done: make(chan struct{})}
	srv.http = &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	go func() {
		defer close(srv.done)
		_ = srv.http.Serve(ln) // always ErrServerClosed or the listener's end
	}()
	context.AfterFunc(ctx, srv.Close)
	return srv, nil
}

// Close ends all connections and waits for the listener.
func (s *Server) Close() {
	s.stop()
	_ = s.http.Close() // nothing to do about a listener that will not close
	<-s.done
}
