package hooks

import (
	"crypto/sha1" //nolint:gosec // G505: one of the three that Vapi lets its users choose; HMAC-SHA1 still holds
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"time"
)

// vapiTolerance is wide because Vapi states none, nor whether a retry (up to ten, with pauses) is signed anew. Repeats
// within it do no harm: the call id makes them one call.
const vapiTolerance = 30 * time.Minute

// Vapi is vapi.ai. The same URL gets all kinds of server messages; only end-of-call-report matters. It waits 20 s and,
// unless a backoffPlan is set, never sends again. Live tool calls carry X-Call-Id, which is call.id here.
type Vapi struct{}

// Name is "vapi".
func (Vapi) Name() string { return "vapi" }

// Answers are the usual ones.
func (Vapi) Answers() Answers { return usual() }

// Verify accepts what a Vapi credential can be set to, apart from OAuth2 and headers of free name: a bearer token, the
// older X-Vapi-Secret, or an HMAC in x-signature over "{x-timestamp}.{body}" with SHA-256, SHA-512 or SHA-1, in hex or
// base64, with or without a prefix such as "sha256=".
func (Vapi) Verify(r Request, secret string, now time.Time) error {
	if secret == "" {
		return ErrNoSecret
	}
	if r.Header.Get("X-Signature") != "" {
		return vapiSigned(r, secret, now)
	}
	for _, name := range []string{"X-Vapi-Secret", "Authorization"} {
		token := strings.TrimSpace(r.Header.Get(name))
		if len(token) > len("bearer ") && strings.EqualFold(token[:len("bearer ")], "bearer ") {
			token = strings.TrimSpace(token[len("bearer "):])
		}
		if token != "" && same(token, secret) {
			return nil
		}
		if token != "" {
			return fmt.Errorf("%w: the token in %s is another one", ErrSignature, name)
		}
	}
	return fmt.Errorf("%w: none of X-Signature, X-Vapi-Secret and Authorization is there", ErrUnsigned)
}

func vapiSigned(r Request, secret string, now time.Time) error {
	got, err := r.header("X-Signature")
	if err != nil {
		return err
	}
	stamp, err := r.header("X-Timestamp")
	if err != nil {
		return err
	}
	at, err := signedAt(stamp)
	if err != nil {
		return err
	}
	if !vapiMatches(got, secret, []byte(stamp), r.Body) {
		return ErrSignature
	}
	if now.Sub(at).Abs() > vapiTolerance {
		return ErrStale
	}
	return nil
}

// vapiMatches compares with every algorithm and spelling. What stands before the digest is the free prefix.
func vapiMatches(got, secret string, stamp, body []byte) bool {
	found := false
	for _, h := range []func() hash.Hash{sha256.New, sha512.New, sha1.New} {
		sum := mac(h, secret, stamp, []byte("."), body)
		hexed, b64 := hex.EncodeToString(sum), base64.StdEncoding.EncodeToString(sum)
		for _, want := range []string{hexed, strings.ToUpper(hexed), b64, strings.TrimRight(b64, "=")} {
			if len(got) >= len(want) && same(got[len(got)-len(want):], want) {
				found = true
			}
		}
	}
	return found
}

// Parse reads the end-of-call report; all other messages are ignored.
func (Vapi) Parse(r Request) (Parsed, error) {
	d, err := readDoc(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	m := d.at("message")
	if !m.isObject() {
		m = d // relays between Vapi and us like to unwrap it
	}
	if kind := m.short("type"); kind != "end-of-call-report" {
		return ignored(fmt.Sprintf("message %q is no end-of-call report", kind)), nil
	}
	kind := m.text("call.type")
	out := Report{
		CallID: m.text("call.id"), Phone: vapiNumber(m), Direction: way(kind),
		StartedAt: m.when("startedAt", "call.startedAt"), EndReason: m.short("endedReason", "call.endedReason"),
		Summary: m.text("analysis.summary", "summary"), Transcript: vapiTranscript(m), RecordingURL: vapiRecording(m),
		AgentName: m.short("assistant.name", "call.assistant.name"), Data: vapiData(m),
		Test: kind == "webCall" || kind == "vapi.websocketCall", Final: true,
	}
	out.Outcome = vapiOutcome(out.EndReason)
	var measured bool
	out.Duration, measured = firstLength( // the times are in the schema, the durations only in real bodies
		func() (time.Duration, bool) { return span(out.StartedAt, m.when("endedAt", "call.endedAt")) },
		func() (time.Duration, bool) { return m.length("durationSeconds", time.Second) },
		func() (time.Duration, bool) { return m.length("durationMs", time.Millisecond) },
		func() (time.Duration, bool) { return m.length("durationMinutes", time.Minute) })
	return finish(out, measured)
}

// vapiNumber is the customer's number whatever the direction, or the SIP address in its place.
func vapiNumber(m doc) string {
	return m.text("customer.number", "call.customer.number", "customer.sipUri", "call.customer.sipUri")
}

func vapiTranscript(m doc) string {
	var s script
	for turn := range m.items("artifact.messages") {
		s.say(turn.text("role"), turn.text("message", "content"))
	}
	if text := s.String(); text != "" {
		return text
	}
	return relabel(m.text("artifact.transcript", "transcript"))
}

// vapiRecording is the lasting link, which asks for a login; the presigned ones die. Where the assistant asks for
// consent to the recording and did not get it, there is no link.
func vapiRecording(m doc) string {
	for _, path := range []string{"compliance.recordingConsent", "call.compliance.recordingConsent"} {
		if consent := m.at(path); consent.isObject() && consent.text("grantedAt") == "" {
			return ""
		}
	}
	return m.text("artifact.recordingUrl", "artifact.recording.mono.combinedUrl", "recordingUrl")
}

// vapiData takes the older structured data and the newer structured outputs, a map of {name, result} by id.
func vapiData(m doc) map[string]string {
	var extra facts
	for name, v := range m.entries("analysis.structuredData") {
		extra.put(name, v)
	}
	for id, v := range m.entries("artifact.structuredOutputs") {
		result := v.at("result")
		if !result.isObject() {
			extra.put(first(v.text("name"), id), result)
		}
		for name, inner := range v.entries("result") {
			extra.put(name, inner)
		}
	}
	extra.put("successEvaluation", m.at("analysis.successEvaluation"))
	return extra.m
}

// vapiOutcome buckets the more than 600 reasons by their beginnings. A voicemail counts as not answered, since nothing
// tells whether a message was left; EndReason keeps the word. What an error cut off stays open.
func vapiOutcome(reason string) string {
	switch {
	case strings.HasSuffix(reason, "failed-to-connect-call"):
		return notAvailable
	case strings.Contains(reason, "error"), strings.HasPrefix(reason, "pipeline-"):
		return ""
	case strings.HasPrefix(reason, "customer-busy"):
		return busy
	case strings.HasPrefix(reason, "customer-did-not-answer"), strings.HasPrefix(reason, "voicemail"):
		return noAnswer
	}
	for _, held := range []string{
		"customer-ended-call", "assistant-ended-call", "assistant-said-end-call", "assistant-forwarded-call",
		"silence-timed-out", "exceeded-max-duration",
	} {
		if strings.HasPrefix(reason, held) {
			return conversation
		}
	}
	return ""
}
