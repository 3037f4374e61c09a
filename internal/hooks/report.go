package hooks

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// Values of Report.Direction and Report.Outcome, as the rest of the product writes them.
const (
	inbound  = "inbound"
	outbound = "outbound"

	conversation = "conversation"
	leftMessage  = "left_message"
	noAnswer     = "no_answer"
	notAvailable = "not_available"
	busy         = "busy"
)

// finish applies what holds for all platforms to a report. measured tells whether the platform gave a length, so that
// a zero is a zero.
func finish(r Report, measured bool) (Parsed, error) {
	if len(r.CallID) > maxID {
		return Parsed{}, fmt.Errorf("%w: a call id of %d bytes", ErrBody, len(r.CallID))
	}
	tidy(&r)
	if r.CallID == "" && r.Phone == "" && !r.Withheld && !r.Test {
		return Parsed{}, fmt.Errorf("%w: it names neither a call id nor a phone number", ErrBody)
	}
	// An attempt that reached nobody has no length either and is worth a line on the card; a talk of no length is what
	// "send a test event" buttons make.
	silent := r.Outcome == conversation && measured && r.Duration == 0 && r.Transcript == "" && r.Summary == ""
	if silent || impossible(r.Phone) {
		r.Test = true
	}
	return one(r), nil
}

// tidy takes out of a report what is no number, no link and no talk.
func tidy(r *Report) {
	if slices.Contains([]string{noAnswer, notAvailable, busy}, r.Outcome) {
		r.Duration = 0 // what some platforms report here is how long it rang
	}
	if len(r.Phone) > maxPhone {
		r.Phone = "" // no number, whatever it is
	}
	r.RecordingURL = weblink(r.RecordingURL)
	if r.Phone != "" && phone.Parse(r.Phone, "").Withheld {
		r.Phone, r.Withheld = "", true
	}
}

// weblink is s where a browser may open it, and empty otherwise: it becomes a link on a card.
func weblink(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(s) > maxLink {
		return ""
	}
	return s
}

// impossible tells numbers that no network can ring, and that therefore stand for a test: North American ones whose
// area code or exchange begins with 0 or 1 or whose area code is 555 (+1 555 123 4567, the filler of many sample
// payloads), those of a single repeated digit, and +999, which the ITU keeps unassigned.
//
// Numbers set aside for documents and fiction (+1 202 555 0100 to 0199 and the like) and Twilio's magic numbers
// (+1 500 555 0000 to 0009) are left alone on purpose: demos, guides and trial accounts are full of them and must show
// what a call does, while a live platform never reports them, since nobody can call from or to one.
func impossible(raw string) bool {
	if raw == "" {
		return false
	}
	digits := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, raw)
	switch {
	case !strings.HasPrefix(strings.TrimSpace(raw), "+"), digits == "":
		return false
	case strings.Trim(digits, digits[:1]) == "", strings.HasPrefix(digits, "999"):
		return true
	case len(digits) == 11 && digits[0] == '1':
		return digits[1] <= '1' || digits[4] <= '1' || digits[1:4] == "555"
	}
	return false
}

// customer is the customer's number of a call between two, by direction. Without a direction only a lone number is
// certain.
func customer(direction, from, to string) string {
	switch {
	case direction == inbound, direction == "" && to == "":
		return from
	case direction == outbound, direction == "" && from == "":
		return to
	}
	return ""
}

// way reads a direction in any platform's words.
func way(s string) string {
	s = strings.ToLower(s)
	switch {
	case strings.HasPrefix(s, "inbound"), s == "incoming":
		return inbound
	case strings.HasPrefix(s, "outbound"), s == "outgoing":
		return outbound
	}
	return ""
}

// mood reads a sentiment; "unknown" says nothing.
func mood(s string) string {
	s = strings.ToLower(cut(s, 40))
	if s == "unknown" || s == "true" || s == "false" || s == "partial" || s == "not_applicable" {
		return ""
	}
	return s
}

// speaker names a role of a transcript for people; empty for roles that are none: tools' inputs and answers, keys
// pressed, and the system prompt, which is a secret of its owner.
func speaker(role string) string {
	switch strings.ToLower(role) {
	case "agent", "assistant", "bot", "ai", "robot", "ai_agent", "internal":
		return "Agent"
	case "user", "human", "customer", "caller", "external":
		return "Customer"
	case "transfer_target":
		return "Transfer"
	}
	return ""
}

// hiddenRole tells the roles whose lines are left out of a transcript that came as one text.
func hiddenRole(role string) bool {
	return slices.Contains([]string{"system", "tool", "tool_calls", "tool_call_result", "function", "agent-action"}, role)
}

// script builds a transcript, a line for each turn.
type script struct{ b strings.Builder }

// say adds a turn of a role; roles that are no speakers are dropped.
func (s *script) say(role, text string) {
	if name := speaker(role); name != "" {
		s.line(name + ": " + strings.Join(strings.Fields(text), " "))
	}
}

func (s *script) line(text string) {
	if text = strings.TrimSpace(text); text == "" || strings.HasSuffix(text, ":") && len(text) < 12 {
		return // a turn without words
	}
	if s.b.Len() > 0 {
		s.b.WriteByte('\n')
	}
	s.b.WriteString(text)
}

func (s *script) String() string { return s.b.String() }

// relabel rewrites a transcript that came as one text, "AI: ..\nUser: ..", with our names for the speakers. A line
// without a known role belongs to the turn before it.
func relabel(text string) string {
	var out script
	dropping := false
	for line := range strings.Lines(text) {
		role, rest, found := strings.Cut(line, ":")
		role = strings.ToLower(strings.TrimSpace(role))
		switch {
		case found && hiddenRole(role):
			dropping = true
		case found && speaker(role) != "":
			dropping = false
			out.say(role, rest)
		case !dropping:
			out.line(line)
		}
	}
	return out.String()
}

// firstLength is the first length that a platform gave.
func firstLength(tries ...func() (time.Duration, bool)) (time.Duration, bool) {
	for _, try := range tries {
		if d, ok := try(); ok {
			return d, true
		}
	}
	return 0, false
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
