package hooks

import (
	"fmt"
	"strings"
	"time"
)

// retellTolerance is how far the signed time may be from ours, both ways; Retell's own SDK says five minutes.
const retellTolerance = 5 * time.Minute

// Retell is retellai.com. It posts call_ended at once and call_analyzed when the summary is there; the two are sent in
// order but may arrive the other way round. It waits 10 s for any 2xx and tries three more times.
type Retell struct{}

// Name is "retell".
func (Retell) Name() string { return "retell" }

// Answers are the usual ones.
func (Retell) Answers() Answers { return usual() }

// Verify checks x-retell-signature: v=<ms>,d=<hex HMAC-SHA256 of body and ms>. The secret is the API key that carries
// the webhook badge.
func (Retell) Verify(r Request, secret string, now time.Time) error {
	if secret == "" {
		return ErrNoSecret
	}
	header, err := r.header("X-Retell-Signature")
	if err != nil {
		return err
	}
	p := parts(header)
	if len(p["v"]) != 1 || len(p["d"]) != 1 {
		return fmt.Errorf("%w: X-Retell-Signature has not the form v=MS,d=DIGEST", ErrSignature)
	}
	at, err := signedAt(p["v"][0])
	if err != nil {
		return err
	}
	if !same(strings.ToLower(p["d"][0]), sha256Hex(secret, r.Body, []byte(p["v"][0]))) {
		return ErrSignature
	}
	if now.Sub(at).Abs() > retellTolerance {
		return ErrStale
	}
	return nil
}

// Parse reads call_ended (early) and call_analyzed (final).
func (Retell) Parse(r Request) (Parsed, error) {
	d, err := readDoc(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	event := d.short("event")
	if event != "call_ended" && event != "call_analyzed" {
		return ignored(fmt.Sprintf("event %q is no report of a finished call", event)), nil
	}
	call := d.at("call")
	analysis := call.at("call_analysis")
	out := Report{
		CallID: call.text("call_id"), Direction: way(call.text("direction")), StartedAt: call.when("start_timestamp"),
		EndReason: call.short("disconnection_reason"), Summary: analysis.text("call_summary"), Transcript: retellTranscript(call),
		RecordingURL: retellRecording(call), AgentName: call.short("agent_name"), Sentiment: mood(analysis.text("user_sentiment")),
		Test: call.text("call_type") == "web_call", Final: event == "call_analyzed",
	}
	out.Phone = customer(out.Direction, call.text("from_number"), call.text("to_number"))
	out.Outcome = retellOutcome(out.EndReason, analysis.truth("in_voicemail"))
	var measured bool
	out.Duration, measured = firstLength(
		func() (time.Duration, bool) { return call.length("duration_ms", time.Millisecond) },
		func() (time.Duration, bool) { return span(out.StartedAt, call.when("end_timestamp")) })
	var extra facts
	for name, v := range analysis.entries("custom_analysis_data") {
		extra.put(name, v)
	}
	for name, v := range call.entries("collected_dynamic_variables") {
		extra.put(name, v)
	}
	out.Data = extra.m
	return finish(out, measured)
}

// retellTranscript prefers the form with personal data removed, which exists where the owner asked for it.
func retellTranscript(call doc) string {
	for _, path := range []string{"scrubbed_transcript_with_tool_calls", "transcript_object", "transcript_with_tool_calls"} {
		var s script
		for turn := range call.items(path) {
			s.say(turn.text("role"), turn.text("content"))
		}
		if text := s.String(); text != "" {
			return text
		}
	}
	return relabel(call.text("transcript"))
}

// retellRecording is empty where links are signed: those are dead within a day.
func retellRecording(call doc) string {
	if call.truth("opt_in_signed_url") {
		return ""
	}
	return call.text("scrubbed_recording_url", "recording_url")
}

// retellOutcome buckets disconnection_reason. A voicemail counts as not answered, since nothing tells whether a
// message was left; EndReason keeps the word. What an error cut off stays open.
func retellOutcome(reason string, voicemail bool) string {
	switch {
	case voicemail, reason == "voicemail_reached", reason == "dial_no_answer", reason == "user_declined":
		return noAnswer
	case reason == "dial_busy":
		return busy
	case reason == "dial_failed", reason == "invalid_destination", reason == "marked_as_spam", reason == "ivr_reached":
		return notAvailable
	case reason == "user_hangup", reason == "agent_hangup", reason == "inactivity", reason == "max_duration_reached",
		strings.HasPrefix(reason, "call_transfer"), strings.HasPrefix(reason, "transfer_"):
		return conversation
	}
	return ""
}
