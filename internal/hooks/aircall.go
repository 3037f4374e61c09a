package hooks

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Aircall is a telephone system for people. call.ended comes half a minute after the hang-up; what its AI makes of the
// call follows in events of their own, keyed by the call's id, in any order.
type Aircall struct{}

// Name is "aircall".
func (Aircall) Name() string { return "aircall" }

// Answers is 200 whatever happens: nothing is known of a retry, and a webhook that fails is switched off, with all the
// calls that would have come through it. Whoever refuses or loses one here must say so in its own log.
func (Aircall) Answers() Answers {
	return Answers{
		Accepted: http.StatusOK, Ignored: http.StatusOK, Malformed: http.StatusOK, Refused: http.StatusOK, Unavailable: http.StatusOK,
	}
}

// Verify compares the token in the body, which is all that Aircall offers, with the secret.
func (Aircall) Verify(r Request, secret string, _ time.Time) error {
	if secret == "" {
		return ErrNoSecret
	}
	d, err := readDoc(r.Body)
	if err != nil {
		return err
	}
	token := d.text("token")
	if token == "" {
		return fmt.Errorf("%w: the body has no token", ErrUnsigned)
	}
	if !same(token, secret) {
		return ErrSignature
	}
	return nil
}

// Parse reads call.ended, and as additions the assets and what the AI found.
func (Aircall) Parse(r Request) (Parsed, error) {
	d, err := readDoc(r.Body)
	if err != nil {
		return Parsed{}, err
	}
	event, data := d.short("event"), d.at("data")
	switch event {
	case "call.ended":
		return aircallEnded(data)
	case "call.comm_assets_generated":
		return aircallAddition(Report{CallID: data.text("id", "call_id"), RecordingURL: aircallRecording(data)}, event)
	}
	out := Report{CallID: data.text("call_id", "call.id")}
	switch event {
	case "summary.created":
		out.Summary = aircallText(data, "content", "summary")
	case "transcription.created":
		out.Transcript = aircallTranscript(data)
	case "sentiment.created":
		out.Sentiment = aircallMood(data)
	case "action_item.created", "action_items.created":
		out.ActionItems = aircallItems(data)
	case "ai_voice_agent.ended", "ai_voice_agent.summary":
		out.Summary = aircallText(data, "summary", "content")
		out.EndReason, out.AgentName = data.short("call_end_reason"), data.short("agent_name", "ai_voice_agent_name")
		out.Data = aircallExtracted(data)
	default:
		return ignored(fmt.Sprintf("event %q is no report of a finished call", event)), nil
	}
	return aircallAddition(out, event)
}

// aircallAddition is empty of news quite often (a summary of an empty call): then it is ignored.
func aircallAddition(r Report, event string) (Parsed, error) {
	if r.CallID == "" {
		return Parsed{}, fmt.Errorf("%w: event %s names no call", ErrBody, event)
	}
	if first(r.Summary, r.Transcript, r.RecordingURL, r.Sentiment, r.EndReason, r.AgentName) == "" && len(r.ActionItems) == 0 && len(r.Data) == 0 {
		return ignored(fmt.Sprintf("event %s holds nothing", event)), nil
	}
	r.Addition = true
	return finish(r, false)
}

func aircallEnded(data doc) (Parsed, error) {
	started, answered, ended := data.when("started_at"), data.when("answered_at"), data.when("ended_at")
	out := Report{
		CallID: data.text("id"), Phone: data.text("raw_digits"), Direction: way(data.text("direction")), StartedAt: started,
		EndReason: data.short("missed_call_reason"), RecordingURL: aircallRecording(data), AgentName: data.short("user.name"),
		Outcome: noAnswer, Final: true,
	}
	var measured bool
	switch {
	case !answered.IsZero():
		out.Outcome = conversation
		out.Duration, measured = firstLength( // duration counts the ringing too
			func() (time.Duration, bool) { return span(answered, ended) },
			func() (time.Duration, bool) { return data.length("duration", time.Second) })
	case data.text("voicemail") != "":
		out.Outcome = leftMessage
	}
	var extra facts
	extra.put("comments", data.at("comments.#.content"))
	extra.put("tags", data.at("tags.#.name"))
	out.Data = extra.m
	return finish(out, measured)
}

// aircallRecording is the page that asks for a login: the links to the sound itself die within one and three hours.
// Without a recording or a voicemail there is nothing to link to.
func aircallRecording(data doc) string {
	if asset := data.text("asset"); asset != "" {
		return asset
	}
	if data.text("recording", "voicemail") != "" {
		return data.text("direct_link")
	}
	return ""
}

// aircallText is a text under one of two names, or the content of an object of that name.
func aircallText(data doc, names ...string) string {
	for _, name := range names {
		if s := data.text(name, name+".content", name+".text"); s != "" {
			return s
		}
	}
	return ""
}

func aircallTranscript(data doc) string {
	for _, path := range []string{"content.utterances", "transcription.content.utterances", "utterances"} {
		var s script
		for turn := range data.items(path) {
			s.say(turn.text("participant_type", "speaker", "role"), turn.text("text", "content"))
		}
		if text := s.String(); text != "" {
			return text
		}
	}
	return relabel(aircallText(data, "content", "transcription"))
}

// aircallMood is the customer's: Aircall judges the outside parties only.
func aircallMood(data doc) string {
	for _, path := range []string{"participants", "sentiments", "sentiment.participants"} {
		for p := range data.items(path) {
			if kind := p.text("type", "participant_type"); kind != "internal" {
				if m := mood(p.text("value", "sentiment")); m != "" {
					return m
				}
			}
		}
	}
	return mood(data.text("value", "sentiment"))
}

func aircallItems(data doc) []string {
	for _, path := range []string{"action_items", "content", "action_item"} {
		if list := data.list(path); len(list) > 0 {
			return list
		}
	}
	return nil
}

func aircallExtracted(data doc) map[string]string {
	var extra facts
	for name, v := range data.entries("extracted_data") {
		extra.put(name, v)
	}
	for _, path := range []string{"extracted_data", "intake_answers"} {
		for v := range data.items(path) {
			name := v.text("name", "question", "key")
			for _, answer := range []string{"value", "answer"} {
				if strings.TrimSpace(v.text(answer)) != "" {
					extra.put(name, v.at(answer))
				}
			}
		}
	}
	return extra.m
}
