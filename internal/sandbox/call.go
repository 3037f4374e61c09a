package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// call is one request on its way through a handler.
type call struct {
	s    *Sandbox
	a    *account // locked; nil only on AnyHost routes
	r    *http.Request
	q    query
	body []byte
	args map[string]string
	user *user  // who acts: the token's user, or the one of X-Context-User-ID
	base string // "https://demo.kommo.com", for _links
}

// id is the integer path argument; 0 when it is none.
func (c *call) id(name string) int64 {
	id, err := strconv.ParseInt(c.args[name], 10, 64)
	if err != nil {
		return 0
	}
	return id
}

func (c *call) now() int64 { return c.a.now() }

// with tells whether the name is in with=a,b.
func (c *call) with(name string) bool { return slices.Contains(c.q.list("with"), name) }

// actor is the id written to created_by and updated_by.
func (c *call) actor() int64 {
	if c.user == nil {
		return 0
	}
	return c.user.ID
}

// href is an absolute link below /api/v4: href("/leads/%d").
func (c *call) href(path string) string { return c.base + apiPrefix + path }

// self is {"self":{"href":…}} without a query, as single reads and writes have it.
func (c *call) self(path string) links { return links{Self: &link{Href: c.href(path)}} }

// selfItem is self with the list's query repeated, as list items have it.
func (c *call) selfItem(path string) links {
	return links{Self: &link{Href: c.href(path) + c.suffix()}}
}

func (c *call) suffix() string {
	if s := c.q.encode(); s != "" {
		return "?" + s
	}
	return ""
}

type link struct {
	Href string `json:"href"`
}

type links struct {
	Self  *link `json:"self,omitempty"`
	Next  *link `json:"next,omitempty"`
	First *link `json:"first,omitempty"`
	Prev  *link `json:"prev,omitempty"`
	Last  *link `json:"last,omitempty"`
}

// answer is what a handler returns. body is marshalled; raw, when set, is sent as
// it is with ctype. Neither means an empty body.
type answer struct {
	status  int
	body    any
	problem bool
	raw     []byte
	ctype   string
	header  http.Header
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func created(body any) answer { return answer{status: http.StatusCreated, body: body} }

func html(status int, page string) answer {
	return answer{status: status, raw: []byte(page), ctype: "text/html; charset=UTF-8"}
}

// encode returns the content type and the bytes of the answer.
func (a answer) encode() (ctype string, data []byte) {
	if a.raw != nil || a.body == nil {
		return a.ctype, a.raw
	}
	ctype = "application/hal+json"
	if a.problem {
		ctype = "application/problem+json"
	}
	if a.ctype != "" {
		ctype = a.ctype
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a.body); err != nil {
		return "text/plain", []byte("sandbox: " + err.Error())
	}
	return ctype, bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// send writes the answer; truncate promises the whole body and sends half of it.
func (a answer) send(w http.ResponseWriter, r *http.Request, truncate bool) {
	ctype, data := a.encode()
	h := w.Header()
	maps.Copy(h, a.header)
	h.Set("X-Request-Id", randomHex(16))
	h.Set("Server", "nginx")
	if ctype != "" {
		h.Set("Content-Type", ctype)
	}
	if len(data) > 0 && !truncate && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		data = compress(data)
		h.Set("Content-Encoding", "gzip")
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(data)))
	}
	w.WriteHeader(a.status)
	if truncate {
		data = data[:len(data)/2]
	}
	if len(data) > 0 {
		_, _ = w.Write(data) // when the client left there is nobody to tell
	}
}

func compress(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data) // a bytes.Buffer never fails
	_ = z.Close()
	return b.Bytes()
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}
