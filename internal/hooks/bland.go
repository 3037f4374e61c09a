package hooks

import (
	"strings"
	"time"
)

// Bland is bland.ai. The call object is the body, without a name of the event; live webhook_events and the later
// post-processing (event_type, contents, evals) go to the same URL and have no status. It wants any 2xx; its retries
// follow a schedule that is not published, and a call can be sent again by hand.
type Bland struct{}

// Name is "bland".
func (Bland) Name() string { return "bland" }

// Answers are the usual ones.
func (Bland) Answers() Answers { return usual() }

// Verify checks X-Webhook-Signature, the hex HMAC-SHA256 of the body. No time is signed, so a copy stays good for ever:
// it can only repeat a call that is known by its id. The header is missing until a signing secret was made.
func (Bland) Verify(r Request, secret string, _ time.Time) error {
	if secret == "" {
		return ErrNoSecret
	}
	got, err := r.header("X-Webhook-Signature")
	if err != nil {
		return err
	}
	if !same(strings.ToLower(got), sha256Hex(secret, r.Body)) {
		return ErrSignature
	}
	return nil
}

// Parse reads the main post. The internal leg of a warm transfer is skipped: the customer's leg has its own report.
func (Bland) Parse(r Request) (Parsed, error) {
	d, err := readDoc(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	status := d.short("status")
	switch {
	case status == "":
		return ignored("a post without status is no report of a call (live event or post-processing)"), nil
	case d.truth("is_proxy_agent_call"):
		return ignored("the internal leg of a transfer"), nil
	}
	out := Report{
		CallID: d.text("call_id", "c_id"), Direction: blandDirection(d), StartedAt: d.when("started_at", "created_at"),
		Outcome: blandOutcome(status, d.text("answered_by")), EndReason: blandReason(d, status), Summary: d.text("summary"),
		Transcript: blandTranscript(d), RecordingURL: d.text("recording_url"), Data: blandData(d), Final: true,
	}
	out.Phone = customer(out.Direction, d.text("from"), d.text("to"))
	var measured bool
	out.Duration, measured = firstLength( // call_length is in minutes; end_at may be the forced end
		func() (time.Duration, bool) { return d.length("corrected_duration", time.Second) },
		func() (time.Duration, bool) { return d.length("call_length", time.Minute) },
		func() (time.Duration, bool) { return span(out.StartedAt, d.when("end_at")) })
	return finish(out, measured)
}

func blandDirection(d doc) string {
	switch {
	case d.text("inbound") == "":
		return ""
	case d.truth("inbound"):
		return inbound
	}
	return outbound
}

// blandOutcome: a voicemail counts as not answered, since nothing tells whether a message was left.
func blandOutcome(status, answeredBy string) string {
	switch {
	case status == "busy":
		return busy
	case status == "no-answer", answeredBy == "no-answer", answeredBy == "voicemail":
		return noAnswer
	case status == "failed":
		return notAvailable
	case status == "completed":
		return conversation
	}
	return ""
}

func blandReason(d doc, status string) string {
	if why := d.short("error_message"); why != "" {
		return why
	}
	switch by := d.short("answered_by"); {
	case by == "voicemail":
		return by
	case status != "completed":
		return status
	}
	if by := d.short("call_ended_by"); by != "" {
		return "ended by " + strings.ToLower(by)
	}
	return ""
}

func blandTranscript(d doc) string {
	for _, path := range []string{"corrected_transcript", "transcripts"} {
		var s script
		for turn := range d.items(path) {
			s.say(turn.text("user", "speaker_label"), turn.text("text"))
		}
		if text := s.String(); text != "" {
			return text
		}
	}
	return relabel(d.text("concatenated_transcript"))
}

// blandData leaves variables out: they are the call's settings and inputs, with what was extracted among them.
func blandData(d doc) map[string]string {
	var extra facts
	extra.put("disposition_tag", d.at("disposition_tag"))
	for name, v := range d.entries("analysis") {
		extra.put(name, v)
	}
	for cited := range d.items("citations") {
		extra.put(cited.text("variable_name"), cited.at("value"))
	}
	return extra.m
}
