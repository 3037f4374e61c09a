package hooks

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestVapiReport(t *testing.T) {
	wantReport(t, Vapi{}, sample(t, "vapi_inbound.json"), Report{
		CallID: "c1", Phone: "+15005550006", Direction: inbound, StartedAt: signed().UTC(), Duration: 125 * time.Second,
		Outcome: conversation, EndReason: "customer-ended-call", Summary: "Wants a demo on Friday.",
		Transcript: "Agent: Hello.\nCustomer: Hi, I need a demo.", RecordingURL: "https://recordings.example.com/c1.wav", AgentName: "Ana",
		Data:  map[string]string{"budget": "8000", "topic": "solar", "next step": "demo", "successEvaluation": "true"},
		Final: true,
	})
}

func TestVapiVariants(t *testing.T) {
	msg := func(pairs map[string]any) map[string]any {
		out := map[string]any{}
		for k, v := range pairs {
			out["message."+k] = v
		}
		return out
	}
	checkVariants(t, Vapi{}, sample(t, "vapi_inbound.json"), []variant{
		{"unknown keys", msg(map[string]any{"new": map[string]any{"a": []int{1}}, "call.new": 1}), func(*Report) {}},
		{"times in ms", msg(map[string]any{"startedAt": 1795168800000, "endedAt": "1795168925000"}), func(*Report) {}},
		{"times in s", msg(map[string]any{"startedAt": "1795168800", "endedAt": 1795168925}), func(*Report) {}},
		{"times in the call", msg(map[string]any{"startedAt": drop{}, "endedAt": nil, "call.startedAt": "2026-11-20T10:00:00Z", "call.endedAt": "2026-11-20T10:02:05Z"}), func(*Report) {}},
		{"seconds as a string", msg(map[string]any{"startedAt": drop{}, "endedAt": drop{}, "durationSeconds": "125"}), func(r *Report) { r.StartedAt = time.Time{} }},
		{"minutes", msg(map[string]any{"endedAt": nil, "durationSeconds": nil, "durationMinutes": 2.0833}), func(*Report) {}},
		{"ms", msg(map[string]any{"endedAt": nil, "durationSeconds": nil, "durationMs": 125000}), func(*Report) {}},
		{"end before start", msg(map[string]any{"endedAt": "2026-11-20T09:00:00Z", "durationSeconds": drop{}}), func(r *Report) { r.Duration = 0 }},
		{"no times", msg(map[string]any{"startedAt": nil, "endedAt": nil, "durationSeconds": nil}), func(r *Report) { r.StartedAt, r.Duration = time.Time{}, 0 }},
		{
			"only what is required",
			map[string]any{"message": map[string]any{"type": "end-of-call-report", "endedReason": "customer-busy", "artifact": map[string]any{}, "analysis": map[string]any{}, "customer": map[string]any{"number": "+15005550006"}}},
			func(r *Report) {
				*r = Report{Phone: "+15005550006", Outcome: busy, EndReason: "customer-busy", Final: true}
			},
		},
		{"customer in the call", msg(map[string]any{"customer": nil, "call.customer": map[string]any{"number": "+15005550006"}}), func(*Report) {}},
		{"SIP customer", msg(map[string]any{"customer": map[string]any{"sipUri": "sip:+15005550006@example.com"}}), func(r *Report) { r.Phone = "sip:+15005550006@example.com" }},
		{"withheld", msg(map[string]any{"customer.number": "anonymous"}), func(r *Report) { r.Phone, r.Withheld = "", true }},
		{"outbound", msg(map[string]any{"call.type": "outboundPhoneCall"}), func(r *Report) { r.Direction = outbound }},
		{"web call", msg(map[string]any{"call.type": "webCall", "customer": drop{}}), func(r *Report) { r.Phone, r.Direction, r.Test = "", "", true }},
		{"websocket", msg(map[string]any{"call.type": "vapi.websocketCall"}), func(r *Report) { r.Direction, r.Test = "", true }},
		{"text transcript", msg(map[string]any{"artifact.messages": []any{}}), func(r *Report) { r.Transcript = "Agent: Hello.\nCustomer: Hi." }},
		{
			"old places", msg(map[string]any{"artifact": nil, "transcript": "User: Hi", "recordingUrl": "https://old.example.com/1"}),
			func(r *Report) {
				r.Transcript, r.RecordingURL = "Customer: Hi", "https://old.example.com/1"
				delete(r.Data, "next step")
			},
		},
		{"recording of one track", msg(map[string]any{"artifact.recordingUrl": nil, "artifact.recording": map[string]any{"mono": map[string]any{"combinedUrl": "https://mono.example.com/1"}}}), func(r *Report) { r.RecordingURL = "https://mono.example.com/1" }},
		{"presigned only", msg(map[string]any{"artifact.recordingUrl": nil, "artifact.presignedMonoUrl": "https://dies.example.com/1"}), func(r *Report) { r.RecordingURL = "" }},
		{"consent given", msg(map[string]any{"compliance.recordingConsent": map[string]any{"type": "verbal", "grantedAt": "2026-11-20T10:00:05Z"}}), func(*Report) {}},
		{"consent refused", msg(map[string]any{"compliance.recordingConsent": map[string]any{"type": "verbal"}}), func(r *Report) { r.RecordingURL = "" }},
		{
			"results as objects", msg(map[string]any{"artifact.structuredOutputs": map[string]any{"o1": map[string]any{"name": "q", "result": map[string]any{"city": "Lyon"}}}}),
			func(r *Report) { delete(r.Data, "next step"); r.Data["city"] = "Lyon" },
		},
	})
}

func TestVapiUnwrapped(t *testing.T) {
	inner := strings.TrimSuffix(strings.TrimPrefix(string(sample(t, "vapi_inbound.json")), `{"message":`), "}")
	if got := theReport(t, Vapi{}, []byte(inner)); got.CallID != "c1" {
		t.Errorf("%+v", got)
	}
}

func TestVapiIgnoresOtherMessages(t *testing.T) {
	for _, kind := range []string{"status-update", "tool-calls", "assistant-request", "transcript", ""} {
		wantIgnored(t, Vapi{}, `{"message":{"type":"`+kind+`","call":{"id":"c1"}}}`)
	}
	wantIgnored(t, Vapi{}, `{"message":null}`)
}

func TestVapiOutcomes(t *testing.T) {
	for reason, want := range map[string]string{
		"customer-ended-call": conversation, "assistant-ended-call": conversation, "assistant-ended-call-after-message-spoken": conversation,
		"silence-timed-out": conversation, "exceeded-max-duration": conversation, "assistant-forwarded-call": conversation,
		"customer-busy": busy, "customer-did-not-answer": noAnswer, "voicemail": noAnswer, "twilio-failed-to-connect-call": notAvailable,
		"pipeline-no-available-llm-model": "", "assistant-error": "", "call.in-progress.error-vapifault-x": "",
		"assistant-ended-call-with-error": "", "something-new": "", "": "",
	} {
		if got := vapiOutcome(reason); got != want {
			t.Errorf("%s: %q, want %q", reason, got, want)
		}
	}
}

func TestVapiSignature(t *testing.T) {
	const vector = "2bb03d9533d11a233bb4f670da09f74fcf1480ab4a7b3fa5b6720287d90dff2e"
	request := func(signature, stamp string) Request {
		return Request{Body: []byte(body), Header: headers("X-Signature", signature, "X-Timestamp", stamp)}
	}
	checkSignature(t, Vapi{}, request(vector, "1795168800"), "s3cret", "X-Signature")

	raw, err := hex.DecodeString(vector)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString(raw)
	for _, good := range []string{vector, strings.ToUpper(vector), "sha256=" + vector, "v1," + vector, b64, "sha256=" + b64, strings.TrimRight(b64, "=")} {
		if err := (Vapi{}).Verify(request(good, "1795168800"), "s3cret", signed()); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{vector[1:], "0" + vector[1:], vector + "00", b64[1:]} {
		if err := (Vapi{}).Verify(request(bad, "1795168800"), "s3cret", signed()); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := (Vapi{}).Verify(Request{Body: []byte(body), Header: headers("X-Signature", vector)}, "s3cret", signed()); !errors.Is(err, ErrUnsigned) {
		t.Errorf("no timestamp: %v", err)
	}
	for _, stamp := range []string{"x", "0", "-1", "99999999999999999999"} {
		if err := (Vapi{}).Verify(request(vector, stamp), "s3cret", signed()); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", stamp, err)
		}
	}
	for _, off := range []time.Duration{-31 * time.Minute, 31 * time.Minute} {
		if err := (Vapi{}).Verify(request(vector, "1795168800"), "s3cret", signed().Add(off)); !errors.Is(err, ErrStale) {
			t.Errorf("%s: %v", off, err)
		}
	}
}

func TestVapiAlgorithms(t *testing.T) {
	for _, stamp := range []string{"1795168800", "1795168800000"} {
		m1, m512 := hmac.New(sha1.New, []byte("k")), hmac.New(sha512.New, []byte("k"))
		m1.Write([]byte(stamp + "." + body))
		m512.Write([]byte(stamp + "." + body))
		for _, signature := range []string{hex.EncodeToString(m1.Sum(nil)), hex.EncodeToString(m512.Sum(nil)), base64.StdEncoding.EncodeToString(m512.Sum(nil))} {
			r := Request{Body: []byte(body), Header: headers("x-signature", signature, "x-timestamp", stamp)}
			if err := (Vapi{}).Verify(r, "k", signed()); err != nil {
				t.Errorf("%s: %v", signature, err)
			}
		}
	}
}

func TestVapiTokens(t *testing.T) {
	for _, h := range [][]string{{"Authorization", "Bearer s3cret"}, {"Authorization", "bearer  s3cret"}, {"X-Vapi-Secret", "s3cret"}, {"Authorization", "s3cret"}} {
		r := Request{Body: []byte(body), Header: headers(h...)}
		if err := (Vapi{}).Verify(r, "s3cret", signed()); err != nil {
			t.Errorf("%v: %v", h, err)
		}
		if err := (Vapi{}).Verify(r, "other", signed()); !errors.Is(err, ErrSignature) {
			t.Errorf("%v: %v", h, err)
		}
	}
	for _, h := range [][]string{{}, {"Authorization", ""}, {"X-Vapi-Secret", " "}} {
		if err := (Vapi{}).Verify(Request{Header: headers(h...)}, "s3cret", signed()); !errors.Is(err, ErrUnsigned) {
			t.Errorf("%v: %v", h, err)
		}
	}
}

// The guide's example must be what the adapter takes for a real call.
func TestVapiReportOfTheGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/voice-agents.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "/v1/calls/vapi -H")
	_, rest, _ = strings.Cut(rest, "-d '")
	sent, _, ok := strings.Cut(rest, "'\n")
	if !ok {
		t.Fatal("the guide has no Vapi example")
	}
	got := theReport(t, Vapi{}, []byte(sent))
	if got.Test || got.Phone != "+14155550113" || got.Summary == "" || got.Duration != 125*time.Second {
		t.Errorf("%+v", got)
	}
	if err := (Vapi{}).Verify(Request{Body: []byte(sent), Header: headers("X-Vapi-Secret", "demo-secret")}, "demo-secret", signed()); err != nil {
		t.Error(err)
	}
}
