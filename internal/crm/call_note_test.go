package crm_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// logged logs a call on a lead and reads what stands on the card: the call, and
// the texts in the order they were written.
func (r *callRig) logged(c crm.Call) (crm.CallResult, kommo.Note, []string) {
	r.Helper()
	out := r.log(c)
	notes := r.notes(kommo.Leads, c.LeadID)
	var call kommo.Note
	texts := []string{}
	for _, n := range slices.Backward(notes) {
		switch {
		case n.ID == out.ID:
			call = n
		case n.ID > out.ID:
			texts = append(texts, n.Text())
		}
	}
	return out, call, texts
}

func TestNoteReadsLikeANote(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	long := "He called because the inverter shows an error since the storm last Tuesday. We sent the manual."
	for _, c := range []struct {
		call crm.Call
		typ  string
		text string
	}{
		{
			crm.Call{Summary: "Booked demo. Friday at 10.", DurationSeconds: 125},
			kommo.NoteCallIn,
			"Call in, 2:05 - Booked demo\n\nFriday at 10.\n\n(AI-written summary)",
		},
		{
			crm.Call{Summary: "Booked demo", Direction: "outbound", DurationSeconds: 3725, Outcome: "conversation"},
			kommo.NoteCallOut,
			"Call out, 1:02:05 - Booked demo\nOutcome: conversation\n\n(AI-written summary)",
		},
		{
			crm.Call{Summary: long, Outcome: "call_back_later"},
			kommo.NoteCallIn,
			"Call in - call back later\n\n" + long + "\n\n(AI-written summary)",
		},
		{ // a full stop behind a title of a person ends no sentence
			crm.Call{Summary: "Mr. J. Lopez wants No. 5. Dr. Ruiz agrees."},
			kommo.NoteCallIn,
			"Call in - Mr. J. Lopez wants No. 5\n\nDr. Ruiz agrees.\n\n(AI-written summary)",
		},
		{
			crm.Call{Summary: "1. Wants 8 kW. Has a flat roof in the US. Asked."},
			kommo.NoteCallIn,
			"Call in - 1. Wants 8 kW\n\nHas a flat roof in the US. Asked.\n\n(AI-written summary)",
		},
		{crm.Call{Summary: long}, kommo.NoteCallIn, "Call in\n\n" + long + "\n\n(AI-written summary)"},
		{
			crm.Call{Summary: "Nobody\nanswered.", Direction: "outbound", Outcome: "no_answer", DurationSeconds: 20},
			kommo.NoteCallOut,
			"Call out, 0:20 - no answer: Nobody answered. (AI-written)",
		},
		{
			crm.Call{Summary: "Olá! Quer um orçamento.", Phone: "+5511955550142", AgentName: "Iris", StartedAt: "2026-01-05T10:30"},
			kommo.NoteCallIn,
			"Call in - Olá!\n+5511955550142 · 2026-01-05 10:30 · Iris\n\nQuer um orçamento.\n\n(AI-written summary)",
		},
	} {
		c.call.LeadID, c.call.CallID = lead, c.text // each a call of its own
		_, call, texts := r.logged(c.call)
		callEqual(t, "type", call.Type, c.typ)
		if len(texts) != 1 || texts[0] != c.text {
			t.Errorf("got %q, want %q", texts, c.text)
		}
	}
}

func TestOutcomesBecomeKommosStatuses(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	for outcome, status := range map[string]kommo.CallStatus{
		"left_message": 1, "call_back_later": 2, "not_available": 3, "conversation": 4, "wrong_number": 5, "no_answer": 6, "busy": 7, "": 0,
	} {
		_, note, _ := r.logged(crm.Call{LeadID: lead, Summary: "x", Outcome: outcome, CallID: "outcome " + outcome})
		call, ok := note.Call()
		if !ok || call.Status != status {
			t.Errorf("%s: %+v", outcome, call)
		}
	}
}

func TestLongTranscriptsAreSplit(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead).ID
	line := "Customer: Ünd what does it cost?\n"
	transcript := strings.Repeat(line, 1200) // 39,600 characters
	out, _, texts := r.logged(crm.Call{LeadID: lead, Summary: "x", Transcript: transcript})
	callEqual(t, "notes", len(texts), 1+3)
	callEqual(t, "requests that write", len(r.writes()), 1)
	var joined []string
	for i, text := range texts[1:] {
		if n := utf8.RuneCountInString(text); n > 15_000 {
			t.Errorf("part %d has %d characters", i+1, n)
		}
		head, body, _ := strings.Cut(text, "\n")
		callEqual(t, "heading", head, "Transcript of the call ("+itoa(int64(i+1))+"/3):")
		joined = append(joined, body)
	}
	callEqual(t, "the parts together", strings.Join(joined, "\n"), strings.TrimSpace(transcript))
	callEqual(t, "written", strings.Join(out.Written, ", "), "call, summary, transcript in 3 notes")

	out, _, texts = r.logged(crm.Call{LeadID: lead, Summary: "x", Transcript: strings.Repeat("a", 400_000)})
	callEqual(t, "notes of an endless one", len(texts), 1+20)
	callEqual(t, "warnings", len(out.Warnings), 1)
}
