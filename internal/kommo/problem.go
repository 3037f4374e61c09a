package kommo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	maxFieldErrors  = 50
	maxText         = 300   // characters of one quoted text
	shownFields     = 3     // complaints named in the message
	maxRetrySeconds = 86400 // more is taken for a mistake
)

// problem is what an error body says. Bodies come as problem+json, in the
// older form {"response":{"error","error_code"}}, as a web page, or not at all;
// every part may be missing or of another type than documented.
type problem struct {
	json, empty bool
	title       string
	detail      string
	hint        string
	codes       []string // keys of errors{} and other numeric codes
	fields      []FieldError
	retryAfter  time.Duration
	traceID     string
}

func parseProblem(body []byte) problem {
	p := problem{empty: len(bytes.TrimSpace(body)) == 0}
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &m) != nil || m == nil {
		var list []json.RawMessage
		p.json = json.Unmarshal(body, &list) == nil && list != nil
		return p
	}
	p.json = true
	p.title, p.detail, p.hint = textOf(m["title"]), textOf(m["detail"]), textOf(m["hint"])
	p.traceID = textOf(m["trace_id"])
	p.retryAfter = secondsOf(m["retry_after"])
	p.codes = append(p.codes, textOf(m["code"]), textOf(m["error_code"]))
	if old := decodeAs[map[string]json.RawMessage](m["response"]); old != nil {
		p.detail = textOf(old["error"])
		p.codes = append(p.codes, textOf(old["error_code"]))
	}
	p.readFields(m)
	return p
}

// readFields collects complaints from validation-errors[].errors[] and from
// errors{"<id>":"text"}.
func (p *problem) readFields(m map[string]json.RawMessage) {
	for _, raw := range decodeAs[[]json.RawMessage](m["validation-errors"]) {
		item := decodeAs[map[string]json.RawMessage](raw)
		for _, rawError := range decodeAs[[]json.RawMessage](item["errors"]) {
			e := decodeAs[map[string]json.RawMessage](rawError)
			p.add(FieldError{Item: textOf(item["request_id"]), Path: textOf(e["path"]), Code: textOf(e["code"]), Detail: textOf(e["detail"])})
		}
	}
	byID := decodeAs[map[string]json.RawMessage](m["errors"])
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		p.codes = append(p.codes, id)
		p.add(FieldError{Code: plain(id), Detail: textOf(byID[id])})
	}
}

func (p *problem) add(f FieldError) {
	if len(p.fields) < maxFieldErrors && f != (FieldError{Item: f.Item}) {
		p.fields = append(p.fields, f)
	}
}

// says reports whether the body speaks of one of the phrases (lower case).
func (p problem) says(phrases ...string) bool {
	said := strings.ToLower(p.title + "\n" + p.detail + "\n" + p.hint)
	return slices.ContainsFunc(phrases, func(s string) bool { return strings.Contains(said, s) })
}

func (p problem) has(code string) bool { return slices.Contains(p.codes, code) }

// text is the second half of a message: the complaints, or else what the body
// says in general.
func (p problem) text() string {
	if len(p.fields) == 0 {
		return cmp.Or(joined(p.detail, p.hint), p.title)
	}
	var parts []string
	for _, f := range p.fields[:min(len(p.fields), shownFields)] {
		parts = append(parts, f.String())
	}
	if more := len(p.fields) - shownFields; more > 0 {
		parts = append(parts, "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(parts, "; ")
}

// String reads "price: This value should be of type int (InvalidType)".
func (f FieldError) String() string {
	said := joined(f.Path, f.Detail)
	switch {
	case f.Code == "":
		return said
	case said == "":
		return f.Code
	}
	return said + " (" + f.Code + ")"
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}

// decodeAs decodes raw, or returns the zero value if it has another type.
func decodeAs[T any](raw json.RawMessage) T {
	var v T
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		var zero T
		return zero
	}
	return v
}

// textOf reads a string or a number as plain text.
func textOf(raw json.RawMessage) string {
	if s := decodeAs[string](raw); s != "" {
		return plain(s)
	}
	return plain(decodeAs[json.Number](raw).String())
}

func secondsOf(raw json.RawMessage) time.Duration {
	n, err := strconv.ParseFloat(textOf(raw), 64)
	if err != nil || n != n || n <= 0 {
		return 0
	}
	return time.Duration(min(n, maxRetrySeconds) * float64(time.Second))
}

var markupPattern = regexp.MustCompile(`(?i)<[a-z!/?]`)

// plain makes foreign text fit for one line of a message: no control or
// invisible characters, no markup, a bounded length.
func plain(s string) string {
	if markupPattern.MatchString(s) {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if short := []rune(s); len(short) > maxText {
		return string(short[:maxText]) + "…"
	}
	return s
}
