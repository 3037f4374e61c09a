package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// rig is a sandbox served over real HTTP with a settable clock.
type rig struct {
	t     *testing.T
	s     *Sandbox
	url   string
	host  string
	token string
	unix  atomic.Int64
}

// newRig serves one blank account without rate limit, unless options say otherwise.
func newRig(t *testing.T, opts ...Option) *rig {
	t.Helper()
	g := &rig{t: t, host: DefaultHost}
	g.unix.Store(1_760_000_000)
	clock := func() time.Time { return time.Unix(g.unix.Load(), 0).UTC() }
	opts = append([]Option{WithClock(clock), WithoutRateLimit(), WithAccount(DefaultHost, Blank())}, opts...)
	g.s = New(opts...)
	srv := httptest.NewServer(g.s)
	t.Cleanup(srv.Close)
	g.url, g.token = srv.URL, g.s.Token(g.host)
	return g
}

// reply is one HTTP answer.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	raw    []byte
}

// do sends one request; body is JSON text, "" for none. The path is below /api/v4
// unless it starts with "//".
func (g *rig) do(method, path, body string, headers ...string) reply {
	g.t.Helper()
	if rest, root := bytes.CutPrefix([]byte(path), []byte("/")); root && bytes.HasPrefix(rest, []byte("/")) {
		path = string(rest)
	} else {
		path = apiPrefix + path
	}
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, bytes.NewBufferString(body))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Host = g.host
	if g.token != "" {
		req.Header.Set("Authorization", "Bearer "+g.token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return reply{g.t, res.StatusCode, res.Header, raw}
}

func (g *rig) get(path string) reply         { g.t.Helper(); return g.do("GET", path, "") }
func (g *rig) post(path, body string) reply  { g.t.Helper(); return g.do("POST", path, body) }
func (g *rig) patch(path, body string) reply { g.t.Helper(); return g.do("PATCH", path, body) }
func (g *rig) del(path string) reply         { g.t.Helper(); return g.do("DELETE", path, "") }
func (g *rig) tick(seconds int64)            { g.unix.Add(seconds) }
func (g *rig) made(key, path, body string) []int64 { // creates and returns the ids
	g.t.Helper()
	var ids []int64
	for _, row := range g.post(path, body).want(200).rows(key) {
		ids = append(ids, int64(row["id"].(float64)))
	}
	return ids
}

// want fails the test unless the status is this one.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.raw)
	}
	return r
}

// json is the body as an object.
func (r reply) json() map[string]any {
	r.t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.raw, &m); err != nil {
		r.t.Fatalf("%v in %q", err, r.raw)
	}
	return m
}

// at walks the body: strings are keys, ints are indexes.
func (r reply) at(path ...any) any {
	r.t.Helper()
	var v any = r.json()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, isMap := v.(map[string]any)
			if !isMap {
				r.t.Fatalf("no object at %v of %v: %s", p, path, r.raw)
			}
			v = m[p]
		case int:
			l, isList := v.([]any)
			if !isList || p >= len(l) {
				r.t.Fatalf("no element %d of %v: %s", p, path, r.raw)
			}
			v = l[p]
		}
	}
	return v
}

// rows are the objects under _embedded[key].
func (r reply) rows(key string) []map[string]any {
	r.t.Helper()
	var out []map[string]any
	if r.status == http.StatusNoContent {
		return nil
	}
	list, _ := r.at("_embedded", key).([]any)
	for _, v := range list {
		out = append(out, v.(map[string]any))
	}
	return out
}

// eq fails the test unless the value at the path equals want as JSON.
func (r reply) eq(want any, path ...any) {
	r.t.Helper()
	got, _ := json.Marshal(r.at(path...))
	exp, _ := json.Marshal(want)
	if !bytes.Equal(got, exp) {
		r.t.Errorf("%v = %s, want %s", path, got, exp)
	}
}
