package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

// knownNumber is that of a contact of the demo account with one open lead.
const knownNumber = "+14155550113"

// web is the HTTP surface over the demo account, and a worker of its calls.
type web struct {
	*toolstest.Account

	t        *testing.T
	url      string
	log      *lines
	contract *contract
}

// lines is a log that a test reads.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func openWeb(t *testing.T, change func(*server.Web)) *web {
	t.Helper()
	w := &web{Account: toolstest.Open(t, toolstest.Options{}), t: t, log: &lines{}}
	tool := base.PostCallSummary(w.Provider)
	o := server.Web{LogCall: &tool, Provider: w.Provider, Secrets: map[string]string{}, Logger: slog.New(slog.NewTextHandler(w.log, nil)), Now: w.Clock.Now}
	if change != nil {
		change(&o)
	}
	stop := make(chan struct{})
	srv := httptest.NewServer(server.Handler(slowServer(nil, nil), stop, o))
	t.Cleanup(func() { close(stop); srv.Close() })
	w.url, w.contract = srv.URL, readContract(t, o)
	return w
}

// ask sends a request and holds it and its answer to the OpenAPI description.
func (w *web) ask(method, path, body string, header ...string) (status int, answer map[string]any, head http.Header) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		w.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, raw)
	}
	w.contract.hold(w.t, req, body, res.StatusCode, raw)
	return res.StatusCode, answer, res.Header
}

func (w *web) wants(what string, status int, key, value string, method, path, body string, header ...string) map[string]any {
	w.t.Helper()
	got, answer, _ := w.ask(method, path, body, header...)
	text := fmt.Sprint(answer[key])
	if e, ok := answer["error"].(map[string]any); ok && key != "error" {
		text = fmt.Sprint(e[key])
	}
	if got != status || !strings.Contains(text, value) {
		w.t.Errorf("%s: got %d %v, want %d with %s %q", what, got, answer, status, key, value)
	}
	return answer
}

func callBody(extra string) string {
	return `{"phone":"` + knownNumber + `","summary":"Booked a demo."` + extra + `}`
}

func TestCallsAnswerInStatuses(t *testing.T) {
	w := openWeb(t, nil)
	const post = http.MethodPost
	w.wants("logged", 200, "status", "logged", post, "/v1/calls", callBody(`,"call_id":"a"`))
	w.wants("repeat", 200, "status", "repeat", post, "/v1/calls", callBody(`,"call_id":"a"`))
	w.wants("merged", 200, "status", "merged", post, "/v1/calls", callBody(`,"call_id":"a","transcript":"Agent: Hello"`))
	w.wants("by header", 200, "status", "logged", post, "/v1/calls", callBody(``), "X-Call-Id", "b")
	w.wants("by header again", 200, "status", "repeat", post, "/v1/calls", callBody(`,"call_id":"b"`))
	w.wants("rejected", 422, "status", "rejected", post, "/v1/calls", `{"phone":"+12025550142","summary":"x","unknown_caller":"reject"}`)
	w.wants("misspelt", 422, "message", "did you mean", post, "/v1/calls", callBody(`,"callid":"a"`))
	w.wants("missing", 422, "field", "summary", post, "/v1/calls", `{"phone":"`+knownNumber+`"}`)
	w.wants("a list", 422, "code", "invalid_argument", post, "/v1/calls", `[1]`)
	w.wants("other number", 422, "code", "conflict", post, "/v1/calls", `{"phone":"+12025550142","summary":"x","call_id":"a"}`)
	w.wants("broken", 400, "code", "invalid_argument", post, "/v1/calls", `{"phone":`)
	w.wants("empty", 400, "code", "invalid_argument", post, "/v1/calls", ``)
	w.wants("form", 415, "message", "JSON", post, "/v1/calls", `phone=1`, "Content-Type", "application/x-www-form-urlencoded")
	w.wants("get", 405, "message", "POST", http.MethodGet, "/v1/calls", ``)
	w.wants("huge", 413, "message", "4 MiB", post, "/v1/calls", `{"summary":"`+strings.Repeat("x", 5<<20)+`"}`)
	w.wants("a page", 403, "message", "origin", post, "/v1/calls", callBody(``), "Origin", "https://evil.example")
	w.wants("a rebound name", 403, "message", "host", post, "/v1/calls", callBody(``), "Host", "evil.example")
	w.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, PathPrefix: "/", Times: -1})
	queued := w.wants("queued", 202, "status", "queued", post, "/v1/calls", callBody(`,"call_id":"c"`))
	if queued["pending_id"] == nil || queued["reason"] == "" {
		t.Errorf("queued: %v", queued)
	}
}

func TestCallsNeedAChoice(t *testing.T) {
	w := openWeb(t, nil)
	const twoLeads = "+12025550101"
	answer := w.wants("two leads", 409, "status", "needs_choice", http.MethodPost, "/v1/calls", `{"phone":"`+twoLeads+`","summary":"x","several_leads":"ask"}`)
	if list, _ := answer["candidates"].([]any); len(list) != 2 {
		t.Errorf("candidates: %v", answer)
	}
}

func TestNoTokenAndReadMode(t *testing.T) {
	none := func(context.Context) (*crm.Service, error) {
		return nil, problem.New(problem.NoToken, "no token is set")
	}
	w := openWeb(t, func(o *server.Web) {
		tool := base.PostCallSummary(none)
		o.LogCall, o.Provider = &tool, none
	})
	w.wants("no token", 503, "code", "no_token", http.MethodPost, "/v1/calls", callBody(``))
	w.wants("no token, hook", 503, "code", "no_token", http.MethodPost, "/v1/calls/vapi", sample(t, "vapi_inbound.json"))
	w = openWeb(t, func(o *server.Web) { o.LogCall = nil })
	w.wants("read mode", 403, "code", "read_only", http.MethodPost, "/v1/calls", callBody(``))
	w.wants("read mode, hook", 503, "code", "read_only", http.MethodPost, "/v1/calls/vapi", sample(t, "vapi_inbound.json"))
	if n := len(w.Box.Arrivals()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestAccessKey(t *testing.T) {
	const key = "canary-access-key"
	public, _ := url.Parse("https://crm.example.com")
	w := openWeb(t, func(o *server.Web) { o.AccessKey, o.PublicURL = key, public })
	for _, path := range []string{"/v1/calls", "/mcp"} {
		for _, header := range []string{"", "Bearer wrong", "Bearer", key, "Basic " + key, "Bearer " + key + "x"} {
			status, answer, head := w.ask(http.MethodPost, path, callBody(``), "Authorization", header)
			if status != 401 || !strings.HasPrefix(head.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s with %q: %d %v %v", path, header, status, answer, head)
			}
		}
	}
	bearer := []string{"Authorization", "Bearer " + key}
	w.wants("with the key", 200, "status", "logged", http.MethodPost, "/v1/calls", callBody(``), bearer...)
	w.wants("public host", 200, "status", "repeat", http.MethodPost, "/v1/calls", callBody(``), append(bearer, "Host", "crm.example.com", "Origin", "https://crm.example.com")...)
	w.wants("other host", 403, "message", "host", http.MethodPost, "/v1/calls", callBody(``), append(bearer, "Host", "evil.example")...)
	w.wants("hook without secret or key", 401, "next", "KOMMO", http.MethodPost, "/v1/calls/retell", sample(t, "retell_ended.json"))
	w.wants("hook with the key", 200, "status", "accepted", http.MethodPost, "/v1/calls/retell", sample(t, "retell_ended.json"), bearer...)
	if strings.Contains(w.log.String(), key) {
		t.Errorf("the log shows the key: %s", w.log)
	}
	res, err := http.Get(w.url + "/healthz")
	if err != nil || res.StatusCode != 200 {
		t.Errorf("healthz: %v %v", res, err)
	}
	res.Body.Close()
}

func TestListenBeyondLoopbackNeedsAKey(t *testing.T) {
	for key, short := range map[string]bool{"not-a-secret-key": false, "x": true} {
		var log bytes.Buffer
		h, err := server.Listen(t.Context(), "0.0.0.0:0", slowServer(nil, nil), server.Web{AccessKey: key, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := h.Serve(ctx); err != nil {
			t.Error(err)
		}
		if strings.Contains(log.String(), "short enough to be guessed") != short {
			t.Errorf("with %q: %s", key, &log)
		}
	}
}

func sample(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../hooks/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("+15005550006", knownNumber, "%2B15005550006", "%2B"+knownNumber[1:], "+1 500-555-0006", knownNumber).Replace(string(raw))
}

// TestHooksAreCheckedAndAnswered through real HTTP.
func TestHooksAreCheckedAndAnswered(t *testing.T) {
	const secret = "canary-hook-secret"
	w := openWeb(t, func(o *server.Web) {
		o.Secrets["vapi"], o.Secrets["aircall"], o.Secrets["retell"] = secret, secret, secret
	})
	body := sample(t, "vapi_inbound.json")
	const post = http.MethodPost
	w.wants("unsigned", 401, "code", "unauthorized", post, "/v1/calls/vapi", body)
	w.wants("wrong", 401, "message", "signature", post, "/v1/calls/vapi", body, "X-Vapi-Secret", "wrong")
	w.wants("stale", 401, "code", "unauthorized", post, "/v1/calls/retell", sample(t, "retell_ended.json"), "X-Retell-Signature", "v=1795168800000,d=00")
	w.wants("aircall, wrong token", 200, "code", "unauthorized", post, "/v1/calls/aircall", sample(t, "aircall_ended.json"))
	w.wants("unknown", 404, "next", "vapi", post, "/v1/calls/nobody", body)
	w.wants("huge", 413, "message", "8 MiB", post, "/v1/calls/vapi", strings.Repeat("x", 9<<20), "X-Vapi-Secret", secret)
	w.wants("option", 422, "next", "unknown_caller", post, "/v1/calls/vapi?stagee=x", body, "X-Vapi-Secret", secret)
	w.wants("kept", 200, "status", "accepted", post, "/v1/calls/vapi", body, "X-Vapi-Secret", secret)
	w.wants("again", 200, "status", "accepted", post, "/v1/calls/vapi", body, "X-Vapi-Secret", secret)
	w.wants("other event", 200, "status", "ignored", post, "/v1/calls/vapi", `{"message":{"type":"status-update"}}`, "X-Vapi-Secret", secret)
	if strings.Contains(w.log.String(), secret) || !strings.Contains(w.log.String(), "aircall") {
		t.Errorf("log: %s", w.log)
	}
}
