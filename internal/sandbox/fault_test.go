package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// try sends one POST of a lead and returns what came of it.
func try(ctx context.Context, g *rig) (status int, body string, err error) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "POST", g.url+"/api/v4/leads", strings.NewReader(`[{"name":"x"}]`))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Host = g.host
	req.Header.Set("Authorization", "Bearer "+g.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), err
}

func (g *rig) leadCount() int {
	n := 0
	a := g.s.byHost[g.host]
	a.mu.Lock()
	defer a.mu.Unlock()
	n = leads(a).len()
	return n
}

func TestFaultsBeforeAndAfterTheWrite(t *testing.T) {
	for _, tc := range []struct {
		name    string
		fault   Fault
		status  int // 0: an error instead of an answer
		has     string
		applied int
	}{
		{"status", Fault{Kind: FaultStatus, Status: 402}, 402, `"status":402`, 0},
		{"gateway page", Fault{Kind: FaultStatus, Status: 504}, 504, "<html>", 0},
		{"own body", Fault{Kind: FaultStatus, Status: 400, Body: `{"a":1}`}, 400, `{"a":1}`, 0},
		{"429", Fault{Kind: FaultStatus, Status: 429}, 429, `"retry_after":1`, 0},
		{"lost with 504", Fault{Kind: FaultLostAnswer, Status: 504}, 504, "Gateway", 1},
		{"lost with reset", Fault{Kind: FaultLostAnswer}, 0, "", 1},
		{"reset", Fault{Kind: FaultReset}, 0, "", 0},
		{"reset after", Fault{Kind: FaultReset, ApplyFirst: true}, 0, "", 1},
		{"truncated", Fault{Kind: FaultTruncatedBody}, 0, "", 1},
		{"html", Fault{Kind: FaultHTMLBody}, 200, "<!DOCTYPE html>", 0},
		{"html after", Fault{Kind: FaultHTMLBody, ApplyFirst: true}, 200, "<!DOCTYPE html>", 1},
		{"status after", Fault{Kind: FaultStatus, Status: 500, ApplyFirst: true}, 500, "Internal", 1},
		{"delay", Fault{Kind: FaultDelay, Latency: 1}, 200, "request_id", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newRig(t)
			g.s.Inject(tc.fault)
			status, body, err := try(t.Context(), g)
			if tc.status == 0 && err == nil || tc.status != 0 && (err != nil || status != tc.status || !strings.Contains(body, tc.has)) {
				t.Errorf("%d %v %q", status, err, body)
			}
			if n := g.leadCount(); n != tc.applied {
				t.Errorf("%d leads, want %d", n, tc.applied)
			}
			if status, _, err := try(t.Context(), g); status != 200 || err != nil {
				t.Errorf("the fault stays: %d %v", status, err)
			}
		})
	}
}

func TestHangLastsUntilTheClientLeaves(t *testing.T) {
	g := newRig(t)
	g.s.Inject(Fault{Kind: FaultHang})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, _, err := try(ctx, g)
		failed <- err
	}()
	for len(g.s.Arrivals()) == 0 { // the request is in
		select {
		case err := <-failed:
			t.Fatalf("answered before the client left: %v", err)
		default:
		}
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if g.leadCount() != 0 {
		t.Error("a hanging write was applied")
	}
}

func TestFaultsMatchAndCount(t *testing.T) {
	g := newRig(t)
	g.s.Inject(Fault{Method: "GET", PathPrefix: "/leads", After: 1, Times: 2, Status: 503})
	g.post("/leads", `[{}]`).want(200)
	g.get("/account").want(200)
	g.get("/leads").want(200) // After
	g.get("/leads").want(503)
	g.get("/leads").want(503)
	g.get("/leads").want(200)
	g.s.Inject(Fault{Times: -1, Status: 500, Match: func(r *http.Request) bool { return r.Header.Get("X-Hit") == "1" }})
	for range 3 {
		g.do("GET", "/leads", "", "X-Hit", "1").want(500)
	}
	g.get("/leads").want(200)
	g.s.ClearFaults()
	g.do("GET", "/leads", "", "X-Hit", "1").want(200)
	g.s.Inject(Fault{Host: "other.kommo.com", PathPrefix: "/api/v4/leads"})
	g.get("/leads").want(200)
	g.host = "other.kommo.com"
	g.get("/leads").want(500)
}
