package hooks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Limits on what is taken over from a body.
const (
	maxData    = 50   // entries of Report.Data
	maxName    = 100  // bytes of a name in Report.Data
	maxValue   = 1000 // bytes of a value in Report.Data, an agent's name, a reason
	maxID      = 255  // bytes of a call id
	maxItems   = 50   // action items
	maxPhone   = 250  // bytes of a number, a display name and SIP parameters included
	maxLink    = 2000 // bytes of a link
	maxSeconds = 7 * 24 * 3600
)

// doc is a JSON value that is read leniently: a missing key, null and another kind than expected are all empty, and
// numbers and booleans may come as strings.
type doc struct{ v gjson.Result }

// readDoc checks that body is one JSON object. encoding/json does that part, since it limits the nesting; gjson reads.
func readDoc(body []byte) (doc, error) {
	if len(body) > MaxBody {
		return doc{}, fmt.Errorf("%w: more than %d bytes", ErrBody, MaxBody)
	}
	body = bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\xef\xbb\xbf"))
	switch {
	case len(body) == 0:
		return doc{}, fmt.Errorf("%w: it is empty", ErrBody)
	case !json.Valid(body):
		return doc{}, fmt.Errorf("%w: no valid JSON", ErrBody)
	case body[0] != '{':
		return doc{}, fmt.Errorf("%w: no JSON object", ErrBody)
	}
	return doc{gjson.ParseBytes(body)}, nil
}

// at is the value at a path of keys, "call.customer".
func (d doc) at(path string) doc { return doc{d.v.Get(path)} }

func (d doc) isObject() bool { return d.v.IsObject() }

// text is the first text at one of the paths: strings trimmed, numbers and booleans as they are written.
func (d doc) text(paths ...string) string {
	for _, path := range paths {
		if s := d.at(path).plain(); s != "" {
			return s
		}
	}
	return ""
}

// short is text for names and reasons, cut to a bearable length.
func (d doc) short(paths ...string) string { return cut(d.text(paths...), maxValue) }

// plain is the value itself as text; empty for objects, arrays and null.
func (d doc) plain() string {
	switch d.v.Type {
	case gjson.String, gjson.Number:
		return clean(d.v.String())
	case gjson.True:
		return "true"
	case gjson.False:
		return "false"
	default:
		return ""
	}
}

// number is a finite number, or a string that holds one.
func (d doc) number(path string) (n float64, ok bool) {
	s := d.text(path)
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

func (d doc) truth(path string) bool {
	s := strings.ToLower(d.text(path))
	return s == "true" || s == "1"
}

// length is a duration of number(path) units; not ok where it is missing or beyond all calls.
func (d doc) length(path string, unit time.Duration) (time.Duration, bool) {
	n, ok := d.number(path)
	if !ok {
		return 0, false
	}
	return whole(n * unit.Seconds())
}

// whole rounds a length to seconds; not ok if it is negative or beyond all calls.
func whole(seconds float64) (time.Duration, bool) {
	if !(seconds >= 0 && seconds <= maxSeconds) {
		return 0, false
	}
	return time.Duration(math.Round(seconds)) * time.Second, true
}

// when is the first instant at one of the paths: RFC 3339 text, or seconds or milliseconds since 1970. A time without
// a zone is no instant and stays empty.
func (d doc) when(paths ...string) time.Time {
	for _, path := range paths {
		if t := instant(d.text(path)); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func instant(s string) time.Time {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return epoch(n)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700"} {
		if t, err := time.Parse(layout, s); err == nil && sane(t) {
			return t.UTC()
		}
	}
	return time.Time{}
}

// epoch tells seconds from milliseconds by size: 1e11 seconds are the year 5138, 1e11 milliseconds the year 1973.
func epoch(n float64) time.Time {
	if n < 1e11 {
		n *= 1000
	}
	if !(n > 0 && n < 1e13) {
		return time.Time{}
	}
	if t := time.UnixMilli(int64(n)).UTC(); sane(t) {
		return t
	}
	return time.Time{}
}

// sane keeps out what a missing value turns into somewhere on the way: 1970, year 1, year 9999.
func sane(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2100 }

// span is the time from one instant to a later one; not ok unless both are there.
func span(from, to time.Time) (time.Duration, bool) {
	if from.IsZero() || to.IsZero() || to.Before(from) || to.Sub(from) > maxSeconds*time.Second {
		return 0, false
	}
	return to.Sub(from).Round(time.Second), true
}

// items are the elements of an array, empty for anything else.
func (d doc) items(path string) iter.Seq[doc] {
	list := d.at(path)
	return func(yield func(doc) bool) {
		if list.v.IsArray() {
			list.v.ForEach(func(_, v gjson.Result) bool { return yield(doc{v}) })
		}
	}
}

// entries are the members of an object, empty for anything else.
func (d doc) entries(path string) iter.Seq2[string, doc] {
	object := d.at(path)
	return func(yield func(string, doc) bool) {
		if object.isObject() {
			object.v.ForEach(func(k, v gjson.Result) bool { return yield(clean(k.String()), doc{v}) })
		}
	}
}

// list is the plain elements of an array, or the one plain value in its place.
func (d doc) list(path string) []string {
	if s := d.text(path); s != "" {
		return []string{cut(s, maxValue)}
	}
	var out []string
	for item := range d.items(path) {
		s := item.plain()
		if s == "" {
			s = item.text("content", "text", "description", "title", "name")
		}
		if s != "" && len(out) < maxItems {
			out = append(out, cut(s, maxValue))
		}
	}
	return out
}

// facts gathers Report.Data. The zero value is ready.
type facts struct{ m map[string]string }

// put notes one value: plain, a list of plain ones, or wrapped as {value}, {result}; anything deeper is left out.
func (f *facts) put(name string, v doc) {
	s := v.plain()
	if s == "" {
		s = v.text("value", "result")
	}
	if s == "" && v.v.IsArray() {
		var parts []string
		for _, e := range v.v.Array() {
			if p := (doc{e}).plain(); p != "" && len(parts) < maxItems {
				parts = append(parts, p)
			}
		}
		s = strings.Join(parts, ", ")
	}
	if name == "" || s == "" || len(f.m) >= maxData {
		return
	}
	if f.m == nil {
		f.m = map[string]string{}
	}
	f.m[cut(name, maxName)] = cut(s, maxValue)
}

// clean makes a text valid UTF-8 without NUL, which neither SQLite's tools nor Kommo like, and trims it.
func clean(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
}

// cut shortens a text to at most limit bytes at the border of a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
}
