package kommo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// maxBody bounds an answer, measured after decompression.
const maxBody = 16 << 20

var errTooLarge = errors.New("the answer exceeds the limit")

var errAttemptTimeout = errors.New("no answer within the time of one attempt")

// NewTransport returns the transport a Client uses unless it is given another.
// proxy may be nil.
//
// HTTP/2 is off: with one request per connection it is plain what was written
// and what was not, and nothing below repeats a request. Idle connections are
// closed well before servers do it, since a POST that meets a server's closing
// has an unknown outcome.
func NewTransport(proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:               proxy,
		DialContext:         dialer.DialContext,
		Protocols:           protocols,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     30 * time.Second,
	}
}

// send makes one HTTP attempt and reads the whole answer, so that the
// connection can serve the next request.
func (c *Client) send(ctx context.Context, o outgoing) (*reply, error) {
	actx, cancel := context.WithTimeoutCause(ctx, c.attempt, errAttemptTimeout)
	defer cancel()
	reach := new(reach)
	req, err := c.request(httptrace.WithClientTrace(actx, reach.trace()), o)
	if err != nil {
		return nil, &Error{Code: CodeInvalid, Message: "the request could not be built", Err: err}
	}
	start := c.clock.Now()
	res, err := c.transport.RoundTrip(req) //nolint:bodyclose // readBody closes it
	if err != nil {
		return nil, c.broken(ctx, actx, o, err, reach.mayHaveArrived(err))
	}
	body, err := readBody(res.Body)
	c.log.DebugContext(ctx, "kommo attempt", "op", o.op, "method", o.method, "status", res.StatusCode,
		"bytes", len(body), "took", c.clock.Now().Sub(start))
	// Compared, not searched for an *Error: a cancelled context may bring the
	// *Error of another request as its cause, and that one is not ours to change.
	if err == errTooLarge { //nolint:errorlint // see above
		return nil, &Error{
			Code: CodeTooLarge, Status: res.StatusCode, RequestID: requestID(res.Header), sent: true,
			Message: "Kommo's answer is larger than 16 MiB; ask for fewer records at once",
		}
	}
	if err != nil {
		e := c.broken(ctx, actx, o, err, true)
		e.RequestID = requestID(res.Header)
		return nil, e
	}
	return &reply{status: res.StatusCode, header: res.Header, body: body}, nil
}

func (c *Client) request(ctx context.Context, o outgoing) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, o.method, c.target(o).String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Host = c.origin(o).host
	req.Header.Set("Accept", "application/hal+json, application/json")
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Authorization", "Bearer "+o.token)
	if c.contextUser != 0 && o.drive == nil {
		req.Header.Set("X-Context-User-ID", strconv.FormatInt(c.contextUser, 10))
	}
	if o.body != nil {
		req.Header.Set("Content-Type", o.kind)
		req.ContentLength = int64(len(o.body))
	}
	// net/http sends a request again on its own when a kept-alive connection
	// turns out to be closed, unless the request has a body that it cannot
	// rewind. Such a repetition would slip past the rate limit and the retry
	// rules, so every request has such a body. An empty one is not written,
	// except with the methods that always carry one: those net/http repeats
	// only if not a byte was written.
	if o.body != nil || (o.method != http.MethodPost && o.method != http.MethodPatch) {
		req.Body, req.GetBody = io.NopCloser(struct{ io.Reader }{bytes.NewReader(o.body)}), nil
	}
	return req, nil
}

// readBody reads an answer to its end, up to the limit.
func readBody(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if len(data) > maxBody {
		return nil, errTooLarge
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), err // PHP files saved with a mark print it
}

// broken explains an attempt that brought no whole answer.
func (c *Client) broken(ctx, attempt context.Context, o outgoing, err error, sent bool) *Error {
	e, host := &Error{Err: err, sent: sent}, c.origin(o).host
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Code, e.Message = CodeCanceled, "the call was cancelled before Kommo ("+host+") answered"
	case ctx.Err() != nil:
		e.Code, e.Message = CodeTimeout, "the time for the call ran out before Kommo ("+host+") answered"
	case !sent:
		e.Code, e.Message = CodeNetwork, "Kommo ("+host+") could not be reached; nothing was sent"
		if cause := plain(err.Error()); cause != "" {
			e.Message += ": " + cause
		}
	case attempt.Err() != nil:
		e.Code, e.hung = CodeTimeout, true
		e.Message = "Kommo (" + host + ") did not answer within " + c.attempt.String()
	default:
		e.Code, e.Message = CodeNetwork, "the connection to "+host+" broke before the whole answer came"
	}
	return e
}

// reach watches how far an attempt got.
type reach struct{ asked, connected atomic.Bool }

func (r *reach) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { r.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { r.connected.Store(true) },
	}
}

// mayHaveArrived is false only if there never was a connection to write to. A
// transport that reports nothing is believed only in what its error proves.
func (r *reach) mayHaveArrived(err error) bool {
	if r.connected.Load() {
		return true
	}
	if r.asked.Load() {
		return false
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return false
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return !certificate
}

// requestID is Kommo's own name for a request, worth telling its support.
func requestID(h http.Header) string { return plain(h.Get("X-Request-Id")) }
