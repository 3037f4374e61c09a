package kommo

import (
	"net/http"
	"sync/atomic"
	"testing"
)

func TestRawPassesTheAnswerOn(t *testing.T) {
	for _, tt := range []struct {
		name, method, body, want string
		status                   int
	}{
		{"data", "GET", `{"id":12345678901234567890}`, `{"id":12345678901234567890}`, 200},
		{"a bare list", "POST", `[{"id":1}]`, `[{"id":1}]`, 200},
		{"nothing", "GET", "", "", 204},
		{"a success without data", "DELETE", "", "", 200},
		{"an order taken on", "POST", "Accepted", "", 202},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clientFor(t, answer(tt.status, "application/json", tt.body))
			meta, got, err := c.Raw(t.Context(), Request{Op: "api", Method: tt.method, Path: "/x"})
			if err != nil || meta.Status != tt.status || string(got) != tt.want {
				t.Errorf("%d %q, %v", meta.Status, got, err)
			}
		})
	}
}

// TestRawWritesAreSentOnce: nothing is known about them, so a lost answer is an
// unknown outcome for every method.
func TestRawWritesAreSentOnce(t *testing.T) {
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		var sent atomic.Int32
		c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			sent.Add(1)
			w.WriteHeader(http.StatusGatewayTimeout)
		}))
		_, _, err := c.Raw(t.Context(), Request{Op: "api", Method: method, Path: "/x"})
		if !HasCode(err, CodeUnknownOutcome) || sent.Load() != 1 {
			t.Errorf("%s: sent %d times, %v", method, sent.Load(), err)
		}
	}
}
