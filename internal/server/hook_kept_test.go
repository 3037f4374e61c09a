package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestTheAddressIsNotKept: what is secret in it ends with the check of the signature.
func TestTheAddressIsNotKept(t *testing.T) {
	for address, want := range map[string]string{
		"/v1/calls/vapi/kmcp_h_part?tags=ai": "http://localhost/v1/calls/vapi?tags=ai",
		"/v1/calls/vapi/kmcp_h_part":         "http://localhost/v1/calls/vapi",
		"/v1/calls/vapi?tags=ai":             "http://localhost/v1/calls/vapi?tags=ai",
	} {
		var got string
		keep := func(_ http.ResponseWriter, r *http.Request) { got = hookEndpoint{}.keptURL(r) }
		mux := http.NewServeMux()
		mux.HandleFunc("/v1/calls/{platform}", keep)
		mux.HandleFunc("/v1/calls/{platform}/{hook}", keep)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, http.NoBody)
		r.Host = "localhost"
		mux.ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("%s is kept as %s", address, got)
		}
	}
}
