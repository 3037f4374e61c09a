package kommo

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

// secretToken is looked for in everything that comes out.
const secretToken = "canary-7f3a9c-do-not-print"

func fixedToken(token string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
}

// skipClock never waits, and notes how long it would have.
type skipClock struct {
	testclock.Clock

	mu    sync.Mutex
	waits []time.Duration
}

func (c *skipClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	return c.Clock.After(d)
}

// clientFor returns a client of acme.kommo.com whose base is the handler.
func clientFor(t *testing.T, h http.Handler, opts ...Option) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	acct, err := ParseAccount("acme")
	if err != nil {
		t.Fatal(err)
	}
	opts = append([]Option{WithBaseURL(base), WithClock(&skipClock{}), WithJitter(func() float64 { return 0.5 })}, opts...)
	c := New(acct, fixedToken(secretToken), opts...)
	t.Cleanup(func() {
		c.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	return c
}

// answer is a handler that always says the same.
func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// errorOf fails the test unless err is an *Error.
func errorOf(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error is %T (%v), want *Error", err, err)
	}
	return e
}
