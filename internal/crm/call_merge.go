package crm

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// merge puts into a call what a later delivery of it brings anew: values that
// were missing, a longer summary or transcript, more fields and tags. What was
// said before stays, so that an early or poorer report never spoils a better one.
func (c Call) merge(later Call) (merged Call, news bool) {
	merged = c
	for _, text := range []struct {
		have *string
		new  string
	}{
		{&merged.Phone, later.Phone},
		{&merged.StartedAt, later.StartedAt},
		{&merged.Outcome, later.Outcome},
		{&merged.RecordingURL, later.RecordingURL},
		{&merged.AgentName, later.AgentName},
		{&merged.Sentiment, later.Sentiment},
		{&merged.Stage, later.Stage},
	} {
		if strings.TrimSpace(*text.have) == "" && strings.TrimSpace(text.new) != "" {
			*text.have, news = text.new, true
		}
	}
	if merged.Stage != c.Stage {
		merged.Pipeline = later.Pipeline // where that stage is
	}
	if longer(later.Summary, c.Summary) {
		merged.Summary, news = later.Summary, true
	}
	if longer(later.Transcript, c.Transcript) {
		merged.Transcript, news = later.Transcript, true
	}
	if c.DurationSeconds == 0 && later.DurationSeconds > 0 {
		merged.DurationSeconds, news = later.DurationSeconds, true
	}
	if len(compact(c.ActionItems...)) == 0 && len(compact(later.ActionItems...)) > 0 {
		merged.ActionItems, news = later.ActionItems, true
	}
	if strings.TrimSpace(c.FollowUpText) == "" && strings.TrimSpace(later.FollowUpText) != "" {
		merged.FollowUpText, merged.FollowUpDue, merged.FollowUpResponsible, news = later.FollowUpText, later.FollowUpDue, later.FollowUpResponsible, true
	}
	return merged, merged.mergeLists(c, later) || news
}

// mergeLists adds fields and tags; a field that was set stays as it is.
func (c *Call) mergeLists(old, later Call) (news bool) {
	c.Tags = slices.Clone(old.Tags)
	for _, tag := range compact(later.Tags...) {
		if !hasTag(c.Tags, tag) {
			c.Tags, news = append(c.Tags, tag), true
		}
	}
	fields := map[string]any{}
	maps.Copy(fields, old.Fields)
	for name, value := range later.Fields {
		if _, set := fields[name]; !set {
			fields[name], news = value, true
		}
	}
	if len(fields) > 0 {
		c.Fields = fields
	}
	return news
}

// longer tells whether a text says more than the one at hand.
func longer(text, than string) bool {
	text, than = trimmedText(text), trimmedText(than)
	return utf8.RuneCountInString(text) > utf8.RuneCountInString(than)
}
