package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Edge is what lies between the network and all endpoints.
type Edge struct {
	Proxies []netip.Prefix              // whose forwarded headers and request ids are believed; none: nobody's
	TLS     *TLSFiles                   // nil: plain HTTP
	Ready   func(context.Context) error // whether requests can be served now; nil: always
	Limits  Limits                      // for each principal
	Drain   time.Duration               // how long requests are served on after the end began, while /readyz says so
}

// seen is what the edge knows of a request. What is inside of it may add who it is
// served for.
type seen struct {
	sender
	who principal.Principal
}

type seenKey struct{}

// seenOf is never nil: requests that came past the edge are known by their own word
// alone.
func seenOf(r *http.Request) *seen {
	if s, ok := r.Context().Value(seenKey{}).(*seen); ok {
		return s
	}
	return &seen{sender: readSender(r, nil)}
}

// ClientAddress is where a request comes from, for those that count by it: what a
// trusted proxy says, else the peer. Empty where it is not known.
func ClientAddress(r *http.Request) string {
	if a := seenOf(r).addr; a.IsValid() {
		return a.String()
	}
	return ""
}

// edge wraps everything: it says who asks, gives the request its id, keeps panics
// from the connection, and writes one line to the log.
func (w Web) edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		s := &seen{sender: readSender(r, w.Edge.Proxies)}
		id := requestID(r, s.trusted)
		out.Header().Set("X-Request-Id", id)
		out.Header().Set("X-Content-Type-Options", "nosniff")
		ctx := principal.WithRequest(context.WithValue(r.Context(), seenKey{}, s), id)
		r = r.WithContext(ctx)
		if w.ending.begun() {
			out.Header().Set("Connection", "close") // the next request of this client belongs elsewhere
		}
		answer := &watched{ResponseWriter: out}
		answer.patience(0) // what the request before had left of it
		came := time.Now()
		began := w.now()
		defer func() {
			w.recovered(ctx, answer, recover())
			answer.patience(writeLimit) // the rest is sent behind this
			answer.restOfBody(came)
			w.logRequest(ctx, r, s, answer, w.now().Sub(began))
		}()
		next.ServeHTTP(answer, r)
	})
}

// recovered turns a panic into an answer. Its text stays in the log.
func (w Web) recovered(ctx context.Context, out *watched, cause any) {
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint,err113 // the very value ends a connection on purpose
		panic(cause)
	}
	w.logger().ErrorContext(ctx, "request panicked", slog.String("request_id", principal.Request(ctx)), slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
	if out.status == 0 {
		refuse(out, http.StatusInternalServerError, problem.Internal, errInternal.Error(), "")
	}
}

// logRequest names the endpoint and never the path as it came: secrets are in some
// paths and in some queries.
func (w Web) logRequest(ctx context.Context, r *http.Request, s *seen, out *watched, took time.Duration) {
	level := slog.LevelInfo
	if isHealth(r.URL.Path) {
		level = slog.LevelDebug
	}
	log := w.logger()
	if !log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", principal.Request(ctx)), slog.String("method", method(r)), slog.String("endpoint", endpointOf(r)),
		slog.Int("status", out.status), slog.Int64("bytes", out.bytes), slog.Int64("ms", took.Milliseconds()), slog.String("from", s.addr.String()),
	}
	if p := s.who; p.Kind != "" {
		attrs = append(attrs, slog.String("kind", string(p.Kind)), slog.String("id", p.ID), slog.String("account", p.Account))
	}
	log.LogAttrs(ctx, level, "request", attrs...)
}

// method is the request's, or a dash for what nobody uses.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "-"
}

// endpointOf is the pattern that took the request. Where none did, it may be a
// discovery path that a client tries, which helps to find out what it wants.
func endpointOf(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	if path := r.URL.Path; strings.HasPrefix(path, "/.well-known/") && len(path) <= 100 {
		return path
	}
	return "none"
}

// requestID takes over the id of a trusted proxy if it is one, and makes one else.
func requestID(r *http.Request, trusted bool) string {
	if id := r.Header.Get("X-Request-Id"); trusted && wellFormedID(id) {
		return id
	}
	return strings.ToLower(rand.Text())[:16]
}

func wellFormedID(id string) bool {
	return len(id) >= 8 && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

// writeLimit is how long an answer, or a part of one, may wait for a client that does
// not read: shorter than the end of the server waits for answers.
const writeLimit = 15 * time.Second

// watched remembers what was answered, and bounds how long it waits for the client.
type watched struct {
	http.ResponseWriter

	status int
	bytes  int64
}

// patience is how long the client may leave unread what is written from now on; 0 is
// without end, as between the parts of a stream: over HTTP/2 it would end one that has
// nothing to say.
func (w *watched) patience(d time.Duration) {
	until := time.Time{}
	if d > 0 {
		until = time.Now().Add(d)
	}
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(until) // a writer in memory has none
}

// bodyLimit is how long the server waits for what is left of a body that nobody reads:
// it answers behind that.
const bodyLimit = 2 * time.Second

func (w *watched) restOfBody(came time.Time) {
	if until := time.Now().Add(bodyLimit); until.Before(came.Add(readTimeout)) { // else there is an earlier limit
		_ = http.NewResponseController(w.ResponseWriter).SetReadDeadline(until) // a writer in memory has none
	}
}

// WriteHeader notes the status.
func (w *watched) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.patience(writeLimit)
	defer w.patience(0)
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Flush passes on what is written: streams need it.
func (w *watched) Flush() { _ = w.FlushError() } // a writer that cannot sends all at its end

// FlushError does so for http.ResponseController, and says whether it went out.
func (w *watched) FlushError() error {
	w.patience(writeLimit)
	defer w.patience(0)
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
