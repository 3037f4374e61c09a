package crm

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const (
	// callSource is who logs the call: Kommo refuses a call note without a source
	// (Kommo API facts: notes).
	callSource = "kommo-mcp"
	// headline is how long the first sentence of a summary may be to serve as the
	// title of its note.
	headline = 60
	// maxTranscript is how many notes a transcript may fill: more is a recording's
	// job, and one request must stay one request.
	maxTranscript = 20
	noteClock     = "2006-01-02 15:04"
)

// callStatuses are Kommo's numbers for the outcomes (Kommo API facts: calls).
func callStatuses() map[string]kommo.CallStatus {
	return map[string]kommo.CallStatus{
		"conversation": kommo.CallTalked, "left_message": kommo.CallLeftMessage, "no_answer": kommo.CallNoAnswer,
		"not_available": kommo.CallNotAvailable, "busy": kommo.CallBusy, "wrong_number": kommo.CallWrongNumber,
		"call_back_later": kommo.CallLater,
	}
}

// notReached tells the outcomes of a call in which nobody spoke.
func notReached(outcome string) bool {
	return slices.Contains([]string{"no_answer", "not_available", "busy"}, outcome)
}

// notes are the entries of the call for one card, the call itself first, then
// the summary, then the transcript: one request.
func (p *callPlan) notes(c card) []kommo.NoteWrite {
	out := []kommo.NoteWrite{{EntityID: c.id, Type: p.callType(), CreatedAt: p.createdAt(), Params: kommo.CallParams{
		Unique: p.uniq, Duration: kommo.Int(p.DurationSeconds), Source: callSource, Link: p.recording, Phone: p.line(),
		Responsible: kommo.Responsible(p.AgentName), Result: p.headlineOr(""), Status: callStatuses()[p.Outcome],
	}}}
	for _, text := range p.texts() {
		out = append(out, kommo.NoteWrite{EntityID: c.id, Type: kommo.NoteCommon, CreatedAt: p.createdAt(), Params: kommo.TextParams{Text: text}})
	}
	return out
}

// callType is the type of the call's note.
func (p *callPlan) callType() string {
	if p.outbound() {
		return kommo.NoteCallOut
	}
	return kommo.NoteCallIn
}

// texts are the summary and the transcript, in notes that Kommo takes. A report
// that came before the summary is written has the call's note alone.
func (p *callPlan) texts() []string {
	var out []string
	if strings.TrimSpace(p.Summary) != "" || len(compact(p.ActionItems...)) > 0 {
		out = pieces(p.summaryText(), maxNote)
	}
	return append(out, p.transcripts()...)
}

// transcripts are the notes of the transcript, numbered if there are several.
func (p *callPlan) transcripts() []string {
	const heading = 40 // room for "Transcript of the call (12/20):"
	text := strings.TrimSpace(p.Transcript)
	if text == "" {
		return nil
	}
	parts := pieces(text, maxNote-heading)
	parts = parts[:min(len(parts), maxTranscript)]
	for i := range parts {
		title := "Transcript of the call"
		if len(parts) > 1 {
			title += fmt.Sprintf(" (%d/%d)", i+1, len(parts))
		}
		parts[i] = title + ":\n" + parts[i]
	}
	return parts
}

// summaryText is the note that a salesperson reads: what kind of call, how it
// ended, what was said, what is to be done. A call that reached nobody is one
// line.
func (p *callPlan) summaryText() string {
	head, body := p.headlineAndBody()
	if notReached(p.Outcome) {
		return p.title(head) + ": " + strings.Join(strings.Fields(p.Summary), " ") + " (AI-written)"
	}
	blocks := []string{strings.Join(compact(p.title(head), p.circumstances(head)), "\n"), body}
	if items := compact(p.ActionItems...); len(items) > 0 {
		blocks = append(blocks, "Action items:\n- "+strings.Join(items, "\n- "))
	}
	blocks = append(blocks, strings.Join(compact(p.nextStep(), p.recordingLine(), "(AI-written summary)"), "\n"))
	return strings.Join(compact(blocks...), "\n\n")
}

// title reads "Call in, 2:05 - booked demo".
func (p *callPlan) title(head string) string {
	text := "Call in"
	if p.outbound() {
		text = "Call out"
	}
	if p.DurationSeconds > 0 {
		text += ", " + clockLength(p.DurationSeconds)
	}
	if head != "" {
		text += " - " + head
	}
	return text
}

// headlineAndBody takes the summary's first sentence as the title where it is
// short enough, and the outcome otherwise.
func (p *callPlan) headlineAndBody() (head, body string) {
	body = trimmedText(p.Summary)
	if notReached(p.Outcome) {
		return p.outcomeWords(), body
	}
	first, rest := firstSentence(body)
	if utf8.RuneCountInString(first) <= headline {
		return strings.TrimRight(first, ". "), rest
	}
	return p.outcomeWords(), body
}

func (p *callPlan) headlineOr(other string) string {
	if head, _ := p.headlineAndBody(); head != "" {
		return head
	}
	return other
}

// firstSentence cuts a text behind its first sentence or line.
func firstSentence(text string) (first, rest string) {
	for i, r := range text {
		end := i + utf8.RuneLen(r)
		if endsSentence(text, i, r) {
			return strings.TrimSpace(text[:end]), strings.TrimSpace(text[end:])
		}
	}
	return strings.TrimSpace(text), ""
}

// endsSentence tells whether the mark at i ends a sentence.
func endsSentence(text string, i int, mark rune) bool {
	switch mark {
	case '\n', '。':
		return true
	case '!', '?':
		return strings.HasPrefix(text[i+1:], " ")
	case '.':
		return strings.HasPrefix(text[i+1:], " ") && !abbreviated(text[:i])
	default:
		return false
	}
}

// abbreviated tells a full stop that belongs to the word before it: "Mr. Lopez",
// "Sra. Ruiz", "J. Smith", "No. 5", "1. Wants a quote". A short word alone is no
// title either.
func abbreviated(before string) bool {
	const most = 3
	word := before[strings.LastIndexAny(before, " \n")+1:]
	if utf8.RuneCountInString(word) > most {
		return false
	}
	first, size := utf8.DecodeRuneInString(word)
	return word == before || unicode.IsUpper(first) && word[size:] == strings.ToLower(word[size:])
}

func (p *callPlan) outcomeWords() string { return strings.ReplaceAll(p.Outcome, "_", " ") }

// circumstances reads "Outcome: conversation · +1 202-555-0101 · 2026-11-20 10:00 · Ana".
func (p *callPlan) circumstances(head string) string {
	var parts []string
	if words := p.outcomeWords(); words != "" && words != head {
		parts = append(parts, "Outcome: "+words)
	}
	if p.Phone != "" {
		parts = append(parts, p.line())
	}
	if !p.started.IsZero() {
		parts = append(parts, p.started.In(p.zone).Format(noteClock))
	}
	parts = append(parts, compact(p.AgentName)...)
	if mood := strings.TrimSpace(p.Sentiment); mood != "" {
		parts = append(parts, "Sentiment: "+short(strings.ToLower(mood), headline))
	}
	return strings.Join(parts, " · ")
}

func (p *callPlan) nextStep() string {
	if p.FollowUpText == "" {
		return ""
	}
	return "Next: " + p.FollowUpText + " (" + strings.Join(compact(p.taskUser.Name, "by "+p.due.In(p.zone).Format(noteClock)), ", ") + ")"
}

func (p *callPlan) recordingLine() string {
	if p.recording == "" {
		return ""
	}
	return "Recording: " + p.recording
}

// clockLength is a length of time as telephones show it: 2:05, 1:02:05.
func clockLength(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%d:%02d", m, s)
}

// compact leaves out what is empty.
func compact(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// pieces splits a text into parts of at most limit characters, at the end of a
// line or a word where there is one in the last fifth.
func pieces(text string, limit int) []string {
	var out []string
	runes := []rune(text)
	for len(runes) > limit {
		end := limit
		for i := limit - 1; i > limit*4/5; i-- {
			if runes[i] == '\n' {
				end = i + 1
				break
			}
			if runes[i] == ' ' && end == limit {
				end = i + 1
			}
		}
		out = append(out, strings.TrimRight(string(runes[:end]), " \n"))
		runes = runes[end:]
	}
	return append(out, string(runes))
}
