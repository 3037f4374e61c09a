package kommo

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// scripted answers one status after the other and counts; the last repeats.
func scripted(seen *atomic.Int32, header http.Header, steps ...string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		step := steps[min(int(seen.Add(1)), len(steps))-1]
		rec := &http.Response{StatusCode: 200, Header: http.Header{}, Request: r}
		switch step {
		case "429":
			rec.StatusCode, rec.Header = 429, header
		case "403":
			rec.StatusCode = 403
			step = htmlPage
		}
		rec.Body = http.NoBody
		if step != "429" {
			rec.Body = readCloser{strings.NewReader(step)}
		}
		return rec, nil
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func bubbleClient(t *testing.T, rt http.RoundTripper, opts ...Option) *Client {
	t.Helper()
	acct, err := ParseAccount("acme")
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]Option{WithTransport(rt), WithJitter(func() float64 { return 0 })}, opts...)
	return New(acct, fixedToken(secretToken), opts...)
}

// After a 429 the whole account waits: the refused POST, which is sent again,
// and everybody else.
func TestRefusalPausesTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen atomic.Int32
		c := bubbleClient(t, scripted(&seen, http.Header{"Retry-After": {"3"}}, "429", `{}`))
		start := time.Now()
		done := make(chan time.Duration, 2)
		go func() {
			if _, err := c.Do(t.Context(), Request{Method: "POST", Path: "/leads", Body: 1}, nil); err != nil {
				t.Error(err)
			}
			done <- time.Since(start)
		}()
		synctest.Wait()
		_, err := c.Do(within(t, 2*time.Second), Request{Path: "/leads"}, nil)
		if e := errorOf(t, err); e.Code != CodeRateLimited || e.RetryAfter != 3*time.Second || time.Since(start) != 0 {
			t.Errorf("the hurried one got %+v after %v", e, time.Since(start))
		}
		if _, err := c.Do(t.Context(), Request{Path: "/leads"}, nil); err != nil {
			t.Error(err)
		}
		done <- time.Since(start)
		for range 2 {
			if waited := <-done; waited != 3*time.Second {
				t.Errorf("waited %v", waited)
			}
		}
		if seen.Load() != 3 {
			t.Errorf("server saw %d", seen.Load())
		}
	})
}

func TestRefusalBeyondDeadlineNamesTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen atomic.Int32
		c := bubbleClient(t, scripted(&seen, http.Header{"Retry-After": {"300"}}, "429"))
		start := time.Now()
		_, err := c.Do(within(t, 17*time.Second), Request{Method: "POST", Path: "/leads"}, nil)
		e := errorOf(t, err)
		if e.Code != CodeRateLimited || e.Status != 429 || e.RetryAfter != 5*time.Minute || time.Since(start) != 0 || seen.Load() != 1 {
			t.Errorf("got %+v after %v and %d requests", e, time.Since(start), seen.Load())
		}
	})
}

func TestBlockStopsTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen atomic.Int32
		c := bubbleClient(t, scripted(&seen, nil, "403", "403", `{}`))
		for i, want := range []time.Duration{blockPause, 2 * blockPause} {
			_, err := c.Do(t.Context(), Request{Path: "/leads"}, nil)
			e := errorOf(t, err)
			if e.Code != CodeBlocked || e.Status != 403 || e.RetryAfter != want {
				t.Errorf("block %d: %+v, want a wait of %v", i+1, e, want)
			}
			_, err = c.Do(within(t, time.Second), Request{Path: "/leads"}, nil)
			if e := errorOf(t, err); e.Code != CodeBlocked || e.Status != 0 || e.RetryAfter != want {
				t.Errorf("during block %d: %+v", i+1, e)
			}
		}
		start := time.Now()
		if _, err := c.Do(t.Context(), Request{Path: "/leads"}, nil); err != nil || time.Since(start) != 2*blockPause || seen.Load() != 3 {
			t.Errorf("after the block: %v, waited %v, server saw %d", err, time.Since(start), seen.Load())
		}
	})
}

// Accounts share the host's ceiling but not each other's pauses.
func TestSharedCeiling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var good, bad atomic.Int32
		shared := NewGate(2, SystemClock{})
		a := bubbleClient(t, scripted(&good, nil, `{}`), WithHostLimiter(shared))
		b := bubbleClient(t, scripted(&bad, http.Header{"Retry-After": {"60"}}, "429", `{}`), WithHostLimiter(shared))
		refused := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := b.Do(ctx, Request{Path: "/leads"}, nil)
			refused <- err
		}()
		synctest.Wait()
		start := time.Now()
		for range 5 {
			if _, err := a.Do(t.Context(), Request{Path: "/leads"}, nil); err != nil {
				t.Fatal(err)
			}
		}
		// Six requests at two per interval: the last ones go after two intervals.
		if waited := time.Since(start).Round(time.Millisecond); waited != 2*laneInterval {
			t.Errorf("five calls beside a paused account took %v", waited)
		}
		cancel()
		if err := <-refused; !HasCode(err, CodeCanceled) || bad.Load() != 1 {
			t.Errorf("the paused one: %v, server saw %d", err, bad.Load())
		}
	})
}

// A request that got its turn at the shared gate only after its account was
// paused does not go.
func TestPauseDuringSharedWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen atomic.Int32
		shared := newGate(1, SystemClock{}, nil)
		take(t, shared, 1)
		c := bubbleClient(t, scripted(&seen, nil, `{}`), WithHostLimiter(shared))
		s, err := c.gate.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.sent()
		start := time.Now()
		done := make(chan time.Duration)
		go func() {
			if _, err := c.Do(t.Context(), Request{Path: "/leads"}, nil); err != nil {
				t.Error(err)
			}
			done <- time.Since(start)
		}()
		synctest.Wait()
		c.gate.slowDown(s, CodeRateLimited, 10*time.Second)
		if waited := <-done; waited != 10*time.Second {
			t.Errorf("went after %v", waited)
		}
	})
}
