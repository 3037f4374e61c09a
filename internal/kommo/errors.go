package kommo

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Code names the kind of failure.
type Code string

// What can go wrong. The value is stable: it is shown to users and programs.
const (
	CodeInvalid        Code = "invalid"              // 400: the data was refused, nothing was saved
	CodeUnauthorized   Code = "unauthorized"         // 401: token expired, revoked or of another account
	CodePayment        Code = "payment_required"     // 402: account not paid, or plan without the feature
	CodeForbidden      Code = "forbidden"            // 403: the token's user lacks the right
	CodeScope          Code = "scope_missing"        // 403: the token lacks a scope
	CodeIPNotAllowed   Code = "ip_not_allowed"       // 403 with code 113: the account lists allowed addresses
	CodeBlocked        Code = "blocked"              // 403 that is no API answer: blocked for too many requests
	CodeNotFound       Code = "not_found"            // 404, or 204 where one record was asked for
	CodeMethod         Code = "method_not_supported" // 405, or 404 for a route that does not exist
	CodeUnprocessable  Code = "unprocessable"        // 422
	CodeRateLimited    Code = "rate_limited"         // 429, or a wait longer than the caller has time for
	CodeServer         Code = "server_error"         // 5xx
	CodeTransient      Code = "transient"            // 400 that asks to try again
	CodeBadResponse    Code = "bad_response"         // a success without usable JSON
	CodeNetwork        Code = "network"              // no connection, or it broke under a repeatable request
	CodeUnknownOutcome Code = "outcome_unknown"      // a write was sent and no usable answer came
	CodeTooLarge       Code = "too_large"            // the answer exceeds 16 MiB
	CodeRedirect       Code = "redirect"             // redirected to another host, or a write was redirected
	CodeTimeout        Code = "timeout"              // no answer in time
	CodeCanceled       Code = "canceled"             // the caller gave up
)

// ErrNotFound is what errors.Is finds in the error of a record that does not
// exist, whether Kommo answered 404 or 204.
var ErrNotFound = errors.New("kommo: no such record")

// Error is every failure of a call.
type Error struct {
	Status     int           // HTTP status; 0 when no answer came
	Code       Code          //
	Op         string        // "leads.list"
	Message    string        // plain English; never HTML, never the token
	Fields     []FieldError  // what was wrong with which value
	RetryAfter time.Duration // when a new try can succeed, if known
	RequestID  string        // Kommo's id of the request, for its support
	Attempts   int           // how many times the request was tried
	Err        error         // the cause, if any

	// sent is false only if the request provably never left this machine.
	sent bool
	// hung marks an attempt that ran out of its own time.
	hung bool
	// body is the answer of a 400, for POST /calls, which lists unknown numbers in it.
	body []byte
}

// FieldError is one complaint about one value. Item is the request_id of the
// item in a batch (its index as text unless the caller chose one); Path is
// relative to that item: "custom_fields_values.0.field_id".
type FieldError struct {
	Item, Path, Code, Detail string
}

// Error joins operation, message, status and request id. The cause is left to
// Unwrap, since its text is not ours to vouch for.
func (e *Error) Error() string {
	text := "kommo"
	if e.Op != "" {
		text += " " + e.Op
	}
	text += ": " + e.Message
	var facts []string
	if e.Status != 0 {
		facts = append(facts, "HTTP "+strconv.Itoa(e.Status))
	}
	if e.RequestID != "" {
		facts = append(facts, "request "+e.RequestID)
	}
	if len(facts) > 0 {
		text += " (" + strings.Join(facts, ", ") + ")"
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrNotFound) hold for CodeNotFound.
func (e *Error) Is(target error) bool {
	return target == ErrNotFound && e.Code == CodeNotFound
}

// HasCode reports whether err is an Error with one of the codes. Only the
// outermost Error counts: a write with unknown outcome is not a server error.
func HasCode(err error, codes ...Code) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(codes, e.Code)
}

// notFound is the error of a single record for which Kommo answered 204.
func notFound(op string) error {
	return &Error{Status: 204, Code: CodeNotFound, Op: op, Message: "Kommo has no such record, or this token may not see it", sent: true}
}
