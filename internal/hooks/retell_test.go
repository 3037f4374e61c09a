package hooks

import (
	"errors"
	"testing"
	"time"
)

func retellReport() Report {
	return Report{
		CallID: "c1", Phone: "+15005550006", Direction: outbound, StartedAt: signed().UTC(), Duration: 125 * time.Second,
		Outcome: conversation, EndReason: "user_hangup", Summary: "Wants a demo on Friday.", Transcript: "Agent: Hello.\nCustomer: Hi.",
		RecordingURL: "https://recordings.example.com/c1.wav", AgentName: "Ana", Sentiment: "positive",
		Data: map[string]string{"budget": "8000"}, Final: true,
	}
}

func TestRetellReports(t *testing.T) {
	want := retellReport()
	wantReport(t, Retell{}, sample(t, "retell_analyzed.json"), want)
	want.Summary, want.Sentiment, want.Data, want.Final = "", "", nil, false
	wantReport(t, Retell{}, sample(t, "retell_ended.json"), want)
}

func TestRetellVariants(t *testing.T) {
	checkVariants(t, Retell{}, sample(t, "retell_analyzed.json"), []variant{
		{"inbound", map[string]any{"call.direction": "inbound"}, func(r *Report) { r.Direction, r.Phone = inbound, "+15005550009" }},
		{"no direction", map[string]any{"call.direction": nil}, func(r *Report) { r.Direction, r.Phone = "", "" }},
		{
			"web call",
			map[string]any{"call.call_type": "web_call", "call.direction": drop{}, "call.from_number": drop{}, "call.to_number": drop{}},
			func(r *Report) { r.Direction, r.Phone, r.Test = "", "", true },
		},
		{"numbers as strings", map[string]any{"call.start_timestamp": "1795168800000", "call.duration_ms": "125000"}, func(*Report) {}},
		{"no duration", map[string]any{"call.duration_ms": nil}, func(*Report) {}},
		{"no times", map[string]any{"call.duration_ms": drop{}, "call.start_timestamp": drop{}}, func(r *Report) { r.StartedAt, r.Duration = time.Time{}, 0 }},
		{"analysis null", map[string]any{"call.call_analysis": nil}, func(r *Report) { r.Summary, r.Sentiment, r.Data = "", "", nil }},
		{"unknown mood", map[string]any{"call.call_analysis.user_sentiment": "Unknown"}, func(r *Report) { r.Sentiment = "" }},
		{"voicemail", map[string]any{"call.call_analysis.in_voicemail": "true"}, func(r *Report) { r.Outcome, r.Duration = noAnswer, 0 }},
		{"text transcript", map[string]any{"call.transcript_object": nil, "call.transcript": "Agent: A\nUser: B"}, func(r *Report) { r.Transcript = "Agent: A\nCustomer: B" }},
		{
			"woven transcript",
			map[string]any{"call.transcript_object": drop{}, "call.transcript_with_tool_calls": []any{
				map[string]any{"role": "agent", "content": "A"}, map[string]any{"role": "tool_call_result", "content": "secret"},
			}},
			func(r *Report) { r.Transcript = "Agent: A" },
		},
		{"storage of basics", map[string]any{"call.transcript_object": drop{}, "call.transcript": drop{}, "call.recording_url": drop{}}, func(r *Report) { r.Transcript, r.RecordingURL = "", "" }},
		{
			"scrubbed",
			map[string]any{"call.scrubbed_recording_url": "https://scrubbed.example.com/1", "call.scrubbed_transcript_with_tool_calls": []any{
				map[string]any{"role": "tool_call_invocation", "arguments": "secret"}, map[string]any{"role": "user", "content": "I am [NAME]"},
			}},
			func(r *Report) {
				r.RecordingURL, r.Transcript = "https://scrubbed.example.com/1", "Customer: I am [NAME]"
			},
		},
		{"signed link", map[string]any{"call.opt_in_signed_url": true}, func(r *Report) { r.RecordingURL = "" }},
		{"variables", map[string]any{"call.collected_dynamic_variables": map[string]any{"city": "Lyon"}, "call.metadata": nil}, func(r *Report) { r.Data["city"] = "Lyon" }},
	})
}

func TestRetellIgnoresOtherEvents(t *testing.T) {
	for _, event := range []string{"call_started", "transcript_updated", "transfer_started", ""} {
		wantIgnored(t, Retell{}, `{"event":"`+event+`","call":{"call_id":"c1"}}`)
	}
}

func TestRetellOutcomes(t *testing.T) {
	for reason, want := range map[string]string{
		"user_hangup": conversation, "agent_hangup": conversation, "call_transfer": conversation, "transfer_bridged": conversation,
		"inactivity": conversation, "max_duration_reached": conversation, "voicemail_reached": noAnswer, "dial_no_answer": noAnswer,
		"user_declined": noAnswer, "dial_busy": busy, "dial_failed": notAvailable, "invalid_destination": notAvailable,
		"ivr_reached": notAvailable, "marked_as_spam": notAvailable, "error_llm_websocket_open": "", "": "",
	} {
		if got := retellOutcome(reason, false); got != want {
			t.Errorf("%s: %q, want %q", reason, got, want)
		}
	}
}

func TestRetellSignature(t *testing.T) {
	const vector = "v=1795168800000,d=6d7fc0e07559f96a63e196a7f88c8c80c0f368347be40f704015559eb8c5a137"
	good := Request{Body: []byte(body), Header: headers("x-retell-signature", vector)}
	checkSignature(t, Retell{}, good, "key_test", "X-Retell-Signature")
	for off, want := range map[time.Duration]error{
		5 * time.Minute: nil, -5 * time.Minute: nil, 5*time.Minute + time.Second: ErrStale, -5*time.Minute - time.Second: ErrStale,
	} {
		if err := (Retell{}).Verify(good, "key_test", signed().Add(off)); !errors.Is(err, want) {
			t.Errorf("%s: %v", off, err)
		}
	}
	other := Request{Body: []byte(body + " "), Header: good.Header}
	if err := (Retell{}).Verify(other, "key_test", signed()); !errors.Is(err, ErrSignature) {
		t.Errorf("another body: %v", err)
	}
}
