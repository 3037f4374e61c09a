package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestTheAnswerMayComeTwice: a browser that brings it twice at once, or again, sees an
// account that is connected, and so does whoever ran the command.
func TestTheAnswerMayComeTwice(t *testing.T) {
	redirect := "http://127.0.0.1:8080/oauth/callback"
	_, env := oauthRig(t, redirect)
	a := &app{env: lookup(env), in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}
	p, err := a.wireAccounts()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	l := &login{app: a, auth: p.accounts(t.Context()), bound: "this process"}
	link, err := l.auth.Link(t.Context(), l.bound, "kommo.com")
	if err != nil {
		t.Fatal(err)
	}
	_, state, _ := strings.Cut(link, "state=")
	l.state, _, _ = strings.Cut(state, "&")
	done := make(chan error, 1)
	handler, to := l.handler(redirectHost(redirect), done), answerOf(t, link, sandbox.DefaultHost)
	visit := func() {
		out := httptest.NewRecorder()
		handler.ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), http.MethodGet, to, nil))
		if out.Code != http.StatusOK || !strings.Contains(out.Body.String(), sandbox.DefaultHost+" is connected") {
			t.Errorf("%d %s", out.Code, out.Body.String())
		}
	}
	var both sync.WaitGroup
	both.Go(visit)
	both.Go(visit)
	both.Wait()
	visit()
	if err := <-done; err != nil || l.grant.Host != sandbox.DefaultHost {
		t.Errorf("%v %+v", err, l.grant.Host)
	}
}
