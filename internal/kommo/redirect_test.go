package kommo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// redirectTo redirects the first request of a path and answers the others.
func redirectTo(location string, status int, seen *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		if r.URL.Path == "/api/v4/leads" {
			w.Header().Set("Location", strings.ReplaceAll(location, "BASE", r.Context().Value(http.LocalAddrContextKey).(interface{ String() string }).String()))
			w.WriteHeader(status)
			return
		}
		if r.Host != "acme.kommo.com" || r.Header.Get("Authorization") != "Bearer "+secretToken || r.URL.RawQuery != "page=2" {
			w.WriteHeader(418)
			return
		}
		answer(200, "application/json", `{"id":7}`)(w, r)
	}
}

func TestRedirects(t *testing.T) {
	var strangers atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	defer stranger.Close()
	for _, tc := range []struct {
		name, method, location string
		status                 int
		seen                   int32
		code                   Code
		says                   string
	}{
		{"relative", "GET", "/api/v4/other?page=2", 302, 2, "", ""},
		{"own name", "GET", "https://acme.kommo.com/api/v4/other?page=2", 301, 2, "", ""},
		{"dialled address", "GET", "http://BASE/api/v4/other?page=2", 307, 2, "", ""},
		{"circle", "GET", "/api/v4/leads", 302, 4, CodeRedirect, "circles"},
		{"stranger", "GET", stranger.URL + "/api/v4/other?page=2", 302, 1, CodeRedirect, "another host"},
		{"look-alike", "GET", "https://acme.kommo.com.evil.example/x", 308, 1, CodeRedirect, "another host"},
		{"user part", "GET", "https://x@acme.kommo.com/api/v4/other?page=2", 302, 1, CodeRedirect, "another host"},
		{"without encryption", "GET", "http://acme.kommo.com/api/v4/other?page=2", 302, 1, CodeRedirect, "another host"},
		{"moved account", "GET", "https://acme2.kommo.com/api/v4/leads", 301, 1, CodeRedirect, "acme2.kommo.com"},
		{"nowhere", "GET", "", 302, 1, CodeRedirect, "nowhere"},
		{"write", "POST", "/api/v4/other?page=2", 307, 1, CodeUnknownOutcome, "write"},
		{"write elsewhere", "POST", "https://acme2.kommo.com/api/v4/leads", 301, 1, CodeUnknownOutcome, "acme2.kommo.com"},
		{"write to nowhere", "POST", "", 302, 1, CodeUnknownOutcome, "nowhere"},
		{"patch", "PATCH", "/api/v4/other?page=2", 302, 1, CodeRedirect, "write"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var seen atomic.Int32
			c := clientFor(t, redirectTo(tc.location, tc.status, &seen))
			var out struct{ ID int64 }
			_, err := c.Do(t.Context(), Request{Method: tc.method, Path: "/leads"}, &out)
			if seen.Load() != tc.seen || strangers.Load() != 0 {
				t.Errorf("server saw %d, want %d; strangers saw %d", seen.Load(), tc.seen, strangers.Load())
			}
			if tc.code == "" && (err != nil || out.ID != 7) {
				t.Errorf("not followed: %v", err)
			}
			if tc.code != "" && (!HasCode(err, tc.code) || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("got %v, want %s with %q", err, tc.code, tc.says)
			}
		})
	}
}
