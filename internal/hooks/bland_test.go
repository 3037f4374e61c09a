package hooks

import (
	"testing"
	"time"
)

func TestBlandReport(t *testing.T) {
	wantReport(t, Bland{}, sample(t, "bland_outbound.json"), Report{
		CallID: "c1", Phone: "+15005550006", Direction: outbound, StartedAt: signed().UTC(), Duration: 125 * time.Second,
		Outcome: conversation, EndReason: "ended by user", Summary: "Wants a demo on Friday.", Transcript: "Customer: Hi\nAgent: Hello",
		RecordingURL: "https://recordings.example.com/c1.mp3", Data: map[string]string{"disposition_tag": "INTERESTED", "budget": "8000"},
		Final: true,
	})
}

func TestBlandVariants(t *testing.T) {
	checkVariants(t, Bland{}, sample(t, "bland_outbound.json"), []variant{
		{"inbound", map[string]any{"inbound": "true"}, func(r *Report) { r.Direction, r.Phone = inbound, "+15005550009" }},
		{"no direction", map[string]any{"inbound": nil}, func(r *Report) { r.Direction, r.Phone = "", "" }},
		{"minutes only", map[string]any{"corrected_duration": nil}, func(*Report) {}},
		{"minutes as a string", map[string]any{"corrected_duration": drop{}, "call_length": "2.0833"}, func(*Report) {}},
		{"seconds as a number", map[string]any{"corrected_duration": 125}, func(*Report) {}},
		{"end only", map[string]any{"corrected_duration": nil, "call_length": nil}, func(r *Report) { r.Duration = 30 * time.Minute }},
		{"text transcript", map[string]any{"transcripts": []any{}}, func(*Report) {}},
		{"corrected transcript", map[string]any{"corrected_transcript": []any{map[string]any{"user": "robot", "text": "Better"}}}, func(r *Report) { r.Transcript = "Agent: Better" }},
		{"corrected with labels", map[string]any{"corrected_transcript": []any{map[string]any{"speaker": 1, "speaker_label": "user", "text": "Better"}}}, func(r *Report) { r.Transcript = "Customer: Better" }},
		{"short name of the id", map[string]any{"call_id": drop{}, "c_id": "c1"}, func(*Report) {}},
		{"analysis", map[string]any{"analysis": map[string]any{"city": "Lyon", "deep": map[string]any{"a": 1}}}, func(r *Report) { r.Data["city"] = "Lyon" }},
		{"not answered", map[string]any{"status": "no-answer", "answered_by": nil, "call_ended_by": nil}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = noAnswer, "no-answer", 0 }},
		{"busy", map[string]any{"status": "busy"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = busy, "busy", 0 }},
		{"voicemail", map[string]any{"answered_by": "voicemail"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = noAnswer, "voicemail", 0 }},
		{"failed", map[string]any{"status": "failed", "error_message": "bad number"}, func(r *Report) { r.Outcome, r.EndReason, r.Duration = notAvailable, "bad number", 0 }},
		{"cancelled", map[string]any{"status": "canceled"}, func(r *Report) { r.Outcome, r.EndReason = "", "canceled" }},
		{"dialled again", map[string]any{"isRetry": true, "pathway_id": nil}, func(*Report) {}},
	})
}

func TestBlandIgnoresWhatIsNoReport(t *testing.T) {
	for _, b := range []string{
		`{"call_id":"c1","event_type":"citations","contents":{}}`, `{"call_id":"c1","status":null,"corrected_transcript":[]}`,
		`{"call_id":"c1","status":"completed","is_proxy_agent_call":true}`, `{"message":"live","category":"call"}`,
	} {
		wantIgnored(t, Bland{}, b)
	}
}

func TestBlandSignature(t *testing.T) {
	const vector = "fb9587b49bee534141f8035f7be97534e08e529f2953feff3d87fdc350ee22fb"
	checkSignature(t, Bland{}, Request{Body: []byte(body), Header: headers("X-Webhook-Signature", vector)}, "bland_test", "X-Webhook-Signature")
}
