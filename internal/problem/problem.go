// Package problem holds the one error type with which every room explains a refusal to the person (or
// model) who asked: what failed, why, which values would have been right, and what to do next.
package problem

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// MaxCandidates is the most candidates that are ever shown: a longer list costs the reader more than it helps.
const MaxCandidates = 10

// Code names a kind of problem. Codes are part of the answer, so programs may branch on them.
type Code string

// The closed list of codes.
const (
	InvalidArgument  Code = "invalid_argument"  // an argument is missing, of the wrong kind or out of range
	NotFound         Code = "not_found"         // no record or no name like this
	Ambiguous        Code = "ambiguous"         // several records or names fit
	NoToken          Code = "no_token"          // no access token is set for this account
	OutcomeUnknown   Code = "outcome_unknown"   // a write was sent, its answer was lost, the record was not found
	Duplicate        Code = "duplicate"         // what was to be created exists
	NeedsChoice      Code = "needs_choice"      // the caller has to choose one of the candidates
	Forbidden        Code = "forbidden"         // the user or the token lacks a right
	Unauthorized     Code = "unauthorized"      // the token is wrong, expired or revoked
	PaymentRequired  Code = "payment_required"  // the Kommo account is not paid for
	RateLimited      Code = "rate_limited"      // Kommo asks to slow down
	Blocked          Code = "blocked"           // Kommo has blocked the account or the address for a while
	KommoUnavailable Code = "kommo_unavailable" // Kommo does not answer or answers 5xx
	BadResponse      Code = "bad_response"      // Kommo answered something that is not its API
	Timeout          Code = "timeout"           // the time for this call ran out
	Canceled         Code = "canceled"          // the client gave up
	Declined         Code = "declined"          // a person was asked and did not agree; nothing was written
	Internal         Code = "internal"          // a bug on our side
	ReadOnly         Code = "read_only"         // the server runs in a mode without this kind of act
	Unavailable      Code = "unavailable"       // something needed is not available in this account or set-up
	Conflict         Code = "conflict"          // two statements contradict each other; nothing was written
	Unprocessable    Code = "unprocessable"     // Kommo understood the request and will not do it
)

// Candidate is one value or record that would have been right. ID is 0 where the thing has none.
type Candidate struct {
	ID     int64  `json:"id,omitempty"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
}

// Problem is a refusal that explains itself. Message is one plain sentence saying what failed and why;
// Next is one sentence saying what to do. Neither holds secrets or another program's error dump.
type Problem struct {
	Code       Code
	Message    string
	Field      string // the argument at fault, if one is
	Candidates []Candidate
	RetryAfter time.Duration // when trying again makes sense; 0 = unknown or pointless
	Next       string
	Err        error // the cause, for errors.Is and logs; never shown to the client
}

// New makes a problem with a code and a message.
func New(code Code, msg string) *Problem {
	return &Problem{Code: code, Message: msg}
}

// Invalid makes an InvalidArgument problem about one argument.
func Invalid(field, msg string) *Problem {
	return &Problem{Code: InvalidArgument, Field: field, Message: msg}
}

// Missing makes a NotFound problem about one argument.
func Missing(field, msg string, candidates ...Candidate) *Problem {
	return &Problem{Code: NotFound, Field: field, Message: msg, Candidates: candidates}
}

// Unclear makes an Ambiguous problem about one argument.
func Unclear(field, msg string, candidates ...Candidate) *Problem {
	return &Problem{Code: Ambiguous, Field: field, Message: msg, Candidates: candidates}
}

// WithField names the argument at fault and returns p.
func (p *Problem) WithField(field string) *Problem {
	p.Field = field
	return p
}

// WithCandidates adds candidates and returns p.
func (p *Problem) WithCandidates(cs ...Candidate) *Problem {
	p.Candidates = append(p.Candidates, cs...)
	return p
}

// WithNext says what to do next and returns p.
func (p *Problem) WithNext(next string) *Problem {
	p.Next = next
	return p
}

// WithRetryAfter says when to try again and returns p.
func (p *Problem) WithRetryAfter(d time.Duration) *Problem {
	p.RetryAfter = d
	return p
}

// Wrap keeps the cause for errors.Is and logs and returns p.
func (p *Problem) Wrap(err error) *Problem {
	p.Err = err
	return p
}

// Error is the message followed by the names of the candidates and the next step, on one line.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Message)
	for i, c := range p.Shown() {
		if i == 0 {
			b.WriteString(" Candidates: ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(c.Name)
	}
	if p.Next != "" {
		if !strings.HasSuffix(p.Message, ".") || len(p.Candidates) > 0 {
			b.WriteString(".")
		}
		b.WriteString(" ")
		b.WriteString(p.Next)
	}
	return b.String()
}

// Unwrap is the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Shown is the candidates worth showing: the first MaxCandidates of them.
func (p *Problem) Shown() []Candidate {
	return p.Candidates[:min(len(p.Candidates), MaxCandidates)]
}

// Is makes errors.Is(err, problem.New(code, "")) true for every problem with that code.
func (p *Problem) Is(target error) bool {
	t, ok := target.(*Problem)
	return ok && t.Message == "" && t.Code == p.Code
}

// HasCode tells whether err is, or wraps, a problem with one of the codes.
func HasCode(err error, codes ...Code) bool {
	var p *Problem
	if !errors.As(err, &p) {
		return false
	}
	return slices.Contains(codes, p.Code)
}
