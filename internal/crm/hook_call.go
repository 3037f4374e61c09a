package crm

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// reportID is the call_id of a report. It is the platform's own, so that the tool
// calls made during the call carry the same. A bare number, which another
// platform may count up to as well, is told apart by the platform's name.
func reportID(platform string, r hooks.Report) string {
	id := strings.TrimSpace(r.CallID)
	if id != "" && strings.Trim(id, "0123456789") == "" {
		return platform + " " + id
	}
	return id
}

// reportedCall is a report as a call to log. What the platform extracted goes
// into the note and never into fields: it is what callers said.
func reportedCall(d HookDelivery, r hooks.Report) Call {
	c := Call{
		Phone: reportedPhone(r), Summary: reportedSummary(r), Direction: r.Direction, DurationSeconds: int64(r.Duration / time.Second),
		Outcome: r.Outcome, CallID: reportID(d.Platform, r), RecordingURL: r.RecordingURL, Transcript: r.Transcript,
		ActionItems: r.ActionItems, Sentiment: r.Sentiment, AgentName: r.AgentName, NoteOnly: true,
	}
	if !r.StartedAt.IsZero() {
		c.StartedAt = r.StartedAt.Format(time.RFC3339)
	}
	return d.Options.on(c)
}

// reportedPhone is a word that reads as withheld where there is no number: the
// call is then placed on no card, but listed among those that wait for somebody
// to choose one.
func reportedPhone(r hooks.Report) string {
	switch {
	case r.Phone != "":
		return r.Phone
	case r.Withheld:
		return "anonymous"
	}
	return "unknown"
}

func reportedSummary(r hooks.Report) string {
	blocks := compact(r.Summary)
	if len(r.Data) > 0 {
		lines := []string{"Collected by the agent"}
		for _, name := range slices.Sorted(maps.Keys(r.Data)) {
			lines = append(lines, "- "+name+": "+r.Data[name])
		}
		blocks = append(blocks, strings.Join(lines, "\n"))
	}
	return strings.Join(blocks, "\n\n")
}

// nobody tells a phone that says only that there is no number.
func nobody(number string) bool {
	n := phone.Parse(number, "")
	return strings.TrimSpace(number) == "" || n.Withheld
}
