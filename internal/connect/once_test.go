package connect_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/access"
	"github.com/kommo-mcp/kommo-mcp/internal/connect"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// issuer makes real keys and hooks.
type issuer struct {
	keys  *access.Keys
	hooks *access.Hooks
}

func (i *issuer) of(st *store.Store, now func() time.Time) {
	yes := func(context.Context, string) (bool, error) { return true, nil }
	i.keys, i.hooks = access.New(st, now, yes), access.NewHooks(st, now, yes)
}

func (i *issuer) NewKey(ctx context.Context, once access.Once, account, label string, mode principal.Mode) (string, bool, error) {
	return i.keys.CreateOnce(ctx, access.Key{Account: account, Label: label, Mode: mode}, once)
}

func (*issuer) Platforms() []string { return []string{"bland", "vapi"} }

func (i *issuer) NewHook(ctx context.Context, once access.Once, account, label, platform, secret string) (string, bool, error) {
	part, again, err := i.hooks.CreateOnce(ctx, access.Hook{Account: account, Label: label, Platform: platform}, secret, once)
	return "/v1/calls/" + platform + "/" + part, again, err
}

// onceRig is a page that makes real keys and hooks, and a browser that has connected.
func onceRig(t *testing.T) (*rig, *issuer, *browser) {
	t.Helper()
	i := &issuer{}
	g := newRig(t, func(p *connect.Parts) {
		i.of(p.Store, p.Clock.Now)
		p.Keys, p.Hooks = i, i
	})
	b := g.browser()
	b.connect(second)
	return g, i, b
}

var (
	anyKey  = regexp.MustCompile(`>(kmcp_[A-Z2-7]{52})<`)
	anyPart = regexp.MustCompile(`/v1/calls/\w+/(kmcp_h_[a-z2-7]{36})<`)
	csrfs   = regexp.MustCompile(`action="/connect/(key|hook)"(?s:.*?)name="csrf" value="([^"]+)"`)
)

// tokenFor is that of the form for a key or a hook.
func tokenFor(t *testing.T, a answer, what string) string {
	t.Helper()
	for _, m := range csrfs.FindAllStringSubmatch(a.body, -1) {
		if m[1] == what {
			return m[2]
		}
	}
	t.Fatalf("no form for a %s:\n%s", what, a.body)
	return ""
}

func secretIn(t *testing.T, a answer, pattern *regexp.Regexp) string {
	t.Helper()
	m := pattern.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil {
		t.Fatalf("no secret: %d\n%s", a.status, a.body)
	}
	return m[1]
}

// TestTwoClicksMakeOneKey: both answers show the same key, since the browser shows
// the second; a page that is drawn again, or filled in otherwise, makes another.
func TestTwoClicksMakeOneKey(t *testing.T) {
	g, i, b := onceRig(t)
	press := func(token, mode string) answer {
		return b.send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}, "account": {"31000002"}, "mode": {mode}}, nil)
	}
	token := tokenFor(t, b.get("/connect/done"), "key")
	one := secretIn(t, press(token, "write"), anyKey)
	g.clock.Advance(time.Second)
	if again := secretIn(t, press(token, "write"), anyKey); again != one {
		t.Error("the second click shows another key")
	}
	if p, ok, err := i.keys.Principal(t.Context(), one); !ok || err != nil || p.Mode != principal.Write || p.Account != "31000002" {
		t.Errorf("the key is %+v, %v, %v", p, ok, err)
	}
	others := map[string]bool{one: true, secretIn(t, press(token, "read"), anyKey): true}
	others[secretIn(t, press(tokenFor(t, b.get("/connect/done"), "key"), "write"), anyKey)] = true
	list, err := i.keys.List(t.Context())
	if err != nil || len(list) != 3 || len(others) != 3 {
		t.Fatalf("%d keys, %d secrets, %v; want 3", len(list), len(others), err)
	}
	// Its secret may be what it was revoked for.
	if _, err := i.keys.Revoke(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	if a := press(token, "write"); a.status != http.StatusConflict || anyKey.MatchString(a.body) {
		t.Errorf("a reload after it was revoked: %d", a.status)
	}
	if _, ok, _ := i.keys.Principal(t.Context(), one); ok {
		t.Error("the reload brought a revoked key back")
	}
	if a := press("x"+token, "write"); a.status != http.StatusForbidden {
		t.Errorf("a token of somebody's own making: %d", a.status)
	}
	if a := g.browser().send(http.MethodPost, "/connect/key", url.Values{"csrf": {token}, "account": {"31000002"}}, nil); a.status != http.StatusForbidden {
		t.Errorf("another browser: %d", a.status)
	}
}

// TestClicksMakeOneAddress: also where the account has as many as it may have by the
// first of them.
func TestClicksMakeOneAddress(t *testing.T) {
	_, i, b := onceRig(t)
	for range 19 {
		if _, _, err := i.hooks.Create(t.Context(), access.Hook{Platform: "vapi", Account: "31000002"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	press := func(token string) answer {
		return b.send(http.MethodPost, "/connect/hook", url.Values{"csrf": {token}, "account": {"31000002"}, "platform": {"vapi"}}, nil)
	}
	token := tokenFor(t, b.get("/connect/done"), "hook")
	parts := map[string]bool{}
	for range 3 {
		parts[secretIn(t, press(token), anyPart)] = true
	}
	list, err := i.hooks.List(t.Context())
	if err != nil || len(list) != 20 || len(parts) != 1 {
		t.Errorf("%d hooks, %d addresses, %v", len(list), len(parts), err)
	}
	if a := press(tokenFor(t, b.get("/connect/done"), "hook")); a.status != http.StatusConflict {
		t.Errorf("one more: %d", a.status)
	}
}
