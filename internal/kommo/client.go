// Package kommo is a client of Kommo's API v4: one resource a file, and a transport
// chain of small links (auth, rate limit, retry, errors, decoding) in front of them.
// It knows no MCP and reads no environment. Failures are *Error with a named Code;
// a record that is not there is ErrNotFound, an empty list is no error.
package kommo

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

const (
	apiPrefix             = "/api/v4"
	contentJSON           = "application/json"
	contentBytes          = "application/octet-stream"
	defaultMaxRetries     = 5
	mostRetries           = 10
	defaultAttemptTimeout = 6 * time.Second
	defaultUserAgent      = "kommo-mcp"
)

// Client talks to one account. It is safe for concurrent use; all its calls
// share one rate limit. Resources are its fields: c.Leads, c.Contacts, ...
type Client struct {
	services

	account    Account
	base       *url.URL // what is dialled
	host       string   // what Host says
	tokens     oauth2.TokenSource
	transport  http.RoundTripper
	clock      Clock
	jitter     func() float64
	log        *slog.Logger
	userAgent  string
	maxRetries int
	attempt    time.Duration
	rate       int // requests a second that the account allows
	gate       *Gate
	hostGate   *Gate      // nil unless WithHostLimiter
	common     CommonRate // nil unless WithCommonRate
	handle     handler

	contextUser int64                   // 0: the token's own user
	moved       atomic.Pointer[Account] // where the account went since the client was made
}

// New returns the client of an account. The token goes to that account's host
// and nowhere else. With WithBaseURL on loopback acct may be zero.
func New(acct Account, tokens oauth2.TokenSource, opts ...Option) *Client {
	c := &Client{
		account:    acct,
		base:       &url.URL{Scheme: "https", Host: acct.Host},
		tokens:     tokens,
		clock:      SystemClock{},
		jitter:     rand.Float64,
		log:        slog.New(slog.DiscardHandler),
		userAgent:  defaultUserAgent,
		maxRetries: defaultMaxRetries,
		attempt:    defaultAttemptTimeout,
		rate:       AccountRate,
	}
	for _, opt := range opts {
		opt(c)
	}
	if c.transport == nil {
		c.transport = NewTransport(nil)
	}
	c.host = c.base.Host
	if isLoopback(c.base) && acct.Host != "" {
		c.host = acct.Host
	}
	if c.gate == nil {
		c.gate = newGate(c.rate, c.clock, c.jitter)
	}
	c.handle = c.chain()
	c.services = newServices(c)
	return c
}

// Address returns the account the client was made for, or where it moved; zero
// if it was made for a loopback base alone.
func (c *Client) Address() Account {
	if to := c.moved.Load(); to != nil {
		return *to
	}
	return c.account
}

// Host returns the host name the account is known by: "acme.kommo.com".
func (c *Client) Host() string {
	if to := c.moved.Load(); to != nil {
		return to.Host
	}
	return c.host
}

// Move makes the client follow an account that got another address: requests,
// and the token with them, go there from now on.
func (c *Client) Move(to Account) {
	if _, known := accountOf(to.Host); known {
		c.moved.Store(&to)
	}
}

// Home returns where people open the account: "https://acme.kommo.com". With a
// loopback base alone no name is known, and it is that base.
func (c *Client) Home() string {
	if c.Address().Host == "" {
		return c.base.String()
	}
	return "https://" + c.Host()
}

// CloseIdleConnections closes connections that wait for a next request.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Request is one call of API v4.
type Request struct {
	Op     string     // "leads.list", for errors and logs
	Method string     // empty means GET
	Path   string     // under /api/v4, not escaped: "/leads/5"
	Query  url.Values // PHP style: filter[id][0]=7
	Body   any        // marshalled once; nil for none
	Once   bool       // a PATCH that must not be sent twice

	// Drive lies on another host and takes raw bytes. Only this package sends
	// there, since the token goes along.
	drive *origin
	raw   []byte
}

// Meta says how a call went.
type Meta struct {
	Status   int
	Header   http.Header
	Attempts int
}

// Do carries out one call and decodes the answer into out, which may be nil.
// 204 is no error: out is left untouched and Meta.Status is 204. Every error
// is an *Error.
func (c *Client) Do(ctx context.Context, r Request, out any) (Meta, error) {
	o, err := newOutgoing(r, out)
	if err != nil {
		return Meta{}, err
	}
	rep, err := c.handle(ctx, o)
	if err != nil {
		return c.failed(o, err)
	}
	return Meta{Status: rep.status, Header: rep.header, Attempts: rep.attempts}, nil
}

// failed names the operation in the error of a call.
func (c *Client) failed(o outgoing, err error) (Meta, error) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Code: CodeNetwork, Message: "the request could not be carried out", Err: err}
	}
	e.Op = o.op
	return Meta{Status: e.Status, Attempts: e.Attempts}, e
}

func newOutgoing(r Request, out any) (outgoing, error) {
	o := outgoing{
		op: r.Op, method: r.Method, path: apiPrefix + r.Path,
		query: r.Query.Encode(), into: out, once: r.Once, drive: r.drive, kind: contentJSON,
	}
	if r.drive != nil {
		o.path = r.Path
	}
	if o.method == "" {
		o.method = http.MethodGet
	}
	if !strings.HasPrefix(r.Path, "/") || strings.Contains(r.Path, "..") {
		return o, &Error{Code: CodeInvalid, Op: r.Op, Message: "the path must begin with / and hold no .."}
	}
	if r.raw != nil {
		o.body, o.kind = r.raw, contentBytes
		return o, nil
	}
	if r.Body == nil {
		return o, nil
	}
	body, err := json.Marshal(r.Body)
	if err != nil {
		return o, &Error{Code: CodeInvalid, Op: r.Op, Message: "the data cannot be written as JSON", Err: err}
	}
	o.body = body
	return o, nil
}
