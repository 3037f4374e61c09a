package acceptance

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// loosened rewrites the answers of a handler while on says so.
type loosened struct {
	tb      testing.TB
	next    http.Handler
	rewrite func(any) any
	on      *atomic.Bool
}

func (l loosened) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Del("Accept-Encoding") // packed answers could not be rewritten
	rec := httptest.NewRecorder()
	l.next.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	var data any
	numbers := json.NewDecoder(bytes.NewReader(body))
	numbers.UseNumber()
	if l.on.Load() && len(body) > 0 {
		if numbers.Decode(&data) != nil {
			l.tb.Errorf("%s %s: the answer is no JSON", r.Method, r.URL.Path)
		}
		if loose, err := json.Marshal(l.rewrite(data)); err == nil {
			body = loose
		}
	}
	for name := range rec.Header() {
		w.Header().Set(name, rec.Header().Get(name))
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(rec.Code)
	_, _ = io.Copy(w, bytes.NewReader(body))
}

// numbersAsTexts writes 42 as "42" and true as 1.
func numbersAsTexts(v any) any {
	switch v := v.(type) {
	case json.Number:
		return string(v)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return within(v, numbersAsTexts)
}

// listsAsObjects writes [a, b] as {"1": a, "2": b}, and {} and null as [].
func listsAsObjects(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return []any{}
		}
	case []any:
		gaps := map[string]any{}
		for i, item := range v {
			gaps[strconv.Itoa(i+1)] = listsAsObjects(item)
		}
		if len(gaps) > 0 {
			return gaps
		}
	}
	return within(v, listsAsObjects)
}

func within(v any, rewrite func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = rewrite(v[name])
		}
	case []any:
		for i := range v {
			v[i] = rewrite(v[i])
		}
	}
	return v
}

// TestLooseAnswersReadTheSame: Kommo's types are loose now and then. Whatever the
// looseness, reads answer the same and writes succeed.
func TestLooseAnswersReadTheSame(t *testing.T) {
	for name, rewrite := range map[string]func(any) any{"numbers as texts": numbersAsTexts, "lists as objects": listsAsObjects} {
		t.Run(name, func(t *testing.T) {
			on := new(atomic.Bool)
			now := time.Now() // the dates of both seeds are relative to it
			o := rigOptions{
				clock:  testclock.At(time.Now()), // does not move on between two answers
				box:    []sandbox.Option{sandbox.WithoutRateLimit(), sandbox.WithClock(func() time.Time { return now })},
				before: func(next http.Handler) http.Handler { return loosened{t, next, rewrite, on} },
			}
			r, cold := newRig(t, o), newRig(t, o)
			args := samples(r.ids(t))
			for tool, in := range args {
				if r.tool(t, tool).Spec().Class != registry.Read {
					continue
				}
				on.Store(false)
				want := r.raw(t, tool, in)
				on.Store(true)
				if got := cold.raw(t, tool, in); got.Text != want.Text {
					t.Errorf("%s answers\n%s\nwant\n%s", tool, got.Text, want.Text)
				}
			}
			for tool, in := range args {
				if r.tool(t, tool).Spec().Class != registry.Read {
					cold.call(t, tool, in)
				}
			}
		})
	}
}
