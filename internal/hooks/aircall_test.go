package hooks

import (
	"errors"
	"testing"
	"time"
)

func TestAircallReport(t *testing.T) {
	wantReport(t, Aircall{}, sample(t, "aircall_ended.json"), Report{
		CallID: "9007199254740993", // beyond what a float holds
		Phone:  "+1 500-555-0006", Direction: inbound, StartedAt: signed().UTC(), Duration: 120 * time.Second,
		Outcome: conversation, RecordingURL: "https://assets.example.com/1", AgentName: "Eva",
		Data: map[string]string{"comments": "Send the offer", "tags": "hot"}, Final: true,
	})
}

func TestAircallVariants(t *testing.T) {
	missed := func(r *Report) { r.Outcome, r.Duration = noAnswer, 0 }
	checkVariants(t, Aircall{}, sample(t, "aircall_ended.json"), []variant{
		{
			"missed",
			map[string]any{"data.answered_at": nil, "data.user": nil, "data.recording": nil, "data.asset": nil, "data.missed_call_reason": "no_available_agent"},
			func(r *Report) {
				missed(r)
				r.AgentName, r.RecordingURL, r.EndReason = "", "", "no_available_agent"
			},
		},
		{
			"voicemail",
			map[string]any{"data.answered_at": nil, "data.recording": nil, "data.voicemail": "https://dies.example.com/1"},
			func(r *Report) { r.Outcome, r.Duration = leftMessage, 0 },
		},
		{"no asset", map[string]any{"data.asset": nil}, func(r *Report) { r.RecordingURL = "https://assets.example.com/calls/1" }},
		{"nothing lasting", map[string]any{"data.asset": drop{}, "data.direct_link": drop{}}, func(r *Report) { r.RecordingURL = "" }},
		{"numbers as strings", map[string]any{"data.id": "9007199254740993", "data.answered_at": "1795168805"}, func(*Report) {}},
		{"no end", map[string]any{"data.ended_at": nil}, func(r *Report) { r.Duration = 125 * time.Second }},
		{"anonymous", map[string]any{"data.raw_digits": "anonymous", "data.number": drop{}}, func(r *Report) { r.Phone, r.Withheld = "", true }},
		{"outbound", map[string]any{"data.direction": "outbound", "data.contact": nil, "data.comments": nil, "data.tags": drop{}}, func(r *Report) { r.Direction, r.Data = outbound, nil }},
	})
}

func TestAircallAdditions(t *testing.T) {
	for b, want := range map[string]Report{
		`{"event":"summary.created","data":{"id":7,"call_id":1,"content":"Wants a demo."}}`:                                                                                            {Summary: "Wants a demo."},
		`{"event":"summary.created","data":{"call_id":"1","summary":{"content":"Wants a demo."}}}`:                                                                                     {Summary: "Wants a demo."},
		`{"event":"sentiment.created","data":{"call_id":1,"participants":[{"type":"external","value":"POSITIVE"}]}}`:                                                                   {Sentiment: "positive"},
		`{"event":"sentiment.created","data":{"call_id":1,"sentiment":"Negative"}}`:                                                                                                    {Sentiment: "negative"},
		`{"event":"action_item.created","data":{"call_id":1,"action_items":["Call back",{"content":"Send offer"},null]}}`:                                                              {ActionItems: []string{"Call back", "Send offer"}},
		`{"event":"action_item.created","data":{"call_id":1,"content":"Call back"}}`:                                                                                                   {ActionItems: []string{"Call back"}},
		`{"event":"call.comm_assets_generated","data":{"id":1,"asset":"https://assets.example.com/1"}}`:                                                                                {RecordingURL: "https://assets.example.com/1"},
		`{"event":"ai_voice_agent.summary","data":{"call_id":1,"summary":"Booked.","extracted_data":{"city":"Lyon"}}}`:                                                                 {Summary: "Booked.", Data: map[string]string{"city": "Lyon"}},
		`{"event":"ai_voice_agent.ended","data":{"call_id":1,"call_end_reason":"answered","agent_name":"Ana"}}`:                                                                        {EndReason: "answered", AgentName: "Ana"},
		`{"event":"ai_voice_agent.summary","data":{"call_id":1,"intake_answers":[{"question":"City?","answer":"Lyon"}]}}`:                                                              {Data: map[string]string{"City?": "Lyon"}},
		`{"event":"transcription.created","data":{"call_id":1,"content":{"utterances":[{"participant_type":"external","text":"Hi"},{"participant_type":"internal","text":"Hello"}]}}}`: {Transcript: "Customer: Hi\nAgent: Hello"},
	} {
		want.CallID, want.Addition = "1", true
		wantReport(t, Aircall{}, []byte(b), want)
	}
	for _, b := range []string{
		`{"event":"summary.created","data":{"call_id":1,"content":null}}`, `{"event":"sentiment.created","data":{"call_id":1,"participants":[]}}`,
		`{"event":"call.hungup","data":{"id":1}}`, `{"event":"number.created","data":{}}`, `{"event":null}`,
	} {
		wantIgnored(t, Aircall{}, b)
	}
	if _, err := (Aircall{}).Parse(Request{Body: []byte(`{"event":"summary.created","data":{"content":"x"}}`)}); !errors.Is(err, ErrBody) {
		t.Errorf("a summary of no call: %v", err)
	}
}

func TestAircallToken(t *testing.T) {
	r := Request{Body: sample(t, "aircall_ended.json")}
	for secret, want := range map[string]error{"t": nil, "": ErrNoSecret, "T": ErrSignature, "tt": ErrSignature} {
		if err := (Aircall{}).Verify(r, secret, signed()); !errors.Is(err, want) {
			t.Errorf("%q: %v", secret, err)
		}
	}
	for b, want := range map[string]error{`{}`: ErrUnsigned, `{"token":null}`: ErrUnsigned, `{"token":{"a":"t"}}`: ErrUnsigned, `{"token":"t"`: ErrBody, ``: ErrBody} {
		if err := (Aircall{}).Verify(Request{Body: []byte(b)}, "t", signed()); !errors.Is(err, want) {
			t.Errorf("%s: %v", b, err)
		}
	}
}
