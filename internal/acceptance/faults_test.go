package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// calamity is a way in which Kommo lets every request of a call down.
type calamity struct {
	name    string
	fault   sandbox.Fault
	reads   []string // codes with which a read may answer
	says    string   // a word that the text must hold
	applies bool     // the write is carried out, only its answer is unusable
}

const validation = `{"validation-errors":[{"request_id":"0","errors":[{"code":"NotSupportedChoice","path":"price","detail":"The value you selected is not a valid choice."}]}],"title":"Bad Request","type":"https://httpstatus.es/400","status":400,"detail":"Request validation failed"}`

func calamities() []calamity {
	status := func(code int, body string) sandbox.Fault {
		return sandbox.Fault{Kind: sandbox.FaultStatus, Status: code, Body: body, Times: -1}
	}
	return []calamity{
		{"400 with validation errors", status(400, validation), []string{"invalid_argument"}, "price", false},
		{"401", status(401, ""), []string{"unauthorized"}, "token", false},
		{"402", status(402, ""), []string{"payment_required"}, "pa", false},
		{"403", status(403, `{"title":"Forbidden","status":403,"detail":"Access denied"}`), []string{"forbidden"}, "right", false},
		{"403 for the scope", status(403, `{"title":"Forbidden","status":403,"detail":"Invalid scope"}`), []string{"forbidden"}, "scope", false},
		{"403 as a page", status(403, "<html><h1>blocked</h1></html>"), []string{"blocked"}, "ait", false},
		{"404", status(404, `{"title":"Not Found","status":404,"detail":"Not found"}`), []string{"not_found"}, "", false},
		{"422", status(422, `{"title":"Unprocessable Entity","status":422,"detail":"Cannot process"}`), []string{"unprocessable"}, "", false},
		{"429 in JSON", status(429, `{"title":"Too Many Requests","status":429,"detail":"too many","retry_after":7}`), []string{"rate_limited"}, " s", false},
		{"429 as a page", status(429, "<html>slow down</html>"), []string{"rate_limited"}, " s", false},
		{"500", status(500, `{"title":"ErrInternalServer","status":500}`), []string{"kommo_unavailable"}, "", false},
		{"504", status(504, "<html>gateway</html>"), []string{"kommo_unavailable"}, "", false},
		{"redirect", status(302, ""), []string{"bad_response"}, "redirect", false},
		{"reset", sandbox.Fault{Kind: sandbox.FaultReset, Times: -1}, []string{"kommo_unavailable"}, "", false},
		{"hang", sandbox.Fault{Kind: sandbox.FaultHang, Times: -1}, []string{"timeout", "kommo_unavailable"}, "", false},
		{"truncated JSON", sandbox.Fault{Kind: sandbox.FaultTruncatedBody, Times: -1}, []string{"bad_response", "kommo_unavailable"}, "", true},
		{"HTML with 200", sandbox.Fault{Kind: sandbox.FaultHTMLBody, Times: -1}, []string{"bad_response"}, "", false},
	}
}

type toolError struct {
	Error struct {
		Code       string  `json:"code"`
		Message    string  `json:"message"`
		RetryAfter float64 `json:"retry_after"`
	} `json:"error"`
}

// TestEveryToolAgainstEveryFault lets every request of every tool fail in each
// way: the answer is a tool error that names the cause and the next step,
// nothing internal shows, and no write is repeated.
func TestEveryToolAgainstEveryFault(t *testing.T) {
	for _, c := range calamities() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, onlyWrites := range []bool{false, true} {
				strike(t, c, onlyWrites)
			}
		})
	}
}

func strike(t *testing.T, c calamity, onlyWrites bool) {
	t.Helper()
	r := newFaultRig(t, c, rigOptions{})
	args := samples(r.ids(t))
	var waiting sync.WaitGroup
	for name, in := range args {
		if onlyWrites && r.tool(t, name).Spec().Class == registry.Read {
			continue
		}
		if c.pauses() || c.hangs() {
			r = newFaultRig(t, c, rigOptions{})
		}
		if own := r; c.hangs() {
			waiting.Go(func() { strikeTool(t, c, own, name, in, onlyWrites) })
		} else {
			strikeTool(t, c, own, name, in, onlyWrites)
		}
	}
	waiting.Wait()
}

func strikeTool(t *testing.T, c calamity, r *rig, name string, in map[string]any, onlyWrites bool) {
	t.Helper()
	tool := r.tool(t, name)
	fault := c.fault
	if onlyWrites {
		fault.Match = func(req *http.Request) bool { return req.Method != http.MethodGet }
	}
	r.box.ForgetArrivals()
	r.box.Inject(fault)
	res := r.raw(t, name, in)
	r.box.ClearFaults()
	label := fmt.Sprintf("%s (writes only: %v)", name, onlyWrites)
	honest(t, label, r.token, res)
	mustFail(t, label, c, tool, res, onlyWrites)
	atMostOnce(t, label, c, r.box.Arrivals())
}

// pauses tells whether the fault stops the whole account for a while. Then each
// tool gets a rig of its own, whose clock runs ahead.
func (c calamity) pauses() bool {
	return strings.HasPrefix(c.name, "429") || c.name == "403 as a page"
}

// hangs tells whether the fault is waited for in real time. Then each tool gets a rig
// of its own too, and all wait at once.
func (c calamity) hangs() bool { return c.fault.Kind == sandbox.FaultHang }

// attempt is the time-out of one request: short only where it runs out, else
// long enough for a busy machine.
func (c calamity) attempt() time.Duration {
	if c.hangs() {
		return 2 * time.Second
	}
	return 5 * time.Second
}

// newFaultRig is a rig with a warm directory that does not wait.
func newFaultRig(t *testing.T, c calamity, o rigOptions) *rig {
	t.Helper()
	o.attempt, o.clock = c.attempt(), instantClock{}
	if c.pauses() {
		o.clock = testclock.At(time.Now())
	}
	r := newRig(t, o)
	r.call(t, "get_account", map[string]any{"sections": []string{"fields", "task_types", "loss_reasons"}})
	return r
}

// mustFail checks code and words. get_account may answer from what it knows.
func mustFail(t *testing.T, label string, c calamity, tool registry.Tool, res registry.Result, onlyWrites bool) {
	t.Helper()
	if tool.Name() == "get_account" {
		return
	}
	if c.applies && onlyWrites && res.IsError {
		t.Errorf("%s: an error for a write that was carried out: %s", label, res.Text)
		return
	}
	if !res.IsError && tool.Name() == "post_call_summary" && strings.Contains(res.Text, `"status":"queued"`) && strings.Contains(res.Text, `"pending_id":`) {
		return // accepted and kept: Kommo is away
	}
	if !res.IsError {
		if c.applies && onlyWrites { // the write was carried out, and the answer says how that is known
			if !strings.Contains(res.Text, `"looked_up":true`) {
				t.Errorf("%s: a success that does not say that it was looked up: %s", label, res.Text)
			}
			return
		}
		t.Errorf("%s: a success although every request failed: %s", label, res.Text)
		return
	}
	var e toolError
	if err := json.Unmarshal(res.Structured, &e); err != nil {
		t.Fatal(err)
	}
	allowed := c.reads
	if onlyWrites || tool.Spec().Class != registry.Read {
		allowed = append([]string{"outcome_unknown"}, allowed...)
	}
	if !slices.Contains(allowed, e.Error.Code) {
		t.Errorf("%s: code %s, want one of %v: %s", label, e.Error.Code, allowed, res.Text)
	}
	if e.Error.Code != "outcome_unknown" && !strings.Contains(res.Text, c.says) {
		t.Errorf("%s: %q is not in %q", label, c.says, res.Text)
	}
	if strings.Count(strings.TrimSpace(res.Text), "\n") == 0 {
		t.Errorf("%s: the error has no next step: %q", label, res.Text)
	}
}

// honest checks what must hold for every answer, good or bad.
func honest(t *testing.T, label, token string, res registry.Result) {
	t.Helper()
	for _, text := range []string{res.Text, string(res.Structured)} {
		for _, never := range []string{token, "<html", "goroutine", "net/http", "127.0.0.1", "runtime error", "json:"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: %q shows in %s", label, never, text)
			}
		}
	}
}

// atMostOnce: a POST that may have arrived is never sent again. A 429 was
// refused, so it may.
func atMostOnce(t *testing.T, label string, c calamity, arrivals []sandbox.Arrival) {
	t.Helper()
	if strings.HasPrefix(c.name, "429") {
		return
	}
	seen := map[string]int{}
	for _, a := range arrivals {
		// A new upload session makes nothing: only the last part makes the file.
		if a.Method == http.MethodPost && a.Path != "/v1.0/sessions" {
			seen[a.Path+string(a.Body)]++
		}
	}
	for what, n := range seen {
		if n > 1 {
			t.Errorf("%s: sent %d times: %s", label, n, what)
		}
	}
}
