package server

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestNothingIsSniffed: whatever is answered, browsers take it for what it says.
func TestNothingIsSniffed(t *testing.T) {
	h, _, _ := handled(t, Web{})
	for _, path := range []string{Endpoint, CallsEndpoint, healthEndpoint, readyEndpoint, "/nowhere"} {
		out := httptest.NewRecorder()
		h.ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if got := out.Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// TestWhereANameLeads: localhost is what a file of the machine says.
func TestWhereANameLeads(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1": true, "127.8.8.8": true, "::1": true, "::ffff:127.0.0.1": true, "0.0.0.0": false, "::": false, "192.0.2.1": false} {
		if got := onLoopback(&net.TCPAddr{IP: net.ParseIP(address), Port: 80}); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if originRefused("http://somebody@localhost") != true || originRefused("http://localhost:6274") {
		t.Error("origins")
	}
}
