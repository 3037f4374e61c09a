package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/connect"
)

// waiting is an authorization that waits for the answer.
type waiting struct {
	state    string
	finished []string
	failed   []string
	err      error
}

func (w *waiting) Finish(_ context.Context, a connect.Answer, account string) (string, bool, error) {
	w.finished = append(w.finished, account)
	return "https://client.example/callback?code=kmcp_ac_fake", a.State == w.state, w.err
}

func (w *waiting) Fail(_ context.Context, a connect.Answer, code, _ string) (string, bool) {
	w.failed = append(w.failed, code)
	return "https://client.example/callback?error=" + code, a.State == w.state
}

func TestClientThatWaits(t *testing.T) {
	w := &waiting{}
	g := newRig(t, func(p *connect.Parts) { p.Waiting = w })
	b := g.browser()
	to := b.allowed(first)
	w.state = to.Query().Get("state")
	if a := b.get(to.String()); a.header.Get("Location") != "https://client.example/callback?code=kmcp_ac_fake" || len(w.finished) != 1 || w.finished[0] != "31000001" {
		t.Errorf("%d to %q, finished %q", a.status, a.header.Get("Location"), w.finished)
	}
	for want, spoil := range map[string]func(url.Values){
		"access_denied": func(q url.Values) { q.Set("error", "access_denied") }, "server_error": func(q url.Values) { q.Set("referer", "evil.example") },
	} {
		to = b.allowed(first)
		q := to.Query()
		w.state, w.failed = q.Get("state"), nil
		spoil(q)
		to.RawQuery = q.Encode()
		if a := b.get(to.String()); a.header.Get("Location") != "https://client.example/callback?error="+want || len(w.failed) != 1 {
			t.Errorf("%s: %d to %q, failed %q", want, a.status, a.header.Get("Location"), w.failed)
		}
	}
	// A link that is not this browser's ends nothing that waits.
	to = b.allowed(first)
	w.state, w.failed = to.Query().Get("state"), nil
	other := g.browser()
	other.get("/connect")
	if a := other.get(to.String()); a.status != http.StatusBadRequest || len(w.failed) != 0 {
		t.Errorf("another browser: %d, failed %q", a.status, w.failed)
	}
	to = b.allowed(first)
	w.state, w.err = to.Query().Get("state"), errors.New("disk full")
	if a := b.get(to.String()); a.status != http.StatusServiceUnavailable {
		t.Errorf("a code that cannot be kept: %d", a.status)
	}
}
