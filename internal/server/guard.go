package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
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
		refuse(w, http.StatusMethodNotAllowed, problem.InvalidArgument, "use POST: there are no streams and no sessions here", "")
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, problem.InvalidArgument, "the body has to be JSON", "Send the header Content-Type: application/json.")
		return
	}
	body, done, ok := g.web.body(w, r, maxBody, principal.From(r.Context()))
	if !ok {
		return
	}
	defer done()
	sent, no := readEnvelope(body)
	modern := mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion))
	method := sent.method
	switch {
	case no != nil:
		no.answer(w)
		return
	case method == "notifications/cancelled", sent.isResponse() && !modern: // the server asks nothing of older clients
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
	r.Header.Del("Mcp-Session-Id") // there are no sessions: it would name somebody else's
	answer := newRecoder(w, modern, sent.ID)
	defer answer.send()
	if method == string(mcp.MethodSubscriptionsListen) {
		g.next.ServeHTTP(&listenAnswer{recoder: answer, id: sent.ID}, r)
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
