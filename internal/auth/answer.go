package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// pair is what the token endpoint gives.
type pair struct {
	Access    string
	Refresh   string
	ExpiresIn int64 // seconds; 0 if the answer does not say
}

// readPair reads a success. The exchange has been carried out by then and the former
// refresh token is dead, so nothing that can be done without may cost the new pair:
// how long it lives is read in any spelling or not at all. An answer without a refresh
// token leaves the former one in force (RFC 6749, section 6).
func readPair(body []byte, former string) (pair, error) {
	var raw struct {
		Access    string          `json:"access_token"`
		Refresh   string          `json:"refresh_token"`
		ExpiresIn json.RawMessage `json:"expires_in"`
	}
	if json.Unmarshal(body, &raw) != nil || !isToken(raw.Access) {
		return pair{}, fmt.Errorf("%w: the answer was cut off or is none of the token endpoint", errUnclear)
	}
	if raw.Refresh == "" {
		raw.Refresh = former
	}
	if !isToken(raw.Refresh) {
		return pair{}, fmt.Errorf("%w: the answer holds no refresh token", errUnclear)
	}
	return pair{raw.Access, raw.Refresh, wholeIn(raw.ExpiresIn)}, nil
}

// isToken tells whether a text can stand in a header as a token does.
func isToken(s string) bool {
	return s != "" && len(s) <= maxToken && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// wholeIn reads a number, which some write as text; 0 if it is none.
func wholeIn(raw json.RawMessage) int64 {
	return whole(json.Number(bytes.Trim(raw, `" `)))
}

// refusal is a definite no of the token endpoint.
type refusal struct {
	status int
	hint   string // Kommo's word, in English; empty if there was none
	to     string // the host to which a redirect points; unchecked
}

func (r *refusal) Error() string {
	switch {
	case r.hint != "":
		return "Kommo refused: " + r.hint
	case r.redirected():
		return "Kommo's host redirects to another one, which was not followed"
	}
	return fmt.Sprintf("Kommo refused with status %d", r.status)
}

func (r *refusal) redirected() bool { return r.status/100 == 3 }

// ends reports whether a grant is over by this alone, where nobody can be asked whether
// its account has moved. A redirect says nothing about the grant, and a 400 without
// a reason comes of troubles that pass, too.
func (r *refusal) ends() bool {
	return r.hint != "" || !r.redirected() && r.status != http.StatusBadRequest
}

// errUnclear is told when nothing definite came back: the exchange may have been
// carried out.
var errUnclear = errors.New("no clear answer from Kommo")

// busy is an unclear answer that asks not to come again at once.
type busy struct {
	status int
	after  time.Duration
}

func (b *busy) Error() string { return fmt.Sprintf("%v: status %d", errUnclear, b.status) }

// Is finds errUnclear.
func (b *busy) Is(target error) bool { return target == errUnclear }

// longestPause bounds what Kommo may ask us to wait, so that one wrong answer does not
// cost the rest of an access token's life.
const longestPause = 15 * time.Minute

// unclear is the error for a status that decides nothing. Over the limit and while it
// blocks us Kommo has to be left alone, or the block lasts.
func unclear(res answered) error {
	after := retryAfter(res.header)
	if after > 0 || res.status == http.StatusTooManyRequests || res.status == http.StatusForbidden {
		return &busy{res.status, min(max(after, calm), longestPause)}
	}
	return fmt.Errorf("%w: status %d", errUnclear, res.status)
}

// retryAfter reads the header in seconds; Kommo sends none, a proxy in front may.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// refused reads the error envelope. What is no envelope says nothing about the
// grant: a proxy's page, an overload, a block.
func refused(res answered) error {
	var e struct {
		Hint  string `json:"hint"`
		Error string `json:"error"` // of RFC 6749, which Kommo's envelope has not
		Type  string `json:"type"`
	}
	isEnvelope := json.Unmarshal(res.body, &e) == nil
	if e.Hint == "" && (e.Error == "invalid_grant" || e.Error == "invalid_client") {
		e.Hint = e.Error
	}
	isNo := res.status == http.StatusBadRequest || res.status == http.StatusUnauthorized
	switch {
	case res.status == http.StatusNotFound: // no account of that name
		return &refusal{status: res.status}
	case res.status/100 == 3:
		return &refusal{status: res.status, to: hostOf(res.header.Get("Location"))}
	case isEnvelope && e.Hint != "" && isNo:
		return &refusal{status: res.status, hint: printable(e.Hint)}
	case isEnvelope && res.status == http.StatusUnauthorized, isEnvelope && isNo && strings.HasSuffix(e.Type, "/OAuthProblemJson"):
		return &refusal{status: res.status}
	}
	return unclear(res)
}

func hostOf(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	return u.Host
}

// printable bounds a text of the other side before it reaches people.
func printable(s string) string {
	out := make([]rune, 0, 120)
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		if out = append(out, r); len(out) == cap(out) {
			break
		}
	}
	return string(out)
}
