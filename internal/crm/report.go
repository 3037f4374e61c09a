package crm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

const (
	// reportPages is how many pages of 250 leads are read of each of the two
	// lists; more would not end within a tool's time at seven requests a second.
	reportPages = 12
	// reportStale is how long an open lead may lie without a change.
	reportStale   = 14
	defaultPeriod = "this_month"
	outOfTime     = "time ran out"
)

// ReportQuestion is what to report on, by names or ids.
type ReportQuestion struct {
	Pipeline    string // empty: the main one
	Period      string // empty: this_month
	Responsible string // empty: everyone
	// Progress is told of each page that was read, of at most how many; nil: nobody asks.
	Progress func(done, total int, message string)
}

// pageCounter tells of pages read by several readers at once.
type pageCounter struct {
	mu   sync.Mutex
	done int
	tell func(done, total int, message string)
}

// read counts a page. Telling stays under the lock, so that the count never
// goes back.
func (c *pageCounter) read(what string) {
	if c.tell == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.tell(c.done, 2*reportPages+reportMovePages, "Read a page of "+what)
}

// PipelineReport tells how a pipeline stands now and what was won and lost in a
// period. Sums are in the account's currency.
type PipelineReport struct {
	Pipeline    string        `json:"pipeline"`
	URL         string        `json:"url"`
	Responsible string        `json:"responsible,omitempty"`
	Currency    string        `json:"currency,omitempty"`
	Stages      []StageReport `json:"stages"`
	Open        OpenLeads     `json:"open"`
	Period      Outcomes      `json:"period"`
	Previous    Outcomes      `json:"previous,omitzero"` // the equal period before
	LossReasons []ReasonCount `json:"loss_reasons"`
	Users       []UserReport  `json:"users"`
	Complete    bool          `json:"complete"` // every lead and every move of the period was counted
	Coverage    string        `json:"coverage"` // what was read, and what was not
}

// PipelineReport reads the open leads of the pipeline, those closed in the period
// and in the equal one before it, and the moves between stages, three lists at
// once, and counts them. While the period is running, as much as has passed of
// it is compared with as much of the one before. Filters are checked again here,
// since some accounts ignore them. Where there is too much or the time runs out
// it answers what it has, with Complete false.
func (s *Service) PipelineReport(ctx context.Context, q ReportQuestion) (PipelineReport, error) {
	plan, err := s.planReport(ctx, q)
	if err != nil {
		return PipelineReport{}, err
	}
	var open, closed reading
	var moves moveReading
	group, groupCtx := errgroup.WithContext(ctx)
	pages := &pageCounter{tell: q.Progress}
	group.Go(func() (err error) {
		open, err = s.readForReport(groupCtx, pages, "open leads", plan.openFilter(), plan.isOpen)
		return err
	})
	group.Go(func() (err error) {
		closed, err = s.readForReport(groupCtx, pages, "closed leads", plan.closedFilter(), plan.isClosed)
		return err
	})
	group.Go(func() (err error) {
		moves, err = s.readMoves(groupCtx, pages, plan)
		return err
	})
	if err := group.Wait(); err != nil {
		return PipelineReport{}, err
	}
	return plan.report(open, closed, moves), nil
}

// reportPlan is a question that is understood.
type reportPlan struct {
	pipeline directory.Pipeline
	user     directory.User // zero: everyone
	period   when.Range
	previous when.Range // zero: the period has no start, or has not begun
	running  bool       // the previous one is cut to as much as has passed
	names    *directory.Snapshot
	url      string
	now      time.Time
}

func (s *Service) planReport(ctx context.Context, q ReportQuestion) (*reportPlan, error) {
	names, err := s.names.Snapshot(ctx, directory.InPipelines, directory.InUsers, directory.InLossReasons)
	if err != nil {
		return nil, err
	}
	p := &reportPlan{names: names, now: s.clock.Now()}
	if q.Pipeline == "" {
		p.pipeline, err = s.mainPipeline(ctx)
	} else {
		p.pipeline, err = s.names.Pipeline(ctx, q.Pipeline)
	}
	if err != nil {
		return nil, err
	}
	if p.user, _, err = s.responsible(ctx, q.Responsible); err != nil {
		return nil, err
	}
	if q.Period == "" {
		q.Period = defaultPeriod
	}
	if p.period, err = rangeOf("period", q.Period, names.Account.Location(), p.now); err != nil {
		return nil, err
	}
	p.previous, p.running, _ = p.period.PreviousAt(p.now)
	p.url = fmt.Sprintf("%s/leads/pipeline/%d", s.api.Home(), p.pipeline.ID)
	return p, nil
}

// both is the period together with the one before.
func (p *reportPlan) both() when.Range {
	span := p.period
	if !p.previous.From.IsZero() {
		span.From = p.previous.From
	}
	return span
}

// openFilter asks for the leads of all stages but won and lost. Ids do not
// change while pages are turned, times of change do.
func (p *reportPlan) openFilter() kommo.LeadFilter {
	f := kommo.LeadFilter{CardFilter: p.cardFilter()}
	for _, stage := range p.pipeline.Stages {
		if stage.Kind == directory.StageOpen || stage.Kind == directory.StageIncoming {
			f.Stages = append(f.Stages, kommo.StagePair{PipelineID: p.pipeline.ID, StatusID: stage.ID})
		}
	}
	return f
}

func (p *reportPlan) closedFilter() kommo.LeadFilter {
	f := kommo.LeadFilter{CardFilter: p.cardFilter(), ClosedAt: kommoRange(p.closedSpan())}
	for _, id := range []int64{kommo.StatusWon, kommo.StatusLost} {
		f.Stages = append(f.Stages, kommo.StagePair{PipelineID: p.pipeline.ID, StatusID: id})
	}
	return f
}

// closedSpan are the leads to read of the closed ones. To count the moves of one
// user's leads, those closed since the period must be known as his, too.
func (p *reportPlan) closedSpan() when.Range {
	span := p.both()
	if p.user.ID != 0 {
		span.To = time.Time{}
	}
	return span
}

func (p *reportPlan) cardFilter() kommo.CardFilter {
	f := kommo.CardFilter{Order: kommo.Order{By: "id"}}
	if p.user.ID != 0 {
		f.Responsible = []int64{p.user.ID}
	}
	return f
}

// isOurs tells whether the lead is of the pipeline and the user.
func (p *reportPlan) isOurs(l kommo.Lead) bool {
	return l.PipelineID == p.pipeline.ID && !l.Deleted && (p.user.ID == 0 || l.ResponsibleID == p.user.ID)
}

func (p *reportPlan) isOpen(l kommo.Lead) bool { return p.isOurs(l) && !l.Closed() }

func (p *reportPlan) isClosed(l kommo.Lead) bool {
	return p.isOurs(l) && l.Closed() && p.closedSpan().Contains(l.ClosedAt.Time())
}

// reading is what was read of a list.
type reading struct {
	what    string
	leads   []kommo.Lead
	pages   int
	stopped string // why it ended before the list did; empty: it is whole
}

// readForReport reads a list to its end, to reportPages, or as far as time and Kommo
// allow. Only a first page that fails is an error.
func (s *Service) readForReport(ctx context.Context, pages *pageCounter, what string, f kommo.LeadFilter, keep func(kommo.Lead) bool) (reading, error) {
	out := reading{what: what}
	for n := 1; ; n++ {
		switch {
		case n > reportPages:
			out.stopped = fmt.Sprintf("there are more than %d", reportPages*kommo.MaxPage)
			return out, nil
		case n > 1 && !timeLeft(ctx):
			out.stopped = outOfTime
			return out, nil
		}
		f.Page, f.Limit = n, kommo.MaxPage
		page, err := reportPage(ctx, f, s.api.Leads.List)
		if err != nil {
			if n == 1 || errors.Is(ctx.Err(), context.Canceled) {
				return out, err
			}
			out.stopped = said(err)
			return out, nil
		}
		out.pages++
		pages.read(what)
		for _, l := range page.Items {
			if keep(l) {
				out.leads = append(out.leads, l)
			}
		}
		if !page.HasNext {
			return out, nil
		}
	}
}

// reportPage reads a page, leaving a second to put the report together.
func reportPage[F, T any](ctx context.Context, f F, list func(context.Context, F) (kommo.Page[T], error)) (kommo.Page[T], error) {
	if deadline, ok := ctx.Deadline(); ok {
		shorter, cancel := context.WithDeadline(ctx, deadline.Add(-time.Second))
		defer cancel()
		ctx = shorter
	}
	return list(ctx, f)
}
