package kommo

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// recorder answers every request with the next of its replies and keeps what
// was asked.
type recorder struct {
	mu      sync.Mutex
	replies []string // "" is 204
	status  int      // of all replies; 0 is 200
	asked   []asked
}

type asked struct {
	Method, Path, Query, Body string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, _ := io.ReadAll(req.Body)
	query, _ := url.QueryUnescape(req.URL.RawQuery)
	r.asked = append(r.asked, asked{req.Method, strings.TrimPrefix(req.URL.Path, "/api/v4"), query, string(body)})
	reply := ""
	if len(r.replies) > 0 {
		reply = r.replies[0]
		r.replies = r.replies[1:]
	}
	if reply == "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/hal+json")
	w.WriteHeader(max(r.status, http.StatusOK))
	_, _ = w.Write([]byte(reply))
}

// recorded returns a client whose requests are recorded and answered in turn.
func recorded(t *testing.T, replies ...string) (*Client, *recorder) {
	t.Helper()
	r := &recorder{replies: replies}
	return clientFor(t, r), r
}

// want fails the test unless these requests were made: "METHOD /path?query",
// and the body if the request has one.
func (r *recorder) want(t *testing.T, requests ...asked) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.asked) != len(requests) {
		t.Fatalf("%d requests were made, want %d: %+v", len(r.asked), len(requests), r.asked)
	}
	for i, want := range requests {
		got := r.asked[i]
		if got.Method != want.Method || got.Path != want.Path || got.Query != want.Query {
			t.Errorf("request %d is %s %s?%s\nwant %s %s?%s", i, got.Method, got.Path, got.Query, want.Method, want.Path, want.Query)
		}
		if want.Body == "" && got.Body == "" {
			continue
		}
		sameJSON(t, json.RawMessage(got.Body), want.Body)
	}
}

func get(path, query string) asked { return asked{Method: http.MethodGet, Path: path, Query: query} }

func post(path, body string) asked { return asked{Method: http.MethodPost, Path: path, Body: body} }

func patch(path, body string) asked { return asked{Method: http.MethodPatch, Path: path, Body: body} }

// sameJSON compares what a value marshals to with JSON, whatever the order of
// keys.
func sameJSON(t *testing.T, value any, want string) {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("the expectation is no JSON: %v: %s", err, want)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}

// must fails the test on an error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
