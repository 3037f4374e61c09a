package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAnAuthorizationServerWhereAllOfItIsSet: half of the settings are none, and
// nobody registers where that is switched off.
func TestAnAuthorizationServerWhereAllOfItIsSet(t *testing.T) {
	all := map[string]string{
		"KOMMO_CLIENT_ID": "c1", "KOMMO_CLIENT_SECRET": "a-secret-of-a-test", "KOMMO_REDIRECT_URL": "https://mcp.example.com/oauth/callback",
		"KOMMO_MCP_PUBLIC_URL": "https://mcp.example.com", "KOMMO_MCP_STATE_DIR": t.TempDir(),
	}
	for name, c := range map[string]struct {
		change map[string]string
		demo   bool
		there  bool
		lists  string
		lacks  string
	}{
		"all of it":          {there: true, lists: `"registration_endpoint":"https://mcp.example.com/register"`, lacks: "kommo:full"},
		"no registration":    {change: map[string]string{"KOMMO_MCP_REGISTRATION": "off"}, there: true, lists: `"token_endpoint"`, lacks: "registration_endpoint"},
		"read mode":          {change: map[string]string{"KOMMO_MCP_MODE": "read"}, there: true, lists: "kommo:read", lacks: "kommo:write"},
		"full mode":          {change: map[string]string{"KOMMO_MCP_MODE": "full"}, there: true, lists: "kommo:full", lacks: "openid"},
		"no public address":  {change: map[string]string{"KOMMO_MCP_PUBLIC_URL": ""}},
		"no redirect":        {change: map[string]string{"KOMMO_REDIRECT_URL": ""}},
		"redirect elsewhere": {change: map[string]string{"KOMMO_REDIRECT_URL": "http://127.0.0.1:8080/oauth/callback"}},
		"no integration":     {change: map[string]string{"KOMMO_CLIENT_ID": "", "KOMMO_CLIENT_SECRET": ""}},
		"the demo":           {demo: true},
	} {
		t.Run(name, func(t *testing.T) {
			env := func(name string) (string, bool) {
				if v, ok := c.change[name]; ok {
					return v, true
				}
				v, ok := all[name]
				return v, ok
			}
			a := &app{env: env, in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}
			p, err := a.wire(t.Context(), Flags{Demo: c.demo})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.close)
			if err := p.startAuthorization(t.Context()); err != nil {
				t.Fatal(err)
			}
			web := p.web()
			if there := web.Tokens != nil; there != c.there {
				t.Fatalf("it is there: %v", there)
			}
			if !c.there {
				return
			}
			mux := http.NewServeMux()
			for _, mount := range web.Mount {
				mount(mux)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/oauth-authorization-server", http.NoBody))
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.lists) || strings.Contains(w.Body.String(), c.lacks) {
				t.Errorf("the metadata is %d %s", w.Code, w.Body)
			}
		})
	}
}

// TestNoAuthorizationOverHTTP: tokens do not go over the network in clear.
func TestNoAuthorizationOverHTTP(t *testing.T) {
	for public, good := range map[string]bool{"http://mcp.example.com": false, "http://127.0.0.1:8080": true} {
		env := lookup(map[string]string{
			"KOMMO_CLIENT_ID": "c1", "KOMMO_CLIENT_SECRET": "a-secret-of-a-test", "KOMMO_REDIRECT_URL": public + "/oauth/callback",
			"KOMMO_MCP_PUBLIC_URL": public, "KOMMO_MCP_STATE_DIR": t.TempDir(),
		})
		p, err := (&app{env: env, in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}).wire(t.Context(), Flags{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.close)
		err = p.startAuthorization(t.Context())
		if (err == nil) != good || err != nil && (!strings.Contains(err.Error(), "KOMMO_MCP_PUBLIC_URL") || !strings.Contains(err.Error(), "https")) {
			t.Errorf("at %s: %v", public, err)
		}
	}
}
