package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// handled is the whole surface with a log to read. stop makes it shut down.
func handled(t *testing.T, w Web) (h http.Handler, log *bytes.Buffer, stop chan struct{}) {
	t.Helper()
	log, stop = &bytes.Buffer{}, make(chan struct{})
	w.Logger = slog.New(slog.NewTextHandler(log, nil))
	w.Mount = append(w.Mount, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("a text that stays here") })
		mux.HandleFunc("GET /id", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, principal.Request(r.Context()))
		})
	})
	return Handler(mcpserver.NewMCPServer("test", "1"), stop, w), log, stop
}

func get(t *testing.T, h http.Handler, path, peer string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := from(peer, header...)
	r.Method, r.URL.Path, r.URL.RawQuery, _ = http.MethodGet, path, "", ""
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.Host = "localhost"
	out := httptest.NewRecorder()
	h.ServeHTTP(out, r)
	return out
}

// TestRequestIDs: each answer has one, the same that the log and the handlers see;
// only trusted proxies choose it, and only well-formed ones.
func TestRequestIDs(t *testing.T) {
	h, log, _ := handled(t, Web{Edge: Edge{Proxies: ours()}})
	for name, tt := range map[string]struct {
		peer, id string
		taken    bool
	}{
		"a stranger's": {"192.0.2.1:9", "abcdef-12345678", false},
		"our proxy's":  {"10.0.0.1:9", "abcdef-12345678", true},
		"too short":    {"10.0.0.1:9", "abc", false},
		"too long":     {"10.0.0.1:9", strings.Repeat("a", 65), false},
		"not an id":    {"10.0.0.1:9", "abcdef 1234567\t=8", false},
	} {
		out := get(t, h, "/id", tt.peer, "X-Request-Id", tt.id)
		got := out.Header().Get("X-Request-Id")
		if (got == tt.id) != tt.taken || !wellFormedID(got) || out.Body.String() != got {
			t.Errorf("%s: answered %q, seen inside %q", name, got, out.Body)
		}
		if !strings.Contains(log.String(), "request_id="+got) {
			t.Errorf("%s: not in the log", name)
		}
	}
	if a, b := get(t, h, "/id", "192.0.2.1:9").Body.String(), get(t, h, "/id", "192.0.2.1:9").Body.String(); a == b {
		t.Errorf("two requests have the id %s", a)
	}
}

// TestLogLines: one for each request, at debug for what checks the health, and never
// the path or query as they came.
func TestLogLines(t *testing.T) {
	h, log, _ := handled(t, Web{})
	for path, want := range map[string]string{
		"/v1/calls/vapi/sekret-hook?stage=sekret": "endpoint=/v1/calls/{platform}/{hook}",
		"/v1/calls/vapi?token=sekret":             "endpoint=/v1/calls/{platform}",
		"/sekret?code=sekret":                     "endpoint=none",
		"/.well-known/oauth-protected-resource":   "endpoint=/.well-known/oauth-protected-resource",
	} {
		log.Reset()
		get(t, h, path, "192.0.2.1:9", "Authorization", "Bearer sekret", "Cookie", "sekret")
		text := log.String()
		if strings.Contains(text, "sekret") || strings.Count(text, "msg=request ") != 1 || !strings.Contains(text, want) || !strings.Contains(text, "from=192.0.2.1") {
			t.Errorf("%s: %s", path, text)
		}
	}
	log.Reset()
	get(t, h, "/healthz", "192.0.2.1:9")
	if log.Len() > 0 {
		t.Errorf("a check of the health is logged: %s", log)
	}
}

// broken is a connection that is gone.
type broken struct{ *httptest.ResponseRecorder }

func (broken) FlushError() error { return io.ErrClosedPipe }

// TestHandlersLearnOfBrokenConnections: the token endpoint remembers which answers
// went out.
func TestHandlersLearnOfBrokenConnections(t *testing.T) {
	for want, out := range map[error]http.ResponseWriter{nil: httptest.NewRecorder(), io.ErrClosedPipe: broken{httptest.NewRecorder()}} {
		var got error
		h, _, _ := handled(t, Web{Mount: []func(*http.ServeMux){func(mux *http.ServeMux) {
			mux.HandleFunc("GET /flushed", func(w http.ResponseWriter, _ *http.Request) { got = http.NewResponseController(w).Flush() })
		}}})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/flushed", nil)
		r.RemoteAddr = "127.0.0.1:1"
		h.ServeHTTP(out, r)
		if !errors.Is(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestPanicsAreAnswered: with the cause in the log alone.
func TestPanicsAreAnswered(t *testing.T) {
	h, log, _ := handled(t, Web{})
	out := get(t, h, "/panic", "192.0.2.1:9")
	if out.Code != http.StatusInternalServerError || strings.Contains(out.Body.String(), "stays here") || !strings.Contains(out.Body.String(), `"internal"`) {
		t.Errorf("%d %s", out.Code, out.Body)
	}
	if text := log.String(); !strings.Contains(text, "a text that stays here") || !strings.Contains(text, "status=500") {
		t.Errorf("log %s", text)
	}
}

// TestReady: without a secret, with a word that says why not.
func TestReady(t *testing.T) {
	var broken error
	h, _, stop := handled(t, Web{AccessKey: "a key", Edge: Edge{Ready: func(context.Context) error { return broken }}})
	check := func(path string, status int, word string) {
		t.Helper()
		if out := get(t, h, path, "192.0.2.1:9"); out.Code != status || out.Body.String() != word+"\n" {
			t.Errorf("%s: %d %q, want %d %s", path, out.Code, out.Body, status, word)
		}
	}
	check("/readyz", 200, "ok")
	broken = errors.New("a path that nobody outside should see")
	check("/readyz", 503, "store")
	check("/healthz", 200, "ok")
	broken = nil
	close(stop)
	check("/readyz", 503, "stopping")
	check("/healthz", 200, "ok")
}

// TestReadyGivesUp: a store that hangs is not ready.
func TestReadyGivesUp(t *testing.T) { synctest.Test(t, readyGivesUp) }

func readyGivesUp(t *testing.T) {
	h, _, _ := handled(t, Web{Edge: Edge{Ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}})
	began := time.Now()
	if out := get(t, h, "/readyz", "192.0.2.1:9"); out.Code != http.StatusServiceUnavailable || time.Since(began) > 2*readyLimit {
		t.Errorf("%d after %s", out.Code, time.Since(began))
	}
}

// TestReadyOutlivesAPanic: a bug in the check ends no process.
func TestReadyOutlivesAPanic(t *testing.T) {
	h, _, _ := handled(t, Web{Edge: Edge{Ready: func(context.Context) error { panic("a bug") }}})
	if out := get(t, h, "/readyz", "192.0.2.1:9"); out.Code != http.StatusServiceUnavailable || out.Body.String() != "store\n" {
		t.Errorf("%d %q", out.Code, out.Body)
	}
}

// TestWithoutAccessControlNothingIsRelayed: a proxy on this machine would open the
// account to everybody who reaches it.
func TestWithoutAccessControlNothingIsRelayed(t *testing.T) {
	post := func(h http.Handler, header ...string) int {
		r := from("127.0.0.1:9", header...)
		r.Host, r.Body = "127.0.0.1:8080", io.NopCloser(strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
		r.Header.Set("Content-Type", "application/json")
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		return out.Code
	}
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, proxies := range map[string][]netip.Prefix{"no trusted proxy": nil, "a trusted one": loopback} {
		h, _, _ := handled(t, Web{Edge: Edge{Proxies: proxies}})
		if status := post(h); status != http.StatusOK {
			t.Errorf("%s: directly %d", name, status)
		}
		for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-Ip", "Via", "Cf-Connecting-Ip", "X-Forwarded-Server", "True-Client-Ip"} {
			if status := post(h, header, "localhost"); status != http.StatusForbidden {
				t.Errorf("%s: with %s %d", name, header, status)
			}
		}
	}
	h, _, _ := handled(t, Web{AccessKey: "a key", Edge: Edge{Proxies: loopback}})
	if status := post(h, "X-Forwarded-For", "192.0.2.1", "Authorization", "Bearer a key"); status != http.StatusOK {
		t.Errorf("with access control %d", status)
	}
}

// TestProxyOnThisMachineMayKeepTheName: as most do; names that are not ours are
// refused, with a key too.
func TestProxyOnThisMachineMayKeepTheName(t *testing.T) {
	public, err := url.Parse("https://crm.example.com")
	if err != nil {
		t.Fatal(err)
	}
	h, _, _ := handled(t, Web{AccessKey: "a key", PublicURL: public})
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	for host, want := range map[string]int{"crm.example.com": 200, "CRM.example.com:443": 200, "localhost": 200, "evil.example": 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+Endpoint, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer a key")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, res.StatusCode, want)
		}
	}
}
