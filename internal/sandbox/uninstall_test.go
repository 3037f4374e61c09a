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

// TestInstallingTellsTheRedirectAddress: a GET with a code, without a state, which no
// browser makes; the code is good for tokens, and the answer changes nothing.
func TestInstallingTellsTheRedirectAddress(t *testing.T) {
	got := make(chan url.Values, 5)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.URL.Query()
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer srv.Close()
	g := newRig(t, WithIntegration(Integration{ClientID: "cid-1", Secret: "5f2c9d1e7b", RedirectURI: srv.URL + "/cb"}))
	g.s.DeliverHooks(t.Context(), srv.Client(), nil)
	if res := visit(g, "client_id=cid-1&install=1&state=never-sent&account="+DefaultHost); res.StatusCode != http.StatusOK {
		t.Fatalf("installing: %d", res.StatusCode)
	}
	select {
	case q := <-got:
		if q.Get("code") == "" || q.Get("referer") != DefaultHost || !q.Has("from_widget") || q.Has("state") || q.Get("client_id") != "cid-1" {
			t.Errorf("told %v", q)
		}
		if g.s.oauth.codes[q.Get("code")] == nil {
			t.Error("the code is none of the sandbox's")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("nobody was told")
	}
	if g.s.Install("nobody.kommo.com", "cid-1") || g.s.Install(DefaultHost, "cid-2") {
		t.Error("what is not there is installed")
	}
}
