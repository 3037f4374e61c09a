package kommo

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

func TestRequestOnTheWire(t *testing.T) {
	var got http.Request
	var body []byte
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = *r
		body, _ = io.ReadAll(r.Body)
		answer(200, "application/hal+json", `{}`)(w, r)
	}), WithUserAgent("kommo-mcp/1.2.3"))
	query := url.Values{"filter[id][0]": {"7"}, "with": {"contacts,loss_reason"}}
	if _, err := c.Do(t.Context(), Request{Method: "POST", Path: "/leads", Query: query, Body: []map[string]int{{"price": 5}}}, nil); err != nil {
		t.Fatal(err)
	}
	if got.Host != "acme.kommo.com" || got.URL.Path != "/api/v4/leads" || got.URL.Query().Get("filter[id][0]") != "7" || got.URL.Query().Get("with") != "contacts,loss_reason" {
		t.Errorf("host %q, URL %s", got.Host, got.URL)
	}
	if string(body) != `[{"price":5}]` || got.Header.Get("Content-Type") != "application/json" || got.ContentLength != 13 {
		t.Errorf("body %s as %q, length %d", body, got.Header.Get("Content-Type"), got.ContentLength)
	}
	for name, want := range map[string]string{"User-Agent": "kommo-mcp/1.2.3", "Authorization": "Bearer " + secretToken, "Accept-Encoding": "gzip"} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
}

// A request without data has no body on the wire, whatever it is made of here.
func TestNoBodyNoContentHeaders(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "DELETE", "POST", "PATCH"} {
		var got http.Request
		c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = *r
			w.WriteHeader(204)
		}))
		out := struct{ ID int64 }{ID: 3}
		meta, err := c.Do(t.Context(), Request{Method: method, Path: "/leads"}, &out)
		if err != nil || meta.Status != 204 || out.ID != 3 {
			t.Errorf("%s: %+v %+v %v", method, meta, out, err)
		}
		if got.ContentLength != 0 || len(got.TransferEncoding) != 0 || got.Header.Get("Content-Type") != "" {
			t.Errorf("%s: length %d, encoding %v, type %q", method, got.ContentLength, got.TransferEncoding, got.Header.Get("Content-Type"))
		}
	}
}

// A base on loopback without an account keeps its own name.
func TestLoopbackBaseWithoutAccount(t *testing.T) {
	var host string
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host = r.Host
		w.WriteHeader(204)
	}))
	bare := New(Account{}, fixedToken(secretToken), WithBaseURL(c.base))
	defer bare.CloseIdleConnections()
	if _, err := bare.Do(t.Context(), Request{Path: "/account"}, nil); err != nil || host != c.base.Host || bare.Host() != host {
		t.Errorf("host %q, %v", host, err)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	addresses := map[string]bool{}
	status := 0
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addresses[r.RemoteAddr] = true
		answer([]int{200, 400, 404, 504, 302}[status%5], "text/html", strings.Repeat(htmlPage, 500))(w, r)
	}), WithMaxRetries(0))
	for status = range 15 {
		_, _ = c.Do(t.Context(), Request{Path: "/leads"}, nil)
	}
	if len(addresses) != 1 {
		t.Errorf("%d connections for 15 requests", len(addresses))
	}
}

func gzipped(t *testing.T, size int) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, _ = io.WriteString(w, `{"id":7,"name":"`)
	_, _ = w.Write(bytes.Repeat([]byte("a"), size))
	_, _ = io.WriteString(w, `"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// The limit counts what comes out of the decompression, not what goes in.
func TestGzipAndBodyLimit(t *testing.T) {
	for _, tc := range []struct {
		size   int
		method string
		code   Code
	}{
		{1000, "GET", ""},
		{maxBody, "GET", CodeTooLarge},
		{maxBody, "POST", CodeUnknownOutcome},
	} {
		var seen atomic.Int32
		packed := gzipped(t, tc.size)
		c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen.Add(1)
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("X-Request-Id", "big")
			w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
			_, _ = w.Write(packed)
		}))
		var out struct {
			ID   int64
			Name string
		}
		_, err := c.Do(t.Context(), Request{Method: tc.method, Path: "/leads"}, &out)
		if tc.code == "" {
			if err != nil || out.ID != 7 || len(out.Name) != tc.size {
				t.Errorf("%d bytes: %v", tc.size, err)
			}
			continue
		}
		e := errorOf(t, err)
		if e.Code != tc.code || e.RequestID != "big" || e.Status != 200 || seen.Load() != 1 {
			t.Errorf("%d bytes: %+v after %d requests", tc.size, e, seen.Load())
		}
	}
}

func TestBodyLimitIsExact(t *testing.T) {
	for size, want := range map[int]bool{maxBody: true, maxBody + 1: false} {
		data, err := readBody(io.NopCloser(bytes.NewReader(make([]byte, size))))
		if (err == nil) != want || (want && len(data) != size) || (!want && !errors.Is(err, errTooLarge)) {
			t.Errorf("%d bytes: read %d, %v", size, len(data), err)
		}
	}
}

// 202 means that Kommo will do it; it needs no JSON.
func TestAcceptedWithoutJSON(t *testing.T) {
	for _, body := range []string{"", "queued", `{"id":7}`} {
		c := clientFor(t, answer(202, "text/plain", body))
		var out struct{ ID int64 }
		meta, err := c.Do(t.Context(), Request{Method: "POST", Path: "/bots/1/run", Body: 1}, &out)
		if err != nil || meta.Status != 202 || (out.ID == 7) != strings.HasPrefix(body, "{") {
			t.Errorf("%q: %+v %+v %v", body, meta, out, err)
		}
	}
}

func TestBadRequestsAreNotSent(t *testing.T) {
	var seen atomic.Int32
	c := clientFor(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	for _, r := range []Request{
		{Op: "a", Path: "leads"},
		{Op: "b", Path: "/leads/../../oauth2/access_token"},
		{Op: "c", Path: "/leads", Method: "POST", Body: make(chan int)},
		{Op: "d", Path: "/leads", Method: "no method"},
	} {
		_, err := c.Do(t.Context(), r, nil)
		if e := errorOf(t, err); e.Code != CodeInvalid || e.Op != r.Op || seen.Load() != 0 {
			t.Errorf("%+v: %+v, server saw %d", r, e, seen.Load())
		}
	}
	// What looks like a query belongs to the path.
	_, _ = c.Do(t.Context(), Request{Path: "/leads/1?with=all"}, nil)
	if seen.Load() != 1 {
		t.Errorf("server saw %d", seen.Load())
	}
}

// TestByteOrderMarkIsNoData: a PHP file saved with a mark prints it before the answer.
func TestByteOrderMarkIsNoData(t *testing.T) {
	c := clientFor(t, answer(200, contentJSON, "\xef\xbb\xbf"+`{"id":7}`))
	var out struct{ ID int64 }
	if _, err := c.Do(t.Context(), Request{Path: "/leads/7"}, &out); err != nil || out.ID != 7 {
		t.Errorf("read %d, %v", out.ID, err)
	}
}
