package hooks

import (
	"errors"
	"testing"
	"time"
)

func TestElevenLabsReport(t *testing.T) {
	wantReport(t, ElevenLabs{}, sample(t, "elevenlabs_inbound.json"), Report{
		CallID: "c1", Phone: "+15005550006", Direction: inbound, StartedAt: signed().UTC(), Duration: 125 * time.Second,
		Outcome: conversation, Summary: "Wants a demo on Friday.", Transcript: "Agent: Hello.\nCustomer: Hi", AgentName: "Ana",
		Data: map[string]string{"budget": "8000", "city": "Lyon", "polite": "success"}, Final: true,
	})
}

func TestElevenLabsVariants(t *testing.T) {
	checkVariants(t, ElevenLabs{}, sample(t, "elevenlabs_inbound.json"), []variant{
		{"outbound", map[string]any{"data.metadata.phone_call.direction": "outbound"}, func(r *Report) { r.Direction = outbound }},
		{"web or chat", map[string]any{"data.metadata.phone_call": nil}, func(r *Report) { r.Phone, r.Direction, r.Test = "", "", true }},
		{"numbers as strings", map[string]any{"data.metadata.start_time_unix_secs": "1795168800", "data.metadata.call_duration_secs": "125"}, func(*Report) {}},
		{"no analysis", map[string]any{"data.analysis": drop{}}, func(r *Report) { r.Summary, r.Data = "", nil }},
		{"analysis null", map[string]any{"data.analysis": nil, "data.agent_name": nil}, func(r *Report) { r.Summary, r.Data, r.AgentName = "", nil, "" }},
		{"no transcript", map[string]any{"data.transcript": nil}, func(r *Report) { r.Transcript = "" }},
		{
			"nothing said",
			map[string]any{"data.transcript": nil, "data.analysis": nil, "data.metadata.call_duration_secs": 0},
			func(r *Report) { r.Transcript, r.Summary, r.Data, r.Duration, r.Test = "", "", nil, 0, true },
		},
		{"voicemail", map[string]any{"data.metadata.termination_reason": "Voicemail detected"}, func(r *Report) {
			r.EndReason, r.Outcome, r.Duration = "Voicemail detected", noAnswer, 0
		}},
		{"withheld", map[string]any{"data.metadata.phone_call.external_number": "+266696687"}, func(r *Report) { r.Phone, r.Withheld = "", true }},
		{"trunk", map[string]any{"data.metadata.phone_call.type": "sip_trunking", "data.metadata.phone_call.call_sid": drop{}}, func(*Report) {}},
	})
}

func TestElevenLabsFailure(t *testing.T) {
	raw := sample(t, "elevenlabs_failure.json")
	wantReport(t, ElevenLabs{}, raw, Report{
		CallID: "c2", Phone: "+15005550006", Direction: outbound, StartedAt: signed().Add(30 * time.Second).UTC(), Outcome: noAnswer,
		EndReason: "no-answer", Final: true,
	})
	checkVariants(t, ElevenLabs{}, raw, []variant{
		{"busy", map[string]any{"data.failure_reason": "busy"}, func(r *Report) { r.Outcome, r.EndReason = busy, "busy" }},
		{"unknown", map[string]any{"data.failure_reason": "unknown"}, func(r *Report) { r.Outcome, r.EndReason = notAvailable, "unknown" }},
		{"trunk", map[string]any{"data.metadata": map[string]any{"type": "sip", "body": map[string]any{"to_number": "+15005550006"}}}, func(*Report) {}},
		{"no numbers", map[string]any{"data.metadata": nil}, func(r *Report) { r.Phone = "" }},
	})
}

func TestElevenLabsIgnoresOtherEvents(t *testing.T) {
	for _, kind := range []string{"post_call_audio", "unredacted_post_call_transcription", "voice_removal_notice", ""} {
		wantIgnored(t, ElevenLabs{}, `{"type":"`+kind+`","data":{"conversation_id":"c1","full_audio":"AAAA"}}`)
	}
}

func TestElevenLabsSignature(t *testing.T) {
	const vector = "t=1795168800,v0=3fa06d68108ffa74172936918c1d1c77d3445a8c17df7551dbe8cc44702d1b4c"
	good := Request{Body: []byte(body), Header: headers("ElevenLabs-Signature", vector)}
	checkSignature(t, ElevenLabs{}, good, "wsec_test", "ElevenLabs-Signature")
	for off, want := range map[time.Duration]error{
		30 * time.Minute: nil, 30*time.Minute + time.Second: ErrStale, -24 * time.Hour: nil, // the SDK does not look ahead either
	} {
		if err := (ElevenLabs{}).Verify(good, "wsec_test", signed().Add(off)); !errors.Is(err, want) {
			t.Errorf("%s: %v", off, err)
		}
	}
	two := Request{Body: []byte(body), Header: headers("ElevenLabs-Signature", "t=1795168800, v0=00, v0="+vector[len("t=1795168800,v0="):])}
	if err := (ElevenLabs{}).Verify(two, "wsec_test", signed()); err != nil {
		t.Errorf("two signatures: %v", err)
	}
}
