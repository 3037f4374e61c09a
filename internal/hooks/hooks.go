// Package hooks reads the end-of-call webhooks of voice and telephony platforms: who sent it (Verify), which calls it
// reports (Parse), and what the platform wants to hear back (Answers). One file a platform. The room knows no HTTP
// server, no Kommo and no store: it turns what came into reports and leaves the rest to its caller.
//
// Platforms change their payloads without notice, so reading is lenient: unknown keys, null, missing parts and numbers
// as strings are all fine. What a platform did not say stays empty; nothing is guessed to fill a field.
package hooks

import (
	"errors"
	"net/http"
	"time"
)

// MaxBody is how many bytes of a body are worth reading. Transcripts with a timing for each word reach several MB.
const MaxBody = 8 << 20

// Why a request was not accepted; Verify and Parse wrap them with the details, which hold no secret.
var (
	ErrNoSecret  = errors.New("no secret is set for this platform")
	ErrUnsigned  = errors.New("the request is not signed")
	ErrSignature = errors.New("the signature does not match")
	ErrStale     = errors.New("the signature is too old or from the future")
	ErrBody      = errors.New("the body cannot be read")
)

// Request is what a platform sent, as it came.
type Request struct {
	Method string
	URL    string // the full public URL with its query, as the platform knows it: Twilio signs it
	Header http.Header
	Body   []byte
}

// Report is one call as a platform reports it; zero values mean "not said".
type Report struct {
	// CallID is the platform's id, the same in every post about the call and in the live tool calls of the same
	// platform (Vapi's X-Call-Id, ElevenLabs' conversation_id). It is unique within the platform only.
	CallID string
	// Phone is the customer's number as it came; empty for web calls and withheld numbers.
	Phone     string
	Withheld  bool      // the customer suppressed the number
	Direction string    // inbound, outbound or empty
	StartedAt time.Time // UTC
	Duration  time.Duration
	// Outcome is conversation, left_message, no_answer, not_available, busy, wrong_number, call_back_later or empty.
	Outcome string
	// EndReason is the platform's own word for how the call ended, kept because Outcome is coarser.
	EndReason    string
	Summary      string
	Transcript   string // a line for each turn, "Speaker: text"
	RecordingURL string // only links that last; never one that expires within hours
	AgentName    string
	Sentiment    string // positive, neutral, negative or the platform's word in lower case
	ActionItems  []string
	// Data is what the platform extracted (name to plain value), at most maxData entries. It comes from what callers
	// said: good for a note, not to be written into fields unless the account asked for it.
	Data map[string]string
	// Test marks what is no call with a customer: web and chat calls, numbers that cannot exist, calls of no length. It
	// makes no contact and may be written nowhere.
	Test bool
	// Final is false for an early report, which a fuller one follows or usually follows.
	Final bool
	// Addition marks parts for a call that another report describes (a recording, a later summary): it is merged into
	// that call, in whichever order they come, and never makes a card on its own.
	Addition bool
}

// Parsed is what a request reports.
type Parsed struct {
	Reports []Report
	// Ignored says why there are none: an event that is no call report, to be answered with Answers.Ignored.
	Ignored string
}

// Answers are the statuses a platform should hear. They differ because platforms punish the wrong ones: with retries
// that change nothing, or with a webhook switched off.
type Answers struct {
	Accepted    int // the reports are safely kept
	Ignored     int // Parsed.Ignored: nothing to do with this event, now or ever
	Malformed   int // Parse failed: the same body would fail again
	Refused     int // Verify failed
	Unavailable int // it could not be kept now: the platform should send it again
}

// Platform is one adapter. All are values without state, safe for concurrent use.
type Platform interface {
	// Name is the last part of the URL and, in capitals, of the secret's name: vapi, retell, elevenlabs, ...
	Name() string
	// Verify checks that the platform sent r: nil, or an error that wraps ErrNoSecret, ErrUnsigned, ErrSignature,
	// ErrStale or ErrBody. now is for those that sign the time. Comparisons take constant time.
	Verify(r Request, secret string, now time.Time) error
	// Parse reads the reports. An event that reports no call is not an error: no reports, and why. An error wraps
	// ErrBody. Parse does not verify.
	Parse(r Request) (Parsed, error)
	// Answers says what to answer.
	Answers() Answers
}

// All lists the adapters in the order of their names.
func All() []Platform {
	return []Platform{Aircall{}, Bland{}, ElevenLabs{}, Retell{}, Synthflow{}, Twilio{}, Vapi{}}
}

// Find returns the adapter of that name.
func Find(name string) (Platform, bool) {
	for _, p := range All() {
		if p.Name() == name {
			return p, true
		}
	}
	return nil, false
}

// usual is what most platforms take: any 2xx is success, 5xx is sent again where the platform sends again at all, and
// 4xx tells whoever set it up what is wrong.
func usual() Answers {
	return Answers{
		Accepted: http.StatusOK, Ignored: http.StatusOK, Malformed: http.StatusUnprocessableEntity,
		Refused: http.StatusUnauthorized, Unavailable: http.StatusServiceUnavailable,
	}
}

func ignored(why string) Parsed { return Parsed{Ignored: why} }

func one(r Report) Parsed { return Parsed{Reports: []Report{r}} }
