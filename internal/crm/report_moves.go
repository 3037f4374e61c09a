package crm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

const (
	// reportMovePages is how many pages of 100 moves are read, the newest first.
	reportMovePages = 30
	reportMoveEvent = "lead_status_changed"
)

// StageMoves is what came into an open stage and what left it in the period,
// counted in moves: a lead that comes twice counts twice, a new lead is no move.
type StageMoves struct {
	Entered           int      `json:"entered"`
	Left              int      `json:"left"`
	Next              int      `json:"to_next"`  // to the stage that follows, won after the last
	Later             int      `json:"to_later"` // to one behind that, or won
	Lost              int      `json:"to_lost"`
	Back              int      `json:"back_or_away"` // to an earlier stage or another pipeline
	Conversion        *float64 `json:"conversion_percent,omitempty"`
	EarlierConversion *float64 `json:"previous_percent,omitempty"` // in the period before
	Days              *float64 `json:"average_days,omitempty"`     // of the stays that ended
	Stays             int      `json:"stays"`                      // how many of Left those days are of
}

// move is one change of stage.
type move struct {
	lead     int64
	at       time.Time
	from, to kommo.StageValue
}

// moveReading are the moves that were read, the oldest first.
type moveReading struct {
	moves   []move
	pages   int
	since   time.Time // every move from here on was read
	stopped string    // why it ended before the span did; empty: it is whole
	failed  string    // why there are none at all
}

// readMoves reads the moves of the period and of the one before, the newest
// first, so that what is cut off is the oldest (Kommo API facts: events). Not
// being allowed to read them costs the moves, not the report.
func (s *Service) readMoves(ctx context.Context, pages *pageCounter, p *reportPlan) (moveReading, error) {
	span := p.both()
	out := moveReading{since: span.From}
	f := kommo.EventFilter{Entity: "lead", Types: []string{reportMoveEvent}, CreatedAt: kommoRange(span)}
	seen := map[string]bool{}
	for n := 1; ; n++ {
		if n > reportMovePages {
			out.stopped = fmt.Sprintf("there are more than %d", reportMovePages*kommo.MaxEventPage)
		} else if n > 1 && !timeLeft(ctx) {
			out.stopped = outOfTime
		}
		if out.stopped != "" {
			return out.sorted(), nil
		}
		f.Page, f.Limit = n, kommo.MaxEventPage
		page, err := reportPage(ctx, f, s.api.Events.List)
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return out, ctx.Err()
		case err != nil && n == 1:
			out.failed = said(err)
			return out, nil
		case err != nil:
			out.stopped = said(err)
			return out.sorted(), nil
		}
		out.pages++
		pages.read("stage changes")
		for _, e := range page.Items {
			if !seen[e.ID] && span.Contains(e.CreatedAt.Time()) { // new events push old ones to the next page
				out.take(e)
			}
			seen[e.ID] = true
		}
		if !page.HasNext {
			return out.sorted(), nil
		}
	}
}

func (r *moveReading) take(e kommo.Event) {
	before, after := e.ValuesBefore(), e.ValuesAfter()
	if e.Type != reportMoveEvent || len(before) == 0 || len(after) == 0 || before[0].Stage == nil || after[0].Stage == nil {
		return
	}
	r.moves = append(r.moves, move{e.EntityID, e.CreatedAt.Time(), *before[0].Stage, *after[0].Stage})
}

// sorted puts the oldest first. Of a reading that stopped, the second of the
// oldest move may hold others that were not read.
func (r moveReading) sorted() moveReading {
	slices.Reverse(r.moves) // of one second, the order is Kommo's
	slices.SortStableFunc(r.moves, func(a, b move) int { return a.at.Compare(b.at) })
	if r.stopped != "" && len(r.moves) > 0 {
		r.since = r.moves[0].at.Add(time.Second)
	}
	return r
}

// covers tells whether all moves of the range were read.
func (r moveReading) covers(span when.Range) bool {
	return r.failed == "" && (r.stopped == "" || !span.From.IsZero() && !r.since.After(span.From))
}

// flow counts the moves of one range by stage.
type flow struct {
	order  map[int64]int // open stages by their place
	stages map[int64]*stageFlow
	seen   int // moves that touch the pipeline
}

type stageFlow struct {
	StageMoves

	stayed time.Duration
}

func newFlow(p directory.Pipeline) *flow {
	f := &flow{order: map[int64]int{}, stages: map[int64]*stageFlow{}}
	for _, st := range p.Stages {
		if st.Kind == directory.StageOpen || st.Kind == directory.StageIncoming {
			f.order[st.ID] = len(f.order)
			f.stages[st.ID] = &stageFlow{}
		}
	}
	return f
}

func (f *flow) add(pipeline int64, m move, began time.Time) {
	from, to := f.stages[m.from.ID], f.stages[m.to.ID]
	if m.from.PipelineID == pipeline || m.to.PipelineID == pipeline {
		f.seen++
	}
	if to != nil && m.to.PipelineID == pipeline {
		to.Entered++
	}
	if from == nil || m.from.PipelineID != pipeline {
		return
	}
	from.Left++
	switch step := f.steps(pipeline, m); {
	case m.to.ID == kommo.StatusLost && m.to.PipelineID == pipeline:
		from.Lost++
	case step == 1:
		from.Next++
	case step > 1:
		from.Later++
	default:
		from.Back++
	}
	if !began.IsZero() {
		from.Stays++
		from.stayed += m.at.Sub(began)
	}
}

// steps is how many stages the move goes forward; won stands behind the last.
func (f *flow) steps(pipeline int64, m move) int {
	if m.to.PipelineID != pipeline {
		return 0
	}
	at, ok := f.order[m.to.ID]
	if m.to.ID == kommo.StatusWon {
		at, ok = len(f.order), true
	}
	if !ok {
		return 0
	}
	return at - f.order[m.from.ID]
}

func (s *stageFlow) conversion() *float64 { return percent(s.Next+s.Later, s.Left) }

func (s *stageFlow) total() *StageMoves {
	out := s.StageMoves
	out.Conversion = s.conversion()
	if s.Stays > 0 {
		out.Days = new(math.Round(s.stayed.Hours()/24/float64(s.Stays)*10) / 10)
	}
	return &out
}

// percent is part of whole with one decimal; nil where there is nothing to
// divide by.
func percent(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	return new(math.Round(float64(part)/float64(whole)*1000) / 10)
}

// flows counts the moves of the period and of the one before. A stay is known
// where the move into the stage was read, or where the lead was made since the
// reading begins and this is its first move.
func (p *reportPlan) flows(r moveReading, known map[int64]kommo.Lead) (now, before *flow) {
	now, before = newFlow(p.pipeline), newFlow(p.pipeline)
	last := map[int64]move{}
	for _, m := range r.moves {
		lead, isKnown := known[m.lead]
		if p.user.ID != 0 && !isKnown {
			continue
		}
		var began time.Time
		if earlier, ok := last[m.lead]; ok && earlier.to == m.from {
			began = earlier.at
		} else if made := lead.CreatedAt.Time(); !ok && isKnown && !made.Before(r.since) && !made.After(m.at) {
			began = made
		}
		last[m.lead] = m
		switch {
		case p.period.Contains(m.at):
			now.add(p.pipeline.ID, m, began)
		case !p.previous.From.IsZero() && p.previous.Contains(m.at):
			before.add(p.pipeline.ID, m, began)
		}
	}
	return now, before
}

// addMoves puts the moves beside the stages they belong to.
func (p *reportPlan) addMoves(rows []StageReport, r moveReading, now, before *flow) {
	if r.failed != "" {
		return
	}
	for i := range rows {
		at := now.stages[rows[i].id]
		if at == nil {
			continue
		}
		rows[i].Moves = at.total()
		if !p.previous.From.IsZero() && r.covers(p.previous) {
			rows[i].Moves.EarlierConversion = before.stages[rows[i].id].conversion()
		}
	}
}

// movesCoverage says which moves were read.
func (p *reportPlan) movesCoverage(r moveReading, now *flow) string {
	if r.failed != "" {
		return " Moves between stages could not be read: " + strings.TrimRight(r.failed, ".") + "."
	}
	text := fmt.Sprintf(" Moves between stages: %d in the period, from Kommo's event log (%s); a new lead is no move, and days are of stays whose beginning was read.",
		now.seen, counted(r.pages, "page"))
	if p.user.ID != 0 {
		text += " They are those of leads that the user is now responsible for, whoever moved them."
	}
	if r.stopped == "" {
		return text
	}
	text += " The log was read back to " + when.Format(r.since, p.names.Account.Location()) + " only (" + r.stopped + ")"
	if r.covers(p.period) {
		return text + ", which is the whole period."
	}
	return text + ": moves before that are missing."
}
