package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// maxBody is the largest request body taken, in bytes. A tool call is small;
// the largest, a call with its transcript, stays far below. mcp-go itself reads
// without a limit: 200 MB cost it 2.2 GB of memory.
const maxBody = 4 << 20

// requestLimit bounds one request as a whole. Tools answer within 18 seconds;
// the rest is for slow readers.
const requestLimit = 60 * time.Second

var errInternal = errors.New("internal error; see the server log")

// guard stands in front of mcp-go's handler and does what that leaves undone:
// it refuses every method
// but POST (a GET stream of mcp-go would receive other clients' messages),
// bounds the body, and swallows cancellations, whose request ids collide
// between clients of a stateless server: one client could end another's call.
// A client cancels by closing its connection. Who may come here at all, Web has
// checked (the specification demands 403 for a foreign Origin).
type guard struct {
	next http.Handler
	stop <-chan struct{} // closed when the server shuts down
	web  Web
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	method := methodOf(body)
	if method == "notifications/cancelled" {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if method == "tools/call" && g.scopeMissing(w, r, body) {
		return
	}
	ctx, cancel := g.bounded(r.Context(), method)
	defer cancel()
	w.Header().Set("X-Accel-Buffering", "no")
	w.Header().Set("Cache-Control", "no-store")
	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := newRecoder(w, r)
	defer answer.send()
	if method == string(mcp.MethodSubscriptionsListen) {
		g.next.ServeHTTP(&listenAnswer{recoder: answer, id: idOf(body)}, r)
		return
	}
	g.next.ServeHTTP(answer, r)
}

// scopeMissing answers a call whose token has too small a scope as OAuth wants it, so
// that the client can ask its user for more. That the tool does not run otherwise
// either, is the registry's doing.
func (g guard) scopeMissing(w http.ResponseWriter, r *http.Request, body []byte) bool {
	p := principal.From(r.Context())
	if p.Kind != principal.Token || g.web.PublicURL == nil {
		return false
	}
	var call struct {
		Params struct {
			Name      string          `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"params"`
	}
	if json.Unmarshal(body, &call) != nil {
		return false
	}
	tool, err := registry.Find(g.web.Tools, call.Params.Name)
	needs := tool.Spec().Class.Needs()
	if err != nil || p.Mode == "" || p.Mode.Allows(needs) {
		return false
	}
	tool.Refuse(r.Context(), call.Params.Arguments)
	w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+scopesFor(needs)+`", resource_metadata="`+g.web.metadataURL(r)+`"`)
	refuse(w, http.StatusForbidden, problem.Forbidden, call.Params.Name+" needs the scope kommo:"+string(needs)+", which this connection does not have", "Authorize again with the scopes that the header WWW-Authenticate names.")
	return true
}

// bounded gives a request its time limit. A listen stream has none, but ends
// when the server shuts down, which it would otherwise hold up.
func (g guard) bounded(ctx context.Context, method string) (context.Context, context.CancelFunc) {
	if method != string(mcp.MethodSubscriptionsListen) {
		return context.WithTimeout(ctx, requestLimit)
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-g.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		return body, true
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		http.Error(w, "request body over 4 MiB", http.StatusRequestEntityTooLarge)
	} else {
		http.Error(w, "request body could not be read", http.StatusBadRequest)
	}
	return nil, false
}

// methodOf reads the JSON-RPC method; empty for anything else, which mcp-go
// then refuses in its own words.
func methodOf(body []byte) string {
	var envelope struct {
		Method string `json:"method"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return ""
	}
	return envelope.Method
}

// idOf reads the id of a request as it came.
func idOf(body []byte) json.RawMessage {
	var envelope struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return nil
	}
	return envelope.ID
}

// originRefused tells whether a browser page of that origin may not call. Clients
// that are no browsers send none. Only pages of this machine are let in, which
// keeps a website from driving the server through its visitor's browser.
func originRefused(origin string) bool {
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || !loopbackHost(u.Hostname())
}

func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
