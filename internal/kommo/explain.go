package kommo

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/redact"
)

// explain turns every answer that is neither success nor redirect into an
// *Error that says in plain words what Kommo means by it.
func (c *Client) explain(next handler) handler {
	return func(ctx context.Context, o outgoing) (*reply, error) {
		rep, err := next(ctx, o)
		if err != nil {
			return nil, err
		}
		rep.header.Set("X-Request-Id", redact.Hide(rep.header.Get("X-Request-Id"), o.token))
		if rep.status < 300 || rep.status == http.StatusNotModified || isRedirect(rep.status) {
			return rep, err
		}
		// Before anything of it is quoted and cut: half a token would not be found.
		rep.body = []byte(redact.Hide(string(rep.body), o.token))
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
	if rep.status == http.StatusBadRequest {
		e.body = rep.body
	}
	e.Code = codeOf(rep.status, p)
	e.Message = meaning(e.Code, rep.status)
	if detail := p.text(); detail != "" {
		e.Message += ": " + detail
	}
	return e
}

// plainCodes are the statuses with one meaning.
var plainCodes = map[int]Code{
	http.StatusUnauthorized:        CodeUnauthorized,
	http.StatusPaymentRequired:     CodePayment,
	http.StatusMethodNotAllowed:    CodeMethod,
	http.StatusRequestTimeout:      CodeServer,
	http.StatusUnprocessableEntity: CodeUnprocessable,
	http.StatusTooManyRequests:     CodeRateLimited,
}

// codeOf names the failure (Kommo API facts: errors).
func codeOf(status int, p problem) Code {
	switch {
	case plainCodes[status] != "":
		return plainCodes[status]
	case status == http.StatusForbidden:
		return forbiddenCode(p)
	case status == http.StatusNotFound:
		return missingCode(p)
	case status == http.StatusBadRequest && p.says("please retry", "please try again", "try again later", "повторите попытку"):
		return CodeTransient
	case status >= 500:
		return CodeServer
	case status >= 400:
		return CodeInvalid
	}
	return CodeBadResponse
}

// missingCode tells a record that does not exist from a route that does not,
// and from a web server that is not the API.
func missingCode(p problem) Code {
	switch {
	case !p.json && !p.empty:
		return CodeBadResponse
	case p.says("cannot get http", "cannot post http", "cannot patch http", "cannot delete http", "cannot put http"):
		return CodeMethod
	}
	return CodeNotFound
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

// meanings are the first halves of messages: what happened, without details.
var meanings = map[Code]string{
	CodeInvalid:       "Kommo refused the request as invalid, nothing was saved",
	CodeTransient:     "Kommo had a passing problem and asks to try again",
	CodeUnauthorized:  "Kommo refused the access token: it is expired, revoked or of another account",
	CodePayment:       "the Kommo account is not paid, or its plan lacks this feature",
	CodeForbidden:     "the user of this access token has no right to do this",
	CodeScope:         "the access token lacks a permission (scope) for this",
	CodeIPNotAllowed:  "the Kommo account admits listed IP addresses only, and this one is not listed",
	CodeBlocked:       "Kommo blocks requests from here for now, because there were too many",
	CodeNotFound:      "Kommo has no such record, or this token may not see it",
	CodeMethod:        "Kommo's API has no such operation",
	CodeUnprocessable: "Kommo understood the request but cannot carry it out",
	CodeRateLimited:   "Kommo refused the request because there were too many in a short time",
}

func meaning(code Code, status int) string {
	switch code {
	case CodeServer:
		return "Kommo failed on its side (" + strconv.Itoa(status) + ")"
	case CodeBadResponse:
		return "Kommo answered with something that is not its API's data (" + strconv.Itoa(status) + ")"
	default:
		return meanings[code]
	}
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
