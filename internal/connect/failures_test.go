package connect_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestWhatIsShownOfEachFailure: the page says what to do, repeats nothing of what
// came, and nothing is connected.
func TestWhatIsShownOfEachFailure(t *testing.T) {
	const echo = "echo-me-7731"
	for name, c := range map[string]struct {
		spoil  func(g *rig, q url.Values)
		status int
		says   string
	}{
		"declined":        {func(_ *rig, q url.Values) { q.Set("error", "access_denied") }, 403, "Access was not allowed"},
		"no state":        {func(_ *rig, q url.Values) { q.Del("state") }, 400, "This is no answer from Kommo"},
		"foreign state":   {func(_ *rig, q url.Values) { q.Set("state", echo) }, 400, "This link does not work any more"},
		"an old link":     {func(g *rig, _ url.Values) { g.clock.Advance(20 * time.Minute) }, 400, "This link does not work any more"},
		"foreign zone":    {func(_ *rig, q url.Values) { q.Set("referer", echo+".example") }, 400, "This did not come from Kommo"},
		"a garbled code":  {func(_ *rig, q url.Values) { q.Set("code", echo) }, 400, "Kommo did not accept the answer"},
		"markup":          {func(_ *rig, q url.Values) { q.Set("code", "<script>"+echo) }, 400, "Kommo did not accept the answer"},
		"twice":           {func(_ *rig, q url.Values) { q.Add("code", echo) }, 400, "This is no answer from Kommo"},
		"another client":  {func(_ *rig, q url.Values) { q.Set("client_id", echo) }, 400, "This is no answer from Kommo"},
		"another account": {func(_ *rig, q url.Values) { q.Set("referer", first) }, 400, "Kommo did not accept the answer"},
		"Kommo down": {func(g *rig, _ url.Values) {
			g.sb.Inject(sandbox.Fault{PathPrefix: "/oauth2/access_token", Kind: sandbox.FaultStatus, Status: 503})
		}, 502, "Kommo is not answering"},
		"the state cannot be kept": {func(g *rig, _ url.Values) { _ = g.store.Close() }, 503, "The connection could not be kept"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, nil)
			b := g.browser()
			to := b.allowed(second)
			q := to.Query()
			c.spoil(g, q)
			to.RawQuery = q.Encode()
			a := b.get(to.String())
			if a.status != c.status || !strings.Contains(a.body, c.says) {
				t.Errorf("%d, want %d and %q:\n%s", a.status, c.status, c.says, a.body)
			}
			if strings.Contains(a.body, echo) || strings.Contains(a.body, "<script") {
				t.Error("what came is repeated")
			}
			if got := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") {
				t.Errorf("policy %q", got)
			}
			if name != "the state cannot be kept" {
				if n := len(g.grants()); n != 0 {
					t.Errorf("%d connected", n)
				}
				if a := g.browser().get("/connect"); a.status != http.StatusOK {
					t.Errorf("starting again: %d", a.status)
				}
			}
			g.noSecrets()
		})
	}
}

func TestWrongSettingsAreNoMistakeOfTheVisitor(t *testing.T) {
	g := newRig(t, func(p *connect.Parts) { p.App.Secret = canary + "-mistyped" })
	b := g.browser()
	a := b.get(b.allowed(first).String())
	if a.status != http.StatusInternalServerError || !strings.Contains(a.body, "This server is not set up correctly") || !strings.Contains(a.body, "KOMMO_CLIENT_SECRET") {
		t.Errorf("%d:\n%s", a.status, a.body)
	}
	g.noSecrets()
}

// TestAnswerOfAnotherBrowser: neither one without our cookie nor one with another's
// can give the answer; the former leaves the question good for who asked.
func TestAnswerOfAnotherBrowser(t *testing.T) {
	g := newRig(t, nil)
	b, other := g.browser(), g.browser()
	to := b.allowed(first)
	if a := other.get(to.String()); a.status != http.StatusBadRequest || !strings.Contains(a.body, "This browser did not ask for this") {
		t.Errorf("without a cookie: %d", a.status)
	}
	if a := b.send(http.MethodHead, to.String(), nil, nil); a.status != http.StatusMethodNotAllowed || g.exchanges() != 0 {
		t.Errorf("a look with HEAD: %d, %d exchanges", a.status, g.exchanges())
	}
	if a := b.get(to.String()); a.status != http.StatusSeeOther {
		t.Errorf("who asked is answered %d", a.status)
	}
	if a := b.get(to.String()); a.status != http.StatusBadRequest || g.exchanges() != 1 {
		t.Errorf("a reload: %d, %d exchanges", a.status, g.exchanges())
	}
	to = b.allowed(second)
	other = g.browser()
	other.get("/connect")
	if a := other.get(to.String()); a.status != http.StatusBadRequest || len(g.grants()) != 1 {
		t.Errorf("with another's cookie: %d", a.status)
	}
}

func TestStrangersCannotMakeUsAskWithoutEnd(t *testing.T) {
	g := newRig(t, nil)
	b := g.browser()
	b.get("/connect")
	limited := 0
	for range 80 {
		if a := b.get("/oauth/callback?state=x&code=y&referer=" + first); a.status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited != 20 {
		t.Errorf("%d of 80 were held back", limited)
	}
	g.clock.Advance(time.Minute)
	b.connect(first)
}

// TestAStrangerKeepsNobodyOut: who asks without end is held back, from elsewhere people
// connect and widgets are installed all the same.
func TestAStrangerKeepsNobodyOut(t *testing.T) {
	from := "203.0.113.7"
	g := newRig(t, func(p *connect.Parts) { p.Address = func(*http.Request) string { return from } })
	b := g.browser()
	b.get("/connect")
	for range 100 {
		b.get("/oauth/callback?state=x&code=y&referer=" + first)
		b.get("/oauth/callback?from_widget=1&code=y&referer=" + first)
	}
	from = "192.0.2.1"
	g.browser().connect(first)
	at := "/oauth/callback?from_widget=1&referer=" + second + "&code=" + g.sb.Code(second, clientID)
	if a := b.get(at); a.status != http.StatusOK || len(g.grants()) != 2 {
		t.Errorf("a widget from elsewhere: %d", a.status)
	}
}
