package kommo

import (
	"context"
	"net/http"
	"net/url"
	"slices"
)

// outgoing is one call on its way to Kommo. Links pass it on by value, so that
// none changes what another sees.
type outgoing struct {
	op     string
	method string
	path   string  // whole path, "/api/v4/leads"
	query  string  // encoded
	body   []byte  // marshalled once; nil for none
	kind   string  // content type of body
	into   any     // where the answer goes; nil if nobody reads it
	once   bool    // the caller said that it must not be sent twice
	token  string  // set by the auth link
	drive  *origin // nil: the account's own host
}

// repeatable reports whether sending the call twice does no harm. Kommo has no
// idempotency keys: a repeated POST makes a second record.
func (o outgoing) repeatable() bool {
	return o.reads() || (o.method == http.MethodPatch && !o.once)
}

func (o outgoing) reads() bool {
	return o.method == http.MethodGet || o.method == http.MethodHead
}

// reply is Kommo's answer, its body read whole.
type reply struct {
	status   int
	header   http.Header
	body     []byte
	attempts int
}

// handler carries a call out; a chain link wraps a handler with one concern.
type handler func(ctx context.Context, o outgoing) (*reply, error)

type chainLink func(next handler) handler

// chain is the way of every call, outermost link first.
func (c *Client) chain() handler {
	links := []chainLink{
		c.retry,    // repeats what may be repeated
		c.outcome,  // a write without a usable answer has an unknown outcome
		c.decode,   // JSON into the caller's value
		c.auth,     // the access token; one more try after a refused one
		c.redirect, // follows reads within the host, refuses the rest
		c.limit,    // rate limit and pauses of the account
		c.explain,  // an answer that is no success becomes an *Error
	}
	h := handler(c.send)
	for _, wrap := range slices.Backward(links) {
		h = wrap(h)
	}
	return h
}

// target is the address to dial: the account's own, or the base in its place.
func (c *Client) target(o outgoing) *url.URL {
	at := c.origin(o)
	return &url.URL{Scheme: at.base.Scheme, Host: at.base.Host, Path: o.path, RawQuery: o.query}
}
