package crm

import (
	"context"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// IncomingCount is what to count: incoming leads by the day they came in and by
// pipeline.
type IncomingCount struct {
	Created  string // a range; empty: all
	Pipeline string
}

// IncomingSummary are the counts of incoming leads, as Kommo counts them.
type IncomingSummary struct {
	Total             int64            `json:"total"`
	Accepted          int64            `json:"accepted"`
	Declined          int64            `json:"declined"`
	AverageSortMinute float64          `json:"average_minutes_to_sort,omitempty"` // from coming in to being accepted or declined
	Categories        map[string]int64 `json:"categories"`
	CreatedFrom       string           `json:"created_from,omitempty"` // the range as it was understood, RFC 3339
	CreatedBefore     string           `json:"created_before,omitempty"`
	Pipeline          string           `json:"pipeline,omitempty"`
	Note              string           `json:"note"`
	Hint              string           `json:"hint,omitempty"`
}

const incomingNote = "These are Kommo's own counts, sorted leads included; list_incoming_leads lists those that wait."

// CountIncoming counts incoming leads in one request.
func (s *Service) CountIncoming(ctx context.Context, in IncomingCount) (IncomingSummary, error) {
	out := IncomingSummary{Categories: map[string]int64{}, Note: incomingNote}
	account, err := s.names.Account(ctx)
	if err != nil {
		return out, err
	}
	created, err := rangeOf("created", in.Created, account.Location(), s.clock.Now())
	if err != nil {
		return out, err
	}
	f := kommo.UnsortedSummaryFilter{CreatedAt: kommoRange(created)}
	if strings.TrimSpace(in.Pipeline) != "" {
		p, err := s.names.Pipeline(ctx, in.Pipeline)
		if err != nil {
			return out, err
		}
		f.PipelineID, out.Pipeline = p.ID, p.Name
	}
	sum, err := s.api.Unsorted.Summary(ctx, f)
	if err != nil {
		return out, err
	}
	out.Total, out.Accepted, out.Declined = int64(sum.Total), int64(sum.Accepted), int64(sum.Declined)
	out.AverageSortMinute = float64(sum.AverageSortTime*10/60) / 10
	for category, n := range sum.Categories {
		out.Categories[incomingWord(category)] = n
	}
	out.CreatedFrom = moment(kommo.UnixOf(created.From), account.Location())
	out.CreatedBefore = moment(kommo.UnixOf(created.To), account.Location())
	if out.Total == 0 {
		out.Hint = "No incoming lead was counted. Widen created or leave out pipeline; an account may also have incoming leads switched off in a pipeline."
	}
	return out, nil
}
