package kommo

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const htmlPage = "<!DOCTYPE html><html><body>Bad gateway</body></html>"

// reset takes the request and drops the connection without an answer.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// truncated announces more than it sends.
func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "500")
	_, _ = io.WriteString(w, `{"id":`)
}

// hang answers when the client has given up.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// expect is how often the server is asked, and what the error says.
type expect struct {
	requests int32
	code     Code
}

// retryCase is a failure and what becomes of each kind of request.
type retryCase struct {
	name             string
	fail             http.HandlerFunc
	get, patch, post expect // post stands for PATCH with Once and DELETE too
}

func retryCases() []retryCase {
	unknown := expect{1, CodeUnknownOutcome}
	return []retryCase{
		{"429 JSON", answer(429, "application/problem+json", `{"status":429,"detail":"Too many requests"}`), expect{3, CodeRateLimited}, expect{3, CodeRateLimited}, expect{3, CodeRateLimited}},
		{"429 HTML", answer(429, "text/html", htmlPage), expect{3, CodeRateLimited}, expect{3, CodeRateLimited}, expect{3, CodeRateLimited}},
		{"500", answer(500, "application/problem+json", `{"title":"ErrInternalServer"}`), expect{1, CodeServer}, expect{1, CodeServer}, unknown},
		{"502", answer(502, "text/html", htmlPage), expect{3, CodeServer}, expect{3, CodeServer}, unknown},
		{"503", answer(503, "text/html", htmlPage), expect{3, CodeServer}, expect{3, CodeServer}, unknown},
		{"504", answer(504, "text/html", htmlPage), expect{3, CodeServer}, expect{3, CodeServer}, unknown},
		{"reset", reset, expect{3, CodeNetwork}, expect{3, CodeNetwork}, unknown},
		{"truncated", truncated, expect{3, CodeNetwork}, expect{3, CodeNetwork}, unknown},
		{"hang", hang, expect{2, CodeTimeout}, expect{2, CodeTimeout}, unknown},
		{"400 transient", answer(400, "application/json", `{"detail":"Возникла системная ошибка. Пожалуйста, повторите попытку."}`), expect{3, CodeTransient}, expect{1, CodeTransient}, expect{1, CodeTransient}},
		{"400", answer(400, "application/json", `{"detail":"Request validation failed"}`), expect{1, CodeInvalid}, expect{1, CodeInvalid}, expect{1, CodeInvalid}},
		{"401", answer(401, "application/json", `{}`), expect{1, CodeUnauthorized}, expect{1, CodeUnauthorized}, expect{1, CodeUnauthorized}},
		{"402", answer(402, "application/json", `{}`), expect{1, CodePayment}, expect{1, CodePayment}, expect{1, CodePayment}},
		{"403 block", answer(403, "text/html", htmlPage), expect{1, CodeBlocked}, expect{1, CodeBlocked}, expect{1, CodeBlocked}},
		{"HTML with 200", answer(200, "text/html", htmlPage), expect{1, CodeBadResponse}, expect{1, CodeBadResponse}, unknown},
		{"cut JSON with 200", answer(200, "application/json", `{"id":`), expect{1, CodeBadResponse}, expect{1, CodeBadResponse}, unknown},
		{"other JSON with 200", answer(200, "application/json", `{"id":"seven"}`), expect{1, CodeBadResponse}, expect{1, CodeBadResponse}, unknown},
		{"nothing with 200", answer(200, "application/json", ``), expect{1, CodeBadResponse}, expect{1, CodeBadResponse}, unknown},
	}
}

// The rule of repeating: with two retries allowed the server sees three
// requests if a failure is repeated, and one if not.
func TestRetryRules(t *testing.T) {
	for _, tc := range retryCases() {
		for _, call := range []struct {
			Request
			want expect
		}{
			{Request{Op: "t.get", Method: "GET", Path: "/leads"}, tc.get},
			{Request{Op: "t.patch", Method: "PATCH", Path: "/leads/1", Body: 1}, tc.patch},
			{Request{Op: "t.once", Method: "PATCH", Path: "/leads/1", Body: 1, Once: true}, tc.post},
			{Request{Op: "t.post", Method: "POST", Path: "/leads", Body: 1}, tc.post},
			{Request{Op: "t.delete", Method: "DELETE", Path: "/leads/1"}, tc.post},
		} {
			t.Run(tc.name+" "+call.Op, func(t *testing.T) { fails(t, tc, call.Request, call.want) })
		}
	}
}

func fails(t *testing.T, tc retryCase, request Request, want expect) {
	t.Helper()
	var seen atomic.Int32
	came := make(chan struct{}, 10)
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		came <- struct{}{}
		tc.fail(w, r)
	}), WithMaxRetries(2), WithAttemptTimeout(hangLimit(tc.name)))
	var out struct{ ID int64 }
	meta, err := c.Do(t.Context(), request, &out)
	for range want.requests { // one that was given up may be read by a busy server afterwards
		select {
		case <-came:
		case <-time.After(5 * time.Second):
		}
	}
	e := errorOf(t, err)
	if e.Code != want.code || seen.Load() != want.requests {
		t.Errorf("code %s after %d requests, want %s after %d (%v)", e.Code, seen.Load(), want.code, want.requests, e)
	}
	if int32(e.Attempts) != seen.Load() || meta.Attempts != e.Attempts {
		t.Errorf("attempts %d in the error and %d in Meta, the server saw %d", e.Attempts, meta.Attempts, seen.Load())
	}
	if strings.ContainsAny(e.Error(), "<>") || strings.Contains(e.Error(), secretToken) {
		t.Errorf("markup or token in %q", e.Error())
	}
	if e.Op != request.Op || e.Message == "" {
		t.Errorf("incomplete error %+v", e)
	}
}

// hangLimit keeps the hanging case short without hurrying the others.
func hangLimit(name string) time.Duration {
	if name == "hang" {
		return 60 * time.Millisecond
	}
	return 10 * time.Second
}

func TestRetrySucceedsInTheEnd(t *testing.T) {
	var seen atomic.Int32
	clock := &skipClock{}
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) < 4 {
			answer(504, "text/html", htmlPage)(w, r)
			return
		}
		answer(200, "application/json", `{"id":7}`)(w, r)
	}), WithClock(clock))
	var out struct{ ID int64 }
	meta, err := c.Do(t.Context(), Request{Op: "leads.get", Path: "/leads/7"}, &out)
	if err != nil || out.ID != 7 || meta.Attempts != 4 || meta.Status != 200 {
		t.Fatalf("got %+v %+v %v", meta, out, err)
	}
	// Half of the doubling step is fixed, half of the rest comes from jitter 0.5.
	want := []time.Duration{225 * time.Millisecond, 450 * time.Millisecond, 900 * time.Millisecond}
	if len(clock.waits) != 3 || clock.waits[0] != want[0] || clock.waits[1] != want[1] || clock.waits[2] != want[2] {
		t.Errorf("waits %v, want %v", clock.waits, want)
	}
}

func TestMaxRetriesIsBounded(t *testing.T) {
	for given, want := range map[int]int32{-1: 1, 0: 1, 5: 6, 50: 11} {
		var seen atomic.Int32
		c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen.Add(1)
			answer(503, "text/html", htmlPage)(w, r)
		}), WithMaxRetries(given))
		_, err := c.Do(t.Context(), Request{Path: "/leads"}, nil)
		if seen.Load() != want || !HasCode(err, CodeServer) {
			t.Errorf("max retries %d: server saw %d requests, want %d (%v)", given, seen.Load(), want, err)
		}
	}
}

// A POST that was never connected is sent once the server can be reached.
func TestDialErrorIsRetriedForPost(t *testing.T) {
	var seen, dials atomic.Int32
	transport := NewTransport(nil)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dials.Add(1) < 3 {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return dial(ctx, network, addr)
	}
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		answer(200, "application/json", `{}`)(w, r)
	}), WithTransport(transport))
	meta, err := c.Do(t.Context(), Request{Method: "POST", Path: "/leads", Body: []int{1}}, nil)
	if err != nil || meta.Attempts != 3 || seen.Load() != 1 {
		t.Errorf("attempts %d, server saw %d, %v", meta.Attempts, seen.Load(), err)
	}
}

func TestUnreachableHostSaysNothingWasSent(t *testing.T) {
	transport := NewTransport(nil)
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "acme.kommo.com", IsNotFound: true}
	}
	c := clientFor(t, http.NotFoundHandler(), WithTransport(transport), WithMaxRetries(1))
	_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/leads", Body: 1}, nil)
	e := errorOf(t, err)
	if e.Code != CodeNetwork || e.Attempts != 2 || !strings.Contains(e.Message, "nothing was sent") || !strings.Contains(e.Message, "no such host") {
		t.Errorf("got %+v", e)
	}
}

// A connection that does not come about in time carried nothing.
func TestHangingDialIsNotSent(t *testing.T) {
	var dials atomic.Int32
	transport := NewTransport(nil)
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		dials.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := clientFor(t, http.NotFoundHandler(), WithTransport(transport), WithMaxRetries(2), WithAttemptTimeout(20*time.Millisecond))
	_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/leads", Body: 1}, nil)
	if e := errorOf(t, err); e.Code != CodeNetwork || e.Attempts != 3 || !strings.Contains(e.Message, "nothing was sent") {
		t.Errorf("got %+v after %d dials", e, dials.Load())
	}
}

// A transport that reports nothing about its connections proves nothing: its
// failures count as sent.
func TestForeignTransportErrorIsUnknownOutcome(t *testing.T) {
	calls := 0
	rt := roundTrip(func(*http.Request) (*http.Response, error) {
		calls++
		return nil, io.ErrUnexpectedEOF
	})
	c := clientFor(t, http.NotFoundHandler(), WithTransport(rt))
	_, err := c.Do(t.Context(), Request{Method: "POST", Path: "/leads", Body: 1}, nil)
	if !HasCode(err, CodeUnknownOutcome) || calls != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d calls, %v", calls, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// On a kept-alive connection net/http would repeat a GET by itself, unseen by
// the rate limit, and a POST must not be repeated by anybody.
func TestNothingIsRepeatedBehindOurBack(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PATCH", "POST", "DELETE"} {
		var seen atomic.Int32
		c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1) == 1 {
				answer(200, "application/json", `{}`)(w, r)
				return
			}
			reset(w, r)
		}), WithMaxRetries(0))
		if _, err := c.Do(t.Context(), Request{Path: "/account"}, nil); err != nil {
			t.Fatal(err)
		}
		var body any
		if method == "POST" || method == "PATCH" {
			body = map[string]int{"id": 1}
		}
		_, err := c.Do(t.Context(), Request{Method: method, Path: "/leads", Body: body}, nil)
		if err == nil || seen.Load() != 2 {
			t.Errorf("%s: server saw %d requests after the first, want 1 (%v)", method, seen.Load()-1, err)
		}
	}
}

// A wait that the caller has no time for is not begun.
func TestBackoffBeyondDeadlineFailsAtOnce(t *testing.T) {
	clock := &skipClock{}
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "90")
		answer(503, "text/html", htmlPage)(w, r)
	}), WithClock(clock))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := c.Do(ctx, Request{Path: "/leads"}, nil)
	e := errorOf(t, err)
	if e.Code != CodeServer || e.RetryAfter != 90*time.Second || e.Attempts != 1 || len(clock.waits) != 0 {
		t.Errorf("got %+v after waits %v", e, clock.waits)
	}
}

// Whoever cancels a write that is under way cannot know what became of it.
func TestCancelDuringWriteIsUnknownOutcome(t *testing.T) {
	for method, want := range map[string]Code{"POST": CodeUnknownOutcome, "GET": CodeCanceled} {
		ctx, cancel := context.WithCancel(t.Context())
		c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cancel()
			hang(w, r)
		}))
		_, err := c.Do(ctx, Request{Method: method, Path: "/leads"}, nil)
		if !HasCode(err, want) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %s", method, err, want)
		}
	}
}
