package server_test

import (
	"net/http"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

// TestPagesThatMayReadAnswers: those of this machine and of our own host, where a
// bearer is needed; no others, and none where being here would be enough.
func TestPagesThatMayReadAnswers(t *testing.T) {
	for _, c := range []struct {
		origin string
		open   bool // no access control
		may    bool
	}{
		{"http://127.0.0.1:6274", false, true},
		{"http://localhost:6274", false, true},
		{"https://crm.example.com", false, true},
		{"https://evil.example", false, false},
		{"null", false, false},
		{"http://127.0.0.1:6274", true, false},
	} {
		a := openAdmission(t, func(w *server.Web) {
			if c.open {
				w.Tokens, w.Keys, w.AnyKey = nil, nil, nil
			}
		})
		a.tokens.all["kmcp_at_1"] = principal.Principal{Kind: principal.Token, ID: "t", Mode: principal.Write}
		for _, path := range []string{server.Endpoint, server.KeysEndpoint} {
			for _, method := range []string{http.MethodOptions, http.MethodPost} {
				req, err := http.NewRequestWithContext(t.Context(), method, a.url+path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Origin", c.origin)
				if method == http.MethodOptions {
					req.Header.Set("Access-Control-Request-Method", "POST")
					req.Header.Set("Access-Control-Request-Headers", "authorization,content-type,mcp-method,mcp-protocol-version")
				}
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
				allowed := res.Header.Get("Access-Control-Allow-Origin")
				if c.may != (allowed == c.origin) || !c.may && allowed != "" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s %s from %s, open %v: %d %v", method, path, c.origin, c.open, res.StatusCode, res.Header)
				}
				switch {
				case !c.may:
				case method == http.MethodOptions && (res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Headers") != "Authorization, *"):
					t.Errorf("%s asked first: %d %v", path, res.StatusCode, res.Header)
				case method == http.MethodPost && (res.StatusCode != http.StatusUnauthorized || res.Header.Get("Vary") == "" || res.Header.Get("Access-Control-Expose-Headers") == ""):
					t.Errorf("%s without a bearer: %d %v", path, res.StatusCode, res.Header)
				}
			}
		}
	}
}
