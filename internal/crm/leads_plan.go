package crm

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

const (
	staleDays = 14
	// minQuery is the length below which Kommo's search finds nothing (Kommo
	// API facts: query).
	minQuery = 3
	// maxIDs bounds filter[id], which has to fit into an address.
	maxIDs = 150
	// maxPairs bounds filter[statuses] likewise.
	maxPairs = 60
)

// leadPlan is a search turned into what Kommo filters and what is checked here.
type leadPlan struct {
	rowTests[kommo.Lead]

	filter  kommo.LeadFilter
	nothing string // why nothing can match, known before asking
	partial bool   // not all that fits is asked for
}

// planLeads resolves all names before anything is asked.
func (s *Service) planLeads(ctx context.Context, in LeadSearch, names *directory.Snapshot) (leadPlan, error) {
	zone := names.Account.Location()
	p := leadPlan{rowTests: rowTests[kommo.Lead]{filterOff: !names.Account.FiltersOn}}
	p.filter.Order = leadOrder(in.Sort)
	p.query(in.Query)
	p.tags(in.Tags, func(l kommo.Lead) []kommo.Tag { return l.Embedded.Tags })
	for _, step := range []func() error{
		func() error { return s.planStages(ctx, &p, in) },
		func() error { return s.planUsers(ctx, &p, in.Responsible) },
		func() error { return p.price(in.PriceMin, in.PriceMax) },
		func() error { return p.times(in, zone, s.clock.Now()) },
		func() (err error) {
			p.filter.CustomFields, err = testFields(ctx, s, &p.rowTests, kommo.Leads, in.Fields, zone, func(l kommo.Lead) []kommo.FieldValue { return l.Fields })
			return err
		},
		func() error { return s.planPeople(ctx, &p, in.ContactID, in.CompanyID) },
	} {
		if err := step(); err != nil {
			return p, err
		}
	}
	return p, nil
}

func leadOrder(sort string) kommo.Order {
	by, direction, _ := strings.Cut(sort, "_")
	if by != "created" {
		by = "updated"
	}
	return kommo.Order{By: by + "_at", Desc: direction != "asc"}
}

// query goes to Kommo, which looks into names, fields and the contacts' data;
// too short ones are looked for in the names here.
func (p *leadPlan) query(text string) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
	case n >= minQuery:
		p.filter.Query = text
	default:
		p.local = true
		p.remark = fmt.Sprintf("Kommo searches from %d characters on: %q was looked for in the leads' names only.", minQuery, text)
		p.check(func(l kommo.Lead) bool { return strings.Contains(strings.ToLower(l.Name), strings.ToLower(text)) })
	}
}

func (s *Service) planStages(ctx context.Context, p *leadPlan, in LeadSearch) error {
	for _, name := range in.Pipeline {
		found, err := s.names.Pipeline(ctx, name)
		if err != nil {
			return err
		}
		p.filter.Pipelines = append(p.filter.Pipelines, found.ID)
	}
	stages := in.Stage
	openOnly := in.Attention != "" || in.InactiveDays > 0
	if openOnly {
		p.check(func(l kommo.Lead) bool { return !l.Closed() })
		if len(stages) == 0 {
			stages = []string{string(directory.StageOpen)}
		}
	}
	pipelines := p.filter.Pipelines
	if len(pipelines) > 0 {
		p.check(func(l kommo.Lead) bool { return slices.Contains(pipelines, l.PipelineID) })
	}
	if len(stages) == 0 {
		return nil
	}
	found, err := s.names.Stages(ctx, stages, pipelines)
	if err != nil {
		return err
	}
	var pairs []kommo.StagePair
	for _, st := range found {
		if openOnly && (st.Kind == directory.StageWon || st.Kind == directory.StageLost) {
			continue
		}
		pairs = append(pairs, kommo.StagePair{PipelineID: st.PipelineID, StatusID: st.ID})
	}
	if len(pairs) == 0 {
		p.nothing = "attention and inactive_days look at open leads only, and the stages named are closed ones: leave stage out."
	}
	p.inStages(pairs)
	return nil
}

// inStages narrows to stages. More of them than fit into an address are looked
// for here, as in accounts with dozens of pipelines.
func (p *leadPlan) inStages(pairs []kommo.StagePair) {
	p.check(func(l kommo.Lead) bool {
		return slices.Contains(pairs, kommo.StagePair{PipelineID: l.PipelineID, StatusID: l.StatusID})
	})
	if len(pairs) > maxPairs {
		p.local = true
		return
	}
	p.filter.Pipelines = nil // the pairs say it
	p.filter.Stages = pairs
}

func (s *Service) planUsers(ctx context.Context, p *leadPlan, names []string) error {
	ids, err := s.userIDs(ctx, names)
	if err != nil || len(ids) == 0 {
		return err
	}
	p.filter.Responsible = ids
	p.check(func(l kommo.Lead) bool { return slices.Contains(ids, l.ResponsibleID) })
	return nil
}

// userIDs resolves the users that a list names.
func (s *Service) userIDs(ctx context.Context, names []string) ([]int64, error) {
	var ids []int64
	for _, name := range names {
		u, err := s.names.User(ctx, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}

func (p *leadPlan) price(from, to *float64) error {
	if from != nil && to != nil && *from > *to {
		return problem.Invalid("price_min", fmt.Sprintf("price_min %v is above price_max %v", *from, *to)).
			WithNext("Swap them, or leave one out.")
	}
	if from != nil {
		least := *from
		p.filter.Price.From = new(whole(math.Floor(least)))
		p.check(func(l kommo.Lead) bool { return l.Amount() >= least })
	}
	if to != nil {
		most := *to
		p.filter.Price.To = new(whole(math.Ceil(most)))
		p.check(func(l kommo.Lead) bool { return l.Amount() <= most })
	}
	return nil
}

// times reads the ranges and what attention means.
func (p *leadPlan) times(in LeadSearch, zone *time.Location, now time.Time) error {
	created, err := p.span("created", in.Created, zone, now)
	if err != nil {
		return err
	}
	updated, err := p.span("updated", in.Updated, zone, now)
	if err != nil {
		return err
	}
	closed, err := p.span("closed", in.Closed, zone, now)
	if err != nil {
		return err
	}
	days := in.InactiveDays
	if in.Attention == AttentionStale && days == 0 {
		days = staleDays
	}
	if days > 0 {
		since := now.In(zone).AddDate(0, 0, -days)
		if updated.To.IsZero() || updated.To.After(since) {
			updated.To = since
		}
	}
	p.filter.CreatedAt = p.within(created, func(l kommo.Lead) kommo.Unix { return l.CreatedAt })
	p.filter.UpdatedAt = p.within(updated, func(l kommo.Lead) kommo.Unix { return l.UpdatedAt })
	p.filter.ClosedAt = p.within(closed, func(l kommo.Lead) kommo.Unix { return l.ClosedAt })
	p.attention(in.Attention, now)
	return nil
}

// attention looks at the nearest open task of a lead. That there is none Kommo
// cannot filter.
func (p *leadPlan) attention(kind string, now time.Time) {
	switch kind {
	case AttentionNoTask:
		p.local = true
		p.check(func(l kommo.Lead) bool { return l.ClosestTaskAt == 0 })
	case AttentionOverdue:
		before := now.Unix()
		p.filter.ClosestTask = kommo.Range{From: new(int64(1)), To: &before}
		p.check(func(l kommo.Lead) bool { return l.ClosestTaskAt != 0 && int64(l.ClosestTaskAt) < before })
	}
}
