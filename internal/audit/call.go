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
	Kind        string          // of the records that the tool is about, where its name says it
	Args        json.RawMessage // the arguments, an object
	Answer      json.RawMessage // an object: of a success or of an error
	Changes     json.RawMessage // a list of Change, of tools that write to many records
	Failed      bool
	Message     string // of the error: it may quote the arguments

	// Of a call that was kept and delivered later: for whom it was accepted, as Actor
	// words it, and its account. Empty: the context says it.
	By, Account string
	PendingID   int64
}

// Change is what became of one of many records, of which the answer tells less.
type Change struct {
	Kind   string         `json:"kind"`
	ID     int64          `json:"id"`
	How    string         `json:"how,omitempty"` // created, failed, unknown; empty: changed
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
}

// Actor words a principal, for what is kept and delivered later.
func Actor(p principal.Principal) string { return string(p.Kind) + " " + p.ID }

// actorOf reads what Actor wrote.
func actorOf(by string) who {
	kind, id, _ := strings.Cut(by, " ")
	return who{Kind: principal.Kind(kind), ID: id}
}

// line is a call without who made it and when.
func (c Call) line(full bool) line {
	args, answer := object(c.Args), object(c.Answer)
	out := line{Tool: c.Tool, Class: c.Class, Result: "ok", Pending: cmp.Or(c.PendingID, number(answer["pending_id"]))}
	switch status, _ := answer["status"].(string); {
	case plainWord(status):
		out.Result = status
	case answer["unchanged"] == true:
		out.Result = "unchanged"
	}
	if c.Failed {
		out.Result = "error"
		failure, _ := answer["error"].(map[string]any)
		out.Code, _ = failure["code"].(string)
		if full {
			out.Message = c.Message
		}
	}
	r := redactor{full: full, own: ownWords}
	if isSettings(c.Kind) {
		r.own = func(string) bool { return true }
	}
	out.Records = c.records(args, answer, r)
	if len(out.Records) > maxRecords {
		out.More = len(out.Records) - maxRecords
		out.Records = out.Records[:maxRecords]
	}
	out.Before, out.After, out.Given = r.answered(answer["before"]), r.answered(answer["after"]), r.given(args)
	return out
}

// isSettings tells kinds of records that are how an account is set up: all that is in
// them are its own words.
func isSettings(kind string) bool {
	return slices.Contains([]string{"pipeline", "stage", "custom_field", "field_group", "loss_reason", "source", "catalog"}, kind)
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
