package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

func TestConnectInABrowser(t *testing.T) {
	g := newRig(t, nil)
	b := g.browser()
	a := b.get(b.allowed(second).String())
	if a.header.Get("Location") != "/connect/done" || !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=1200") {
		t.Errorf("connected with %d to %q, cookie %q", a.status, a.header.Get("Location"), a.header.Get("Set-Cookie"))
	}
	a = b.get("/connect/done")
	if a.status != http.StatusOK {
		t.Fatalf("done: %d", a.status)
	}
	for _, want := range []string{second + " is connected", g.web.URL + "/mcp", "claude mcp add --transport http kommo " + g.web.URL + "/mcp", "cursor://anysphere.cursor-deeplink/mcp/install?name=kommo&amp;config=", "code --add-mcp", ".vscode/mcp.json", "ChatGPT", "n8n", "codex mcp add kommo --url", "gemini mcp add", "Copilot Studio", "@modelcontextprotocol/inspector"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if list := g.grants(); len(list) != 1 || list[0].Host != second || list[0].Default {
		t.Errorf("connected: %+v", list)
	}
	if a := g.browser().get("/connect/done"); a.status != http.StatusNotFound || strings.Contains(a.body, second) {
		t.Errorf("another browser is shown %d", a.status)
	}
	g.clock.Advance(21 * time.Minute)
	if a := b.get("/connect/done"); a.status != http.StatusNotFound {
		t.Errorf("after 21 minutes: %d", a.status)
	}
	g.noSecrets()
}

func TestPostsOfOthersDoNothing(t *testing.T) {
	g := newRig(t, nil)
	b := g.browser()
	token := b.get("/connect").token(t)
	for name, header := range map[string]http.Header{
		"another site": {"Sec-Fetch-Site": {"cross-site"}}, "another origin": {"Origin": {"https://evil.example"}}, "no origin": {"Origin": {"null"}},
	} {
		if a := b.send(http.MethodPost, "/connect", url.Values{"csrf": {token}}, header); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := b.send(http.MethodPost, "/connect", url.Values{}, nil); a.status != http.StatusForbidden {
		t.Errorf("without a token: %d", a.status)
	}
	if a := g.browser().send(http.MethodPost, "/connect", url.Values{"csrf": {token}}, nil); a.status != http.StatusForbidden {
		t.Errorf("with another's token: %d", a.status)
	}
}

// keys is an issuer of access keys.
type keys struct {
	made []string
	err  error
}

func (k *keys) NewKey(_ context.Context, _ access.Once, account, _ string, mode principal.Mode) (string, bool, error) {
	if k.err != nil {
		return "", false, k.err
	}
	k.made = append(k.made, account+" "+string(mode))
	return "kmcp_obviously-fake-key", false, nil
}

func TestKeyForTheAccountJustConnected(t *testing.T) {
	for mode, want := range map[string]string{"write": "31000002 write", "read": "31000002 read", "full": "31000002 read", "": "31000002 read"} {
		k := &keys{}
		g := newRig(t, func(p *connect.Parts) { p.Keys = k })
		b := g.browser()
		b.connect(second)
		page := b.get("/connect/done")
		a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {page.token(t)}, "mode": {mode}, "account": {"31000002"}}, nil)
		if a.status != http.StatusOK || strings.Count(a.body, "kmcp_obviously-fake-key") < 3 || !strings.Contains(a.body, g.web.URL+"/keys/mcp") {
			t.Errorf("mode %q: %d\n%s", mode, a.status, a.body)
		}
		if len(k.made) != 1 || k.made[0] != want {
			t.Errorf("mode %q: made %q, want %q", mode, k.made, want)
		}
		if strings.Contains(g.log.String(), "kmcp_") {
			t.Error("the key is in the log")
		}
		if strings.Contains(b.get("/connect/done").body, "kmcp_") {
			t.Error("the key is shown again")
		}
	}
}

func TestNoKeyForOthers(t *testing.T) {
	k := &keys{}
	g := newRig(t, func(p *connect.Parts) { p.Keys = k })
	b := g.browser()
	token := b.get("/connect").token(t)
	if a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}}, nil); a.status != http.StatusForbidden {
		t.Errorf("with the token of another form: %d", a.status)
	}
	b.connect(second)
	token = b.get("/connect/done").token(t)
	if a := g.browser().send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}}, nil); a.status != http.StatusForbidden {
		t.Errorf("another browser: %d", a.status)
	}
	g.clock.Advance(21 * time.Minute)
	if a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}}, nil); a.status != http.StatusNotFound {
		t.Errorf("after 21 minutes: %d", a.status)
	}
	b.connect(second)
	k.err = access.ErrMany
	if a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}}, nil); a.status != http.StatusConflict {
		t.Errorf("with 20 keys: %d", a.status)
	}
	k.err = access.ErrSpent
	if a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}}, nil); a.status != http.StatusConflict || !strings.Contains(a.body, "revoked since") {
		t.Errorf("after it was revoked: %d", a.status)
	}
	k.err = errors.New("disk full")
	if a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}}, nil); a.status != http.StatusServiceUnavailable {
		t.Errorf("when it cannot be kept: %d", a.status)
	}
	k.err = nil
	if a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}, "account": {"31000001"}}, nil); a.status != http.StatusNotFound {
		t.Errorf("an account that this browser has not connected: %d", a.status)
	}
	if len(k.made) != 0 {
		t.Errorf("made %q", k.made)
	}
}

// TestTwoWindows: the page of one account makes keys for that account, although
// another was connected in a second window meanwhile.
func TestTwoWindows(t *testing.T) {
	k := &keys{}
	g := newRig(t, func(p *connect.Parts) { p.Keys = k })
	b := g.browser()
	b.connect(first)
	page := b.get("/connect/done")
	b.connect(second)
	account := regexp.MustCompile(`name="account" value="([0-9]+)"`).FindStringSubmatch(page.body)
	if account == nil {
		t.Fatal("the form names no account")
	}
	if a := b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {page.token(t)}, "account": {account[1]}}, nil); a.status != http.StatusOK || !strings.Contains(a.body, first) || k.made[0] != "31000001 read" {
		t.Errorf("%d, made %q", a.status, k.made)
	}
	if a := b.get("/connect"); !strings.Contains(a.body, second+" was connected in this browser") || !strings.Contains(a.body, `href="/connect/done"`) {
		t.Error("who comes back is not led to the last account")
	}
	b.connect(first)
	if n := len(g.grants()); n != 2 {
		t.Errorf("the same account again: %d connected", n)
	}
}

// TestWhoIsNoAdministratorIsTold: what it means, on the page of the account.
func TestWhoIsNoAdministratorIsTold(t *testing.T) {
	g := newRig(t, func(p *connect.Parts) {
		p.Limited = func(_ context.Context, account string) bool { return account == "31000002" }
	})
	for account, limited := range map[string]bool{first: false, second: true} {
		b := g.browser()
		b.connect(account)
		if a := b.get("/connect/done"); strings.Contains(a.body, "You are no administrator") != limited || !strings.Contains(a.body, account+" is connected") {
			t.Errorf("%s, limited %v:\n%s", account, limited, a.body)
		}
	}
}

// addresses is an issuer of addresses for platforms.
type addresses struct {
	made []string
	err  error
}

func (*addresses) Platforms() []string { return []string{"bland", "vapi"} }

func (h *addresses) NewHook(_ context.Context, _ access.Once, account, _, platform, secret string) (string, bool, error) {
	if h.err != nil {
		return "", false, h.err
	}
	h.made = append(h.made, account+" "+platform+" "+secret)
	return "/v1/calls/" + platform + "/kmcp_h_obviously-fake", false, nil
}

// TestAddressForAPlatform: made for the account of the page, shown once with where
// to enter it; what is wrong makes none.
func TestAddressForAPlatform(t *testing.T) {
	h := &addresses{}
	g := newRig(t, func(p *connect.Parts) { p.Hooks = h })
	b := g.browser()
	b.connect(second)
	token := b.get("/connect/done").token(t)
	ask := func(platform, secret string) answer {
		return b.send(http.MethodPost, "/connect/hook", url.Values{"csrf": {token}, "account": {"31000002"}, "platform": {platform}, "secret": {secret}}, nil)
	}
	a := ask("vapi", " canary-of-vapi ")
	if a.status != http.StatusOK || !strings.Contains(a.body, g.web.URL+"/v1/calls/vapi/kmcp_h_obviously-fake") || !strings.Contains(a.body, "only Vapi, by its signature") || !strings.Contains(a.body, "serverMessages") {
		t.Errorf("signed: %d\n%s", a.status, a.body)
	}
	if a := ask("bland", ""); a.status != http.StatusOK || !strings.Contains(a.body, "anybody who knows it") {
		t.Errorf("unsigned: %d\n%s", a.status, a.body)
	}
	for name, a := range map[string]answer{"an unknown platform": ask("nobody", ""), "lines for a secret": ask("vapi", "a\nb"), "an endless one": ask("vapi", strings.Repeat("a", 5000))} {
		if a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	h.err = access.ErrMany
	if a := ask("vapi", ""); a.status != http.StatusConflict {
		t.Errorf("with 20 addresses: %d", a.status)
	}
	if len(h.made) != 2 || h.made[0] != "31000002 vapi canary-of-vapi" || h.made[1] != "31000002 bland " {
		t.Errorf("made %q", h.made)
	}
	if strings.Contains(g.log.String(), "kmcp_h") || strings.Contains(g.log.String()+g.seen.String(), "canary-of-vapi") || strings.Contains(b.get("/connect/done").body, "kmcp_h") {
		t.Error("an address or a secret is shown again")
	}
	read := newRig(t, func(p *connect.Parts) { p.Hooks, p.Mode = h, principal.Read })
	b = read.browser()
	b.connect(second)
	if a := b.get("/connect/done"); strings.Contains(a.body, "/connect/hook") {
		t.Error("a server that only reads offers addresses")
	}
}

func TestPageSwitchedOff(t *testing.T) {
	w := &waiting{}
	g := newRig(t, func(p *connect.Parts) { p.Open, p.Waiting = false, w })
	if a := g.browser().get("/connect"); a.status != http.StatusNotFound {
		t.Errorf("the page: %d", a.status)
	}
	if a := g.browser().get("/oauth/callback?from_widget=1&code=" + g.sb.Code(first, clientID) + "&referer=" + first); a.status != http.StatusForbidden || g.exchanges() != 0 {
		t.Errorf("a widget: %d", a.status)
	}
	if a := g.browser().get("/oauth/callback?state=x&code=y"); a.status != http.StatusBadRequest || strings.Contains(a.body, "<form") {
		t.Errorf("the callback: %d", a.status)
	}
}

func TestInstalledWidgetConnects(t *testing.T) {
	g := newRig(t, nil)
	at := "/oauth/callback?from_widget=1&platform=2&client_id=" + clientID + "&referer=" + first + "&code="
	if a := g.browser().get(at + g.sb.Code(first, clientID)); a.status != http.StatusOK || len(g.grants()) != 1 {
		t.Errorf("installed: %d %s", a.status, a.body)
	}
	held := 0
	for range 40 {
		if a := g.browser().get(at + "garbage"); a.status == http.StatusTooManyRequests {
			held++
		}
	}
	if held != 21 { // twenty at once, of which the good one was the first
		t.Errorf("%d of 40 were held back", held)
	}
	g.browser().connect(second) // strangers do not keep people out
	g.noSecrets()
}
