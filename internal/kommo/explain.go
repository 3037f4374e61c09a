package kommo

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// explain turns every answer that is neither success nor redirect into an
// *Error that says in plain words what Kommo means by it.
func (c *Client) explain(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		rep, err := next(ctx, o)
		if err != nil || rep.status < 300 || rep.status == http.StatusNotModified || isRedirect(rep.status) {
			return rep, err
		}
		return nil, answerError(rep, c.clock.Now())
	}
}

// answerError reads an error answer. Bodies that are not JSON are never quoted.
func answerError(rep *reply, now time.Time) *Error {
	p := parseProblem(rep.body)
	e := &Error{
		Status: rep.status, Fields: p.fields, RequestID: requestID(rep.header),
		RetryAfter: max(p.retryAfter, retryAfter(rep.header, now)), sent: true,
	}
	if e.RequestID == "" {
		e.RequestID = p.traceID
	}
	e.Code = codeOf(rep.status, p)
	e.Message = meaning(e.Code, rep.status)
	if detail := p.text(); detail != "" {
		e.Message += ": " + detail
	}
	return e
}

// codeOf names the failure. One status has several meanings (Kommo API facts:
// errors; rate limits).
func codeOf(status int, p problem) Code {
	switch status {
	case http.StatusBadRequest:
		if p.says("please retry", "please try again", "try again later", "повторите попытку") {
			return CodeTransient
		}
		return CodeInvalid
	case http.StatusUnauthorized:
		return CodeUnauthorized
	case http.StatusPaymentRequired:
		return CodePayment
	case http.StatusForbidden:
		return forbiddenCode(p)
	case http.StatusNotFound:
		if !p.json && !p.empty {
			return CodeBadResponse // a web page: this is not an answer of the API
		}
		if p.says("cannot get http", "cannot post http", "cannot patch http", "cannot delete http", "cannot put http") {
			return CodeMethod // no such route, as opposed to no such record
		}
		return CodeNotFound
	case http.StatusMethodNotAllowed:
		return CodeMethod
	case http.StatusUnprocessableEntity:
		return CodeUnprocessable
	case http.StatusTooManyRequests:
		return CodeRateLimited
	}
	if status >= 500 || status == http.StatusRequestTimeout {
		return CodeServer
	}
	if status >= 400 {
		return CodeInvalid
	}
	return CodeBadResponse
}

// forbiddenCode tells the meanings of 403 apart: no right, no scope, an
// address that the account does not list, and the block of a client that sent
// too much, which comes as a web page.
func forbiddenCode(p problem) Code {
	switch {
	case !p.json:
		return CodeBlocked
	case p.says("scope"):
		return CodeScope
	case p.has("113"), p.says("ip address", "ip-address", "ip адрес", "ip-адрес"):
		return CodeIPNotAllowed
	case p.says("too many requests", "temporarily blocked"):
		return CodeBlocked
	}
	return CodeForbidden
}

// meaning is the first half of a message: what happened, without details.
func meaning(code Code, status int) string {
	switch code {
	case CodeInvalid:
		return "Kommo refused the data, nothing was saved"
	case CodeTransient:
		return "Kommo had a passing problem and asks to try again"
	case CodeUnauthorized:
		return "Kommo refused the access token: it is expired, revoked or of another account"
	case CodePayment:
		return "the Kommo account is not paid, or its plan lacks this feature"
	case CodeForbidden:
		return "the user of this access token has no right to do this"
	case CodeScope:
		return "the access token lacks a permission (scope) for this"
	case CodeIPNotAllowed:
		return "the Kommo account admits listed IP addresses only, and this one is not listed"
	case CodeBlocked:
		return "Kommo blocks requests from here for now, because there were too many"
	case CodeNotFound:
		return "Kommo has no such record, or this token may not see it"
	case CodeMethod:
		return "Kommo's API has no such operation"
	case CodeUnprocessable:
		return "Kommo understood the request but cannot carry it out"
	case CodeRateLimited:
		return "Kommo refused the request because there were too many in a short time"
	case CodeServer:
		return "Kommo failed on its side (" + strconv.Itoa(status) + ")"
	}
	return "Kommo answered with something that is not its API's data (" + strconv.Itoa(status) + ")"
}

// retryAfter reads the standard header, in seconds or as a date. Kommo does
// not document it; proxies before it send it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), maxRetrySeconds)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetrySeconds*time.Second)
	}
	return 0
}
