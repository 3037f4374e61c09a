package hooks

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Synthflow is synthflow.ai.
//
// Its signature covers the call's id and nothing else: not the body, not the time. Whoever once saw a request, or can
// read a call's id and its signature anywhere, can send any body under that id, for ever. So a good signature says that
// Synthflow once made a call of this id, not that this is what it said about it. Two things bound the harm: a report
// of an id that was logged already only fills what is missing and opens no second card; and whoever serves the endpoint
// should demand a second secret beside this one, in the URL or a header. A setup that needs more must read the call
// again through Synthflow's API.
type Synthflow struct{}

// Name is "synthflow".
func (Synthflow) Name() string { return "synthflow" }

// Answers are the usual ones; how Synthflow takes them is not documented.
func (Synthflow) Answers() Answers { return usual() }

// synthflowHeaders are the spellings of the signature header: the documented one is how WSGI names a header
// Synthflow-Signature, and some proxies drop names with underscores.
func synthflowHeaders() []string {
	return []string{"Synthflow-Signature", "X-Synthflow-Signature", "HTTP_SYNTHFLOW_SIGNATURE"}
}

// Verify checks the base64 HMAC-SHA256 of the call's id; see Synthflow for how little that says.
func (Synthflow) Verify(r Request, secret string, _ time.Time) error {
	if secret == "" {
		return ErrNoSecret
	}
	i := slices.IndexFunc(synthflowHeaders(), func(name string) bool { return r.Header.Get(name) != "" })
	if i < 0 {
		return fmt.Errorf("%w: no header %s", ErrUnsigned, strings.Join(synthflowHeaders(), ", "))
	}
	got, err := r.header(synthflowHeaders()[i])
	if err != nil {
		return err
	}
	d, err := readDoc(r.Body)
	if err != nil {
		return err
	}
	id := synthflowID(d)
	if id == "" {
		return fmt.Errorf("%w: the body has no call id, which is what Synthflow signs", ErrSignature)
	}
	want := base64.StdEncoding.EncodeToString(mac(sha256.New, secret, []byte(id)))
	if !same(strings.TrimRight(got, "="), strings.TrimRight(want, "=")) {
		return ErrSignature
	}
	return nil
}

// synthflowID serves Verify and Parse alike, so that the id that was signed is the id that is logged.
func synthflowID(d doc) string { return d.text("call.call_id", "call_id", "id") }

// Parse reads a finished call. The post has no summary (call_summary is a judge's flag) and, as far as is known, no
// direction.
func (Synthflow) Parse(r Request) (Parsed, error) {
	d, err := readDoc(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	status := strings.ToLower(d.short("call.status", "status"))
	switch status {
	case "":
		return ignored("a post without status is no report of a call"), nil
	case "pending", "queue", "queued", "ringing", "in-progress", "in_progress":
		return ignored(fmt.Sprintf("status %q is no finished call", status)), nil
	}
	kind := d.text("call.type_of_call", "type_of_call")
	out := Report{
		CallID: synthflowID(d), Phone: d.text("lead.phone_number", "call.phone_number"), Direction: way(kind),
		StartedAt: d.when("call.start_time"), AgentName: d.short("call.agent_name"), Final: true,
		EndReason:    d.short("call.custom_end_call_reason", "call.end_call_reason", "error_message"),
		Outcome:      synthflowOutcome(status, d.text("call.end_call_reason")),
		Transcript:   relabel(d.text("call.transcript")),
		RecordingURL: d.text("call.recording_url"),
		Sentiment:    mood(d.text("analysis.user_sentiment")),
		Data:         synthflowData(d),
		Test:         strings.Contains(strings.ToLower(kind), "web") || strings.Contains(strings.ToLower(kind), "widget"),
	}
	if out.EndReason == "" && status != "completed" {
		out.EndReason = status
	}
	var measured bool
	out.Duration, measured = firstLength(
		func() (time.Duration, bool) { return d.length("call.duration", time.Second) },
		func() (time.Duration, bool) { return span(out.StartedAt, d.when("call.end_time")) })
	return finish(out, measured)
}

func synthflowOutcome(status, reason string) string {
	switch {
	case status == "left_voicemail", reason == "voicemail_message_left":
		return leftMessage
	case status == "no-answer", status == "hangup_on_voicemail", reason == "voicemail":
		return noAnswer
	case status == "busy":
		return busy
	case status == "failed", status == "spam":
		return notAvailable
	case status == "completed":
		return conversation
	}
	return ""
}

// synthflowData reads collected_variables, {name: {value, collected}}, which may be nested under the agent's id.
func synthflowData(d doc) map[string]string {
	var extra facts
	for name, v := range d.entries("collected_variables") {
		if !v.isObject() || v.at("value").v.Exists() {
			extra.put(name, v)
			continue
		}
		for inner, w := range v.entries("@this") {
			extra.put(inner, w)
		}
	}
	return extra.m
}
