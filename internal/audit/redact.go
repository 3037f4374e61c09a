package audit

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// redactor leaves out what customers wrote or said: of a text its length is kept.
type redactor struct {
	full bool
	own  func(key string) bool // whose values are shown in before and after
}

// length stands for a value that is not shown.
type length struct {
	Chars int `json:"chars"`
}

const (
	maxDepth = 6
	maxName  = 100 // characters of a name of the account
)

// ownWords are the keys of answers whose values are the account's own words, or ours.
func ownWords(key string) bool {
	return slices.Contains([]string{
		"stage", "pipeline", "status", "responsible", "loss_reason", "due", "type", "kind", "direction", "outcome", "completed", "closed", "sort", "color", "currency",
		"state", "events", "attached_to", "catalog",
	}, key)
}

// figures are the keys whose values are numbers that say nothing about a person.
func figures(key string) bool {
	return key != "call_id" && (slices.Contains([]string{"id", "price", "quantity", "position", "size", "duration_seconds", "limit", "sort"}, key) ||
		strings.HasSuffix(key, "_id") || strings.HasSuffix(key, "_ids"))
}

// answered is a before or after. Its keys are what was changed, by the account's
// names. nil for none.
func (r redactor) answered(v any) any {
	state, ok := v.(map[string]any)
	if r.full || !ok {
		return v
	}
	out := map[string]any{}
	for key, inner := range state {
		out[cut(key)] = shown(key, inner, r.own, 1)
	}
	return out
}

// shown is a value without its texts, other than those under keys that own names.
// Custom fields are called what the account likes, so that below them no key tells
// anything.
func shown(key string, v any, own func(string) bool, depth int) any {
	switch v := v.(type) {
	case map[string]any:
		inside := func(name string) bool { return name == "kind" && key != "fields" || own("name") }
		return shownObject(v, inside, key != "fields", depth)
	case []any:
		if depth >= maxDepth {
			return length{len(v)}
		}
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = shown(key, inner, own, depth+1)
		}
		return out
	case bool, nil:
		return v
	case json.Number:
		if figures(key) || own(key) {
			return v
		}
		return length{len(v)}
	case string:
		if own(key) {
			return cut(v)
		}
		return length{utf8.RuneCountInString(v)}
	}
	return nil
}

func shownObject(v map[string]any, own func(string) bool, figured bool, depth int) any {
	if depth >= maxDepth {
		return length{len(v)}
	}
	out := map[string]any{}
	for name, inner := range v {
		key := name
		if !figured {
			key = "fields" // whatever it is called
		}
		out[cut(name)] = shown(key, inner, own, depth+1)
	}
	return out
}

// given is what the caller sent. Any of it may be a customer's text, wherever it
// stands, so that only ids, figures and our own words are shown; of nested values
// their size.
func (r redactor) given(args map[string]any) any {
	out := map[string]any{}
	for key, v := range args {
		switch {
		case strings.HasSuffix(key, "_token"): // of a confirmation: worth something
		case key == "destination": // of a webhook: many carry a secret
			out[key] = destination(v)
		case r.full:
			out[key] = v
		case key == "path":
			path, _ := v.(string)
			out[key] = route(path)
		case key == "body":
			out[key] = outline(key, parsed(v), 1)
		case plainWord(key): // the names of arguments are; others are refused anyway
			out[key] = sized(key, v)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// destination is the server of a URL, without path, query and user.
func destination(v any) any {
	text, _ := v.(string)
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return length{utf8.RuneCountInString(text)}
	}
	return u.Scheme + "://" + u.Host
}

func sized(key string, v any) any {
	switch v := v.(type) {
	case bool, nil:
		return v
	case json.Number:
		if figures(key) {
			return v
		}
		return length{len(v)}
	case string:
		if ourWord(key, v) || figures(key) && number(v) != 0 && len(v) <= 19 {
			return v
		}
		return length{utf8.RuneCountInString(v)}
	case []any:
		if !figures(key) {
			return length{len(v)}
		}
		out := make([]any, 0, len(v))
		for _, one := range v {
			if number(one) != 0 {
				out = append(out, one)
			}
		}
		return out
	case map[string]any:
		return length{len(v)}
	}
	return nil
}

// ourWord tells a word out of a closed list of ours; only such lists stand under
// these keys, and what is not on them is refused.
func ourWord(key, v string) bool {
	words := map[string][]string{
		"direction":      {"inbound", "outbound"},
		"outcome":        {"conversation", "left_message", "no_answer", "not_available", "busy", "wrong_number", "call_back_later"},
		"unknown_caller": {"create_lead", "incoming_lead", "contact_only", "reject"},
		"several_leads":  {"most_recently_active", "newest", "in_pipeline", "ask"},
		"kind":           {"lead", "contact", "company"},
	}
	return slices.Contains(words[key], v)
}

func cut(s string) string {
	if utf8.RuneCountInString(s) <= maxName {
		return s
	}
	return string([]rune(s)[:maxName]) + "…"
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
