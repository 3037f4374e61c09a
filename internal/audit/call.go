package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/principal"
)

// Call is a write as its tool saw it.
type Call struct {
	Tool, Class string
	Args        json.RawMessage // the arguments, an object
	Answer      json.RawMessage // structuredContent, an object: of a success or of an error
	Failed      bool
	Message     string // of the error: it may quote the arguments

	// Of a call that was kept and delivered later: for whom it was accepted, as Actor
	// words it, and its account. Empty: the context says it.
	By, Account string
	PendingID   int64
}

// record is one record of the account that a write was about.
type record struct {
	Kind string `json:"kind,omitempty"`
	ID   int64  `json:"id"`
	How  string `json:"how,omitempty"` // created, found, failed, unknown; empty: written to, or named by the caller
}

// Actor words a principal, for what is kept and delivered later.
func Actor(p principal.Principal) string { return string(p.Kind) + " " + p.ID }

// actorOf reads what Actor wrote.
func actorOf(by string) who {
	kind, id, _ := strings.Cut(by, " ")
	return who{Kind: principal.Kind(kind), ID: id}
}

// maxRecords is how many records a line names; a bulk call has fewer.
const maxRecords = 2000

// line is a call without who made it and when.
func (c Call) line(full bool) line {
	args, answer := object(c.Args), object(c.Answer)
	out := line{Tool: c.Tool, Class: c.Class, Result: "ok", Pending: cmp.Or(c.PendingID, number(answer["pending_id"]))}
	if status, ok := answer["status"].(string); ok && plainWord(status) {
		out.Result = status
	}
	if c.Failed {
		out.Result = "error"
		failure, _ := answer["error"].(map[string]any)
		out.Code, _ = failure["code"].(string)
		if full {
			out.Message = c.Message
		}
	}
	out.Records = records(args, answer)
	if len(out.Records) > maxRecords {
		out.More = len(out.Records) - maxRecords
		out.Records = out.Records[:maxRecords]
	}
	r := redactor{full: full}
	out.Before, out.After, out.Given = r.answered(answer["before"]), r.answered(answer["after"]), r.given(args)
	return out
}

// object reads a JSON object with its numbers as they stand; nil if it is none.
func object(raw json.RawMessage) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out map[string]any
	if d.Decode(&out) != nil {
		return nil
	}
	return out
}

// records gathers the ids of what was written to and of what the caller named.
func records(args, answer map[string]any) []record {
	out := []record{}
	add := func(r record) {
		if r.ID != 0 && !slices.ContainsFunc(out[max(0, len(out)-maxRecords):], func(o record) bool { return o.ID == r.ID && (o.Kind == r.Kind || r.Kind == "") }) {
			out = append(out, r)
		}
	}
	for _, how := range []string{"created", "found"} {
		for _, one := range list(answer[how]) {
			add(recordOf(one, how))
		}
	}
	add(recordOf(answer["card"], ""))
	add(recordOf(answer, ""))
	bulkRecords(answer, add)
	for _, key := range sortedKeys(args) {
		if key == "call_id" {
			continue // of a telephone call; some platforms number them like telephones
		}
		if kind, ok := strings.CutSuffix(strings.TrimSuffix(key, "s"), "_id"); ok && plainWord(kind) {
			for _, id := range append(list(args[key]), args[key]) {
				add(record{Kind: kind, ID: number(id)})
			}
		}
	}
	return out
}

// bulkRecords are those of an answer about many leads.
func bulkRecords(answer map[string]any, add func(record)) {
	for _, id := range list(answer["changed"]) {
		add(record{Kind: "lead", ID: number(id)})
	}
	for _, one := range list(answer["failed"]) {
		if r := recordOf(one, "failed"); r.ID != 0 {
			add(record{Kind: "lead", ID: r.ID, How: r.How})
		}
	}
	for _, id := range list(answer["unknown"]) {
		add(record{Kind: "lead", ID: number(id), How: "unknown"})
	}
}

// recordOf reads {kind, id, url}; what the kind does not say, the link does.
func recordOf(v any, how string) record {
	m, _ := v.(map[string]any)
	kind, _ := m["kind"].(string)
	if !plainWord(kind) {
		kind = ""
	}
	url, _ := m["url"].(string)
	return record{Kind: cmp.Or(kind, kindOf(url)), ID: number(m["id"]), How: how}
}

func kindOf(url string) string {
	for part, kind := range map[string]string{"/leads/detail/": "lead", "/contacts/detail/": "contact", "/companies/detail/": "company"} {
		if strings.Contains(url, part) {
			return kind
		}
	}
	return ""
}

func list(v any) []any {
	out, _ := v.([]any)
	return out
}

// number is a whole number, also one in quotes; else 0.
func number(v any) int64 {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// plainWord tells a word of ours from a text.
func plainWord(s string) bool {
	return s != "" && len(s) <= 30 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}
