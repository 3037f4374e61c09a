package hooks

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// elevenLabsTolerance is how old a signature may be, as in ElevenLabs' own SDK, which does not look at the future.
const elevenLabsTolerance = 30 * time.Minute

// ElevenLabs is ElevenLabs Agents. Only post_call_transcription and call_initiation_failure are reports; the audio event
// is a recording without its call's data. Retries are off by default and come only for 429, 408 and 5xx; a webhook
// that fails ten times in a row may be switched off. Live tool calls carry the conversation id.
type ElevenLabs struct{}

// Name is "elevenlabs".
func (ElevenLabs) Name() string { return "elevenlabs" }

// Answers has exactly 200 for everything genuine, since any other status counts as a failure of the webhook and a 4xx
// is never sent again anyway.
func (ElevenLabs) Answers() Answers {
	a := usual()
	a.Malformed = http.StatusOK
	return a
}

// Verify checks ElevenLabs-Signature: t=<s>,v0=<hex HMAC-SHA256 of "t.body">. The secret is used whole, wsec_ included.
func (ElevenLabs) Verify(r Request, secret string, now time.Time) error {
	if secret == "" {
		return ErrNoSecret
	}
	header, err := r.header("ElevenLabs-Signature")
	if err != nil {
		return err
	}
	p := parts(header)
	if len(p["t"]) != 1 || len(p["v0"]) == 0 {
		return fmt.Errorf("%w: ElevenLabs-Signature has not the form t=SECONDS,v0=DIGEST", ErrSignature)
	}
	at, err := signedAt(p["t"][0])
	if err != nil {
		return err
	}
	want, found := sha256Hex(secret, []byte(p["t"][0]), []byte("."), r.Body), false
	for _, got := range p["v0"] { // more than one while a secret is being changed
		found = same(strings.ToLower(got), want) || found
	}
	if !found {
		return ErrSignature
	}
	if now.Sub(at) > elevenLabsTolerance {
		return ErrStale
	}
	return nil
}

// Parse reads the transcription and the failure event. The unredacted_* twins are ignored: an account that redacts does
// not want the plain text in its CRM.
func (ElevenLabs) Parse(r Request) (Parsed, error) {
	d, err := readDoc(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	switch kind := d.short("type"); kind {
	case "post_call_transcription":
		return elevenLabsCall(d.at("data"))
	case "call_initiation_failure":
		return elevenLabsFailure(d.at("data"), d.when("event_timestamp"))
	case "post_call_audio":
		return ignored("the audio event holds no call data; the transcription event does"), nil
	default:
		return ignored(fmt.Sprintf("event %q is no report of a finished call", kind)), nil
	}
}

func elevenLabsCall(data doc) (Parsed, error) {
	line := data.at("metadata.phone_call")
	out := Report{
		CallID: data.text("conversation_id"), Phone: line.text("external_number"), Direction: way(line.text("direction")),
		StartedAt: data.when("metadata.start_time_unix_secs"), EndReason: data.short("metadata.termination_reason"),
		Summary: data.text("analysis.transcript_summary"), AgentName: data.short("agent_name"),
		Test:  !line.isObject(), // null for the widget on a web page and for chats
		Final: true, Outcome: conversation,
	}
	if strings.Contains(strings.ToLower(out.EndReason), "voicemail") {
		out.Outcome = noAnswer // nothing tells whether a message was left
	}
	var s script
	for turn := range data.items("transcript") {
		s.say(turn.text("role"), turn.text("message")) // the message is null where a tool was called
	}
	out.Transcript = s.String()
	var extra facts
	for name, v := range data.entries("analysis.data_collection_results") {
		extra.put(name, v)
	}
	for name, v := range data.entries("analysis.evaluation_criteria_results") {
		extra.put(name, v)
	}
	out.Data = extra.m
	var measured bool
	out.Duration, measured = data.length("metadata.call_duration_secs", time.Second)
	return finish(out, measured)
}

// elevenLabsFailure is a call that was dialled and never connected. The numbers are in what the carrier said; the time
// is the event's, which is when dialling ended.
func elevenLabsFailure(data doc, at time.Time) (Parsed, error) {
	body := data.at("metadata.body")
	out := Report{
		CallID: data.text("conversation_id"), Direction: outbound, StartedAt: at, Final: true, AgentName: data.short("agent_name"),
		Phone:     body.text("To", "Called", "to_number", "to", "external_number"),
		EndReason: data.short("failure_reason"), Outcome: notAvailable,
	}
	switch out.EndReason {
	case "busy":
		out.Outcome = busy
	case "no-answer", "no_answer":
		out.Outcome = noAnswer
	}
	return finish(out, false)
}
