package crm

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const (
	briefNotes = 8
	briefTasks = 10
	briefCards = 10 // contacts or leads in a briefing
	// noteClip is where texts of notes are cut, in characters.
	noteClip = 500
	taskClip = 200
)

// TaskRow is a task in a list. For names the record that it belongs to.
type TaskRow struct {
	TaskLine

	For *Record `json:"for,omitempty"`
}

// TaskLine is a task in a briefing, whose reader knows the record.
type TaskLine struct {
	ID          int64  `json:"id"`
	Due         string `json:"due"`
	Overdue     bool   `json:"overdue,omitempty"`
	Text        string `json:"text"`
	Type        string `json:"type"`
	Responsible string `json:"responsible"`
	Completed   bool   `json:"completed,omitempty"`
	Result      string `json:"result,omitempty"`
}

func taskLine(t kommo.Task, names *directory.Snapshot, now time.Time) TaskLine {
	return TaskLine{
		ID: t.ID, Due: moment(t.Deadline, names.Account.Location()), Overdue: !t.Completed && t.Deadline.Time().Before(now),
		Text: clip(t.Text, taskClip), Type: names.TaskTypeName(t.TypeID), Responsible: names.UserName(t.ResponsibleID),
		Completed: t.Completed, Result: clip(t.Result.Text, taskClip),
	}
}

// NoteRow is an entry of a card's timeline. Kind is a word of noteKinds or the
// name that Kommo gives it; the last three keys are those of calls.
type NoteRow struct {
	At        string `json:"at"`
	By        string `json:"by"`
	Kind      string `json:"kind"`
	Text      string `json:"text,omitempty"`
	Direction string `json:"direction,omitempty"`
	Seconds   int64  `json:"duration_seconds,omitempty"`
	Outcome   string `json:"outcome,omitempty"`
	Recording string `json:"recording_url,omitempty"`
}

func noteRow(n kommo.Note, names *directory.Snapshot) NoteRow {
	row := NoteRow{
		At: moment(n.CreatedAt, names.Account.Location()), By: names.UserName(n.CreatedBy),
		Kind: noteWord(n.Type), Direction: noteDirection(n), Text: clip(noteFull(n), noteClip),
	}
	if call, ok := n.Call(); ok {
		row.Seconds, row.Outcome, row.Recording = int64(call.Duration), outcomeWord(call.Status), call.Link
	}
	if row.Kind == noteService {
		row.By = serviceOf(n, row.By)
	}
	return row
}

// outcomeWord is the outcome of a call in the words that post_call_summary
// takes.
func outcomeWord(s kommo.CallStatus) string {
	switch s {
	case kommo.CallLeftMessage:
		return "left_message"
	case kommo.CallLater:
		return "call_back_later"
	case kommo.CallNotAvailable:
		return "not_available"
	case kommo.CallTalked:
		return "conversation"
	case kommo.CallWrongNumber:
		return "wrong_number"
	case kommo.CallNoAnswer:
		return "no_answer"
	case kommo.CallBusy:
		return "busy"
	default:
		return ""
	}
}

func serviceOf(n kommo.Note, otherwise string) string {
	var p kommo.ServiceParams
	if json.Unmarshal(n.Params, &p) != nil || p.Service == "" {
		return otherwise
	}
	return short(p.Service, longName)
}

// clip cuts a text to at most limit characters and keeps its lines.
func clip(text string, limit int) string {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:limit-1])) + "…"
}

// leftOut says in words how many of a kind are not shown; more tells that there
// are even more than were counted.
func leftOut(total, shown int, more bool, kind string) []string {
	switch rest := total - shown; {
	case more:
		return []string{fmt.Sprintf("more than %d %s", max(rest, 0), kind)}
	case rest > 0:
		return []string{fmt.Sprintf("%d %s", rest, kind)}
	default:
		return nil
	}
}

// fieldTexts are the values of a predefined field such as PHONE.
func fieldTexts(fields []kommo.FieldValue, code string) []string {
	var out []string
	for _, f := range fields {
		if f.Is(code) {
			out = append(out, f.Texts()...)
		}
	}
	return out
}

// otherFields are the custom fields by name without phones and e-mails, which
// have keys of their own.
func otherFields(names *directory.Snapshot, entity kommo.Entity, held []kommo.FieldValue) map[string]any {
	var rest []kommo.FieldValue
	for _, f := range held {
		if !f.Is(kommo.CodePhone) && !f.Is(kommo.CodeEmail) {
			rest = append(rest, f)
		}
	}
	return names.PlainFields(entity, rest)
}
