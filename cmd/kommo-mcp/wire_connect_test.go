package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestConnectingInTheBrowserWhereAllOfItIsSet: the page can be switched off, and
// there is none where no browser could come back to it.
func TestConnectingInTheBrowserWhereAllOfItIsSet(t *testing.T) {
	all := map[string]string{
		"KOMMO_CLIENT_ID": "c1", "KOMMO_CLIENT_SECRET": secretCanary, "KOMMO_REDIRECT_URL": "https://mcp.example.com/kommo/oauth/callback",
		"KOMMO_MCP_PUBLIC_URL": "https://mcp.example.com:443/kommo", "KOMMO_MCP_STATE_DIR": t.TempDir(),
	}
	for name, c := range map[string]struct {
		change         map[string]string
		demo           bool
		page, callback int
		warns          string
	}{
		"all of it":           {page: 200, callback: 400},
		"switched off":        {change: map[string]string{"KOMMO_MCP_CONNECT": "off"}, page: 404, callback: 400},
		"redirect elsewhere":  {change: map[string]string{"KOMMO_REDIRECT_URL": "http://127.0.0.1:8080/oauth/callback"}, page: 404, callback: 404, warns: "KOMMO_REDIRECT_URL is not on"},
		"another port":        {change: map[string]string{"KOMMO_REDIRECT_URL": "https://mcp.example.com:8443/oauth/callback"}, page: 404, callback: 404, warns: "KOMMO_REDIRECT_URL is not on"},
		"no public address":   {change: map[string]string{"KOMMO_MCP_PUBLIC_URL": ""}, page: 404, callback: 404},
		"no integration":      {change: map[string]string{"KOMMO_CLIENT_ID": "", "KOMMO_CLIENT_SECRET": ""}, page: 404, callback: 404},
		"no integration's id": {demo: true, page: 404, callback: 404},
	} {
		t.Run(name, func(t *testing.T) {
			env := func(name string) (string, bool) {
				if v, ok := c.change[name]; ok {
					return v, true
				}
				v, ok := all[name]
				return v, ok
			}
			var log bytes.Buffer
			a := &app{env: env, in: strings.NewReader(""), out: io.Discard, errOut: &log}
			p, err := a.wire(t.Context(), Flags{Demo: c.demo})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.close)
			p.startConnection(t.Context())
			web := p.web()
			p.mountConnection(t.Context(), &web)
			mux := http.NewServeMux()
			for _, mount := range web.Mount {
				mount(mux)
			}
			for path, want := range map[string]int{"/connect": c.page, "/kommo/oauth/callback?state=x": c.callback, "/oauth/callback?state=x": c.callback} {
				w := httptest.NewRecorder()
				mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
				if w.Code != want {
					t.Errorf("%s: %d, want %d", path, w.Code, want)
				}
				if want == 200 && !strings.Contains(w.Body.String(), `action="/kommo/connect"`) {
					t.Error("the form leaves the path of the public address")
				}
			}
			if !strings.Contains(log.String(), c.warns) || strings.Contains(log.String(), secretCanary) {
				t.Errorf("the log: %s", log.String())
			}
		})
	}
}

// TestLoginDeclined: the browser is told what to do, in words of the same page.
func TestLoginDeclined(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	got := make(chan string, 1)
	a := &app{
		env: lookup(env), in: strings.NewReader(""), out: io.Discard, errOut: io.Discard,
		browse: func(_ context.Context, link string) error {
			go func() {
				_, body := fetch(t, answerOf(t, link+"&deny=1", sandbox.DefaultHost))
				got <- body
			}()
			return nil
		},
	}
	if code := a.run(t.Context(), []string{"login"}); code == exitOK {
		t.Error("declined, and login says that all is well")
	}
	if page := <-got; !strings.Contains(page, "Access was not allowed") || !strings.Contains(page, "<code>kommo-mcp login</code>") || strings.Contains(page, "<form") {
		t.Errorf("the page: %s", page)
	}
}

// TestAnEndedConnectionLeadsToThePage: where people can connect in the browser, the
// error gives the link.
func TestAnEndedConnectionLeadsToThePage(t *testing.T) {
	env := map[string]string{
		"KOMMO_CLIENT_ID": "c1", "KOMMO_CLIENT_SECRET": secretCanary, "KOMMO_REDIRECT_URL": "https://mcp.example.com/oauth/callback",
		"KOMMO_MCP_PUBLIC_URL": "https://mcp.example.com/", "KOMMO_MCP_STATE_DIR": t.TempDir(),
	}
	for setting, want := range map[string]string{"on": "Open https://mcp.example.com/connect to connect it again", "off": "kommo-mcp login"} {
		env["KOMMO_MCP_CONNECT"] = setting
		p, err := (&app{env: lookup(env), in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}).wire(t.Context(), Flags{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.close)
		if _, err := p.accounts(t.Context()).Source("31000001", nil).Token(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", setting, err)
		}
		_, out, _ := run(t, env, "", "doctor")
		if !strings.Contains(out, "ok    connect") || !strings.Contains(out, "https://mcp.example.com/oauth/disconnect") {
			t.Errorf("doctor: %s", out)
		}
	}
	env["KOMMO_REDIRECT_URL"] = "http://127.0.0.1:8080/oauth/callback"
	if _, out, _ := run(t, env, "", "doctor"); !strings.Contains(out, "warn  connect") {
		t.Errorf("doctor: %s", out)
	}
}

// TestWhoConnectsWithoutRights: Kommo shows its users to administrators alone.
func TestWhoConnectsWithoutRights(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	for user, want := range map[string]bool{"10450001": false, "10450002": true} {
		loginAs(t, env, sandbox.DefaultHost+"&user="+user)
		p, err := (&app{env: lookup(env), errOut: t.Output()}).wire(t.Context(), Flags{})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.limited(t.Context(), "31000001"); got != want {
			t.Errorf("user %s: limited %v", user, got)
		}
		p.close()
	}
}
