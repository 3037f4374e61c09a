package sandbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// TestUninstallingTellsTheIntegration: a GET with account and signature, once, and
// the tokens are dead by then.
func TestUninstallingTellsTheIntegration(t *testing.T) {
	got := make(chan url.Values, 5)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/end" {
			got <- r.URL.Query()
		}
	}))
	defer srv.Close()
	g := newRig(t, WithIntegration(Integration{ClientID: "cid-1", Secret: "5f2c9d1e7b", RedirectURI: "https://app.test/cb", DisconnectURI: srv.URL + "/end"}))
	g.s.DeliverHooks(t.Context(), srv.Client(), nil)
	if res := visit(g, "client_id=cid-1&uninstall=1&account="+DefaultHost); res.StatusCode != http.StatusOK {
		t.Fatalf("uninstalling: %d", res.StatusCode)
	}
	select {
	case q := <-got:
		if q.Get("account_id") != "31000001" || q.Get("client_uuid") != "cid-1" || len(q.Get("signature")) != 64 || len(q) != 3 {
			t.Errorf("told %v", q)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("nobody was told")
	}
}
