package hooks

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"
	"time"
)

func TestSynthflowReport(t *testing.T) {
	wantReport(t, Synthflow{}, sample(t, "synthflow_completed.json"), Report{
		CallID: "c1", Phone: "+15005550006", StartedAt: signed().UTC(), Duration: 125 * time.Second, Outcome: conversation,
		EndReason: "human_goodbye", Transcript: "Agent: Hello.\nCustomer: Hi.", Data: map[string]string{"budget": "8000", "city": "Lyon"},
		Final: true,
	})
}

func TestSynthflowVariants(t *testing.T) {
	checkVariants(t, Synthflow{}, sample(t, "synthflow_completed.json"), []variant{
		{"start in ms as a string", map[string]any{"call.start_time": "1795168800000"}, func(*Report) {}},
		{"start without a zone", map[string]any{"call.start_time": "2026-11-20T11:00:00"}, func(r *Report) { r.StartedAt = time.Time{} }},
		{"duration as a string", map[string]any{"call.duration": "125"}, func(*Report) {}},
		{"direction as in the API", map[string]any{"call.type_of_call": "outbound"}, func(r *Report) { r.Direction = outbound }},
		{"widget", map[string]any{"call.type_of_call": "web_widget", "lead": nil}, func(r *Report) { r.Phone, r.Test = "", true }},
		{"no lead", map[string]any{"lead": nil}, func(r *Report) { r.Phone = "" }},
		{"no variables", map[string]any{"collected_variables": nil}, func(r *Report) { r.Data = nil }},
		{"mood in words", map[string]any{"analysis.user_sentiment": "Negative"}, func(r *Report) { r.Sentiment = "negative" }},
		{"own reason", map[string]any{"call.end_call_reason": "custom_end_call", "call.custom_end_call_reason": "not interested"}, func(r *Report) { r.EndReason = "not interested" }},
		{"voicemail", map[string]any{"call.end_call_reason": "voicemail"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = noAnswer, "voicemail", 0 }},
		{"message left", map[string]any{"call.end_call_reason": "voicemail_message_left"}, func(r *Report) { r.Outcome, r.EndReason = leftMessage, "voicemail_message_left" }},
		{"status outside only", map[string]any{"call.status": nil, "status": "busy", "call.end_call_reason": nil}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = busy, "busy", 0 }},
	})
}

func TestSynthflowIgnoresUnfinishedCalls(t *testing.T) {
	for _, status := range []string{"pending", "ringing", "in-progress", ""} {
		wantIgnored(t, Synthflow{}, `{"status":"`+status+`","lead":{"phone_number":"+15005550006"},"call":{"call_id":"c1"}}`)
	}
}

func TestSynthflowOutcomes(t *testing.T) {
	for status, want := range map[string]string{
		"completed": conversation, "no-answer": noAnswer, "busy": busy, "failed": notAvailable, "spam": notAvailable, "canceled": "",
		"user-canceled": "", "hangup_on_voicemail": noAnswer, "left_voicemail": leftMessage, "new": "",
	} {
		if got := synthflowOutcome(status, ""); got != want {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
	}
}

func TestSynthflowSignature(t *testing.T) {
	const vector = "8qhFTCxUB9/vNfd2KYghPz0UlGHqOsxig2Sg6exkY5A="
	for _, name := range synthflowHeaders() {
		for _, b := range []string{`{"call":{"call_id":"c1"}}`, body} {
			checkSignature(t, Synthflow{}, Request{Body: []byte(b), Header: headers(name, vector)}, "sf_test", name)
		}
	}
	good := headers("Synthflow-Signature", vector)
	// What the signature does not cover: this is Synthflow's weakness, held here so that nobody believes otherwise.
	if err := (Synthflow{}).Verify(Request{Body: []byte(`{"call":{"call_id":"c1"},"lead":{"phone_number":"+12025550199"}}`), Header: good}, "sf_test", signed()); err != nil {
		t.Error(err)
	}
	for _, b := range []string{`{"call":{"call_id":"c2"}}`, `{"call":{"call_id":null}}`, `{}`} {
		if err := (Synthflow{}).Verify(Request{Body: []byte(b), Header: good}, "sf_test", signed()); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", b, err)
		}
	}
	ofNothing := headers("Synthflow-Signature", base64.StdEncoding.EncodeToString(mac(sha256.New, "sf_test")))
	if err := (Synthflow{}).Verify(Request{Body: []byte(`{}`), Header: ofNothing}, "sf_test", signed()); !errors.Is(err, ErrSignature) {
		t.Errorf("the signature of no id: %v", err)
	}
	if err := (Synthflow{}).Verify(Request{Body: []byte("{"), Header: good}, "sf_test", signed()); !errors.Is(err, ErrBody) {
		t.Error(err)
	}
}

// The first of two equal keys is read, in Verify and Parse alike: a second one cannot be smuggled past the signature.
func TestSynthflowSignsTheIDThatIsLogged(t *testing.T) {
	r := Request{Body: []byte(`{"status":"completed","lead":{"phone_number":"+15005550006"},"call":{"call_id":"c1","call_id":"c2"}}`), Header: headers("Synthflow-Signature", "8qhFTCxUB9/vNfd2KYghPz0UlGHqOsxig2Sg6exkY5A=")}
	if err := (Synthflow{}).Verify(r, "sf_test", signed()); err != nil {
		t.Fatal(err)
	}
	if got := theReport(t, Synthflow{}, r.Body); got.CallID != "c1" {
		t.Errorf("logged %s", got.CallID)
	}
}
