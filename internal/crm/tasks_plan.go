package crm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// taskPlan is a list of tasks turned into what Kommo filters and what is checked
// here.
type taskPlan struct {
	filter  kommo.TaskFilter
	due     when.Range
	updated when.Range
	spans   []string // the ranges asked for, in absolute times
	strange int      // tasks that Kommo's filters should have kept back
}

func (s *Service) planTasks(ctx context.Context, in TaskQuery, zone *time.Location) (*taskPlan, error) {
	p := &taskPlan{filter: kommo.TaskFilter{Completed: new(in.Completed), Order: kommo.Order{By: "complete_till", Desc: in.Completed}}}
	if in.LeadID != 0 || in.ContactID != 0 || in.CompanyID != 0 {
		c, err := Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID}.card()
		if err != nil {
			return p, err
		}
		p.filter.EntityType, p.filter.EntityIDs = c.entity, []int64{c.id}
	}
	if in.Responsible != "" {
		u, err := s.names.User(ctx, in.Responsible)
		if err != nil {
			return p, err
		}
		p.filter.Responsible = []int64{u.ID}
	}
	if strings.TrimSpace(in.Type) != "" {
		kind, err := s.names.TaskType(ctx, in.Type)
		if err != nil {
			return p, err
		}
		p.filter.TypeIDs = []int64{kind.ID}
	}
	return p, s.taskSpans(p, in, zone)
}

// taskSpans reads the ranges.
func (s *Service) taskSpans(p *taskPlan, in TaskQuery, zone *time.Location) (err error) {
	if p.updated, err = rangeOf("updated", in.Updated, zone, s.clock.Now()); err != nil {
		return err
	}
	if !isOpen(p.updated) {
		p.filter.UpdatedAt = kommoRange(p.updated)
		p.spans = append(p.spans, "updated "+p.updated.String())
	}
	var word bool
	if p.due, word, err = s.dueSpan(in.Due, zone); !word {
		p.spans = append(p.spans, "due "+p.due.String())
	}
	return err
}

// dueSpan is the span of deadlines asked for, by a word or as a range; of open
// tasks, overdue are those whose moment is past, also if that was today.
func (s *Service) dueSpan(due string, zone *time.Location) (r when.Range, word bool, err error) {
	now := s.clock.Now()
	y, m, d := now.In(zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, zone)
	switch strings.ToLower(strings.TrimSpace(due)) {
	case DueOverdue:
		return when.Range{To: now}, true, nil
	case DueToday:
		return when.Range{From: today, To: today.AddDate(0, 0, 1)}, true, nil
	case DueWeek:
		return when.Range{From: today, To: today.AddDate(0, 0, 7)}, true, nil
	case "", DueAll:
		return when.Range{}, true, nil
	}
	r, err = rangeOf("due", due, zone, now)
	if bad, ok := errors.AsType[*problem.Problem](err); ok {
		bad.Next = "Give overdue, today, week, all, a date or a range such as " +
			today.Format(time.DateOnly) + ".." + today.AddDate(0, 0, 4).Format(time.DateOnly) + "."
	}
	return r, false, err
}

// taskScan reads by deadline and counts the tasks that Kommo's filters should have
// kept back.
func (s *Service) taskScan(in TaskQuery, p *taskPlan) scan[kommo.Task] {
	span, f := p.due, p.filter
	size := in.Limit
	if !span.From.IsZero() && !in.Completed || in.Completed && !span.To.IsZero() { // what lies before the span is passed over
		size = kommo.MaxPage
	}
	return scan[kommo.Task]{
		limit: in.Limit, pageSize: size,
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Task], error) {
			f.Page, f.Limit = page, size
			return s.api.Tasks.List(ctx, f)
		},
		keep: func(t kommo.Task) bool {
			if !p.fits(t) {
				p.strange++
				return false
			}
			return span.Contains(t.Deadline.Time())
		},
		stop: func(t kommo.Task) bool {
			if in.Completed {
				return !span.From.IsZero() && t.Deadline.Time().Before(span.From)
			}
			return !span.To.IsZero() && !t.Deadline.Time().Before(span.To)
		},
	}
}

// fits checks what Kommo was asked to filter.
func (p *taskPlan) fits(t kommo.Task) bool {
	f := p.filter
	return t.Completed == *f.Completed &&
		(len(f.Responsible) == 0 || slices.Contains(f.Responsible, t.ResponsibleID)) &&
		(len(f.TypeIDs) == 0 || slices.Contains(f.TypeIDs, t.TypeID)) &&
		(len(f.EntityIDs) == 0 || t.EntityType == f.EntityType && slices.Contains(f.EntityIDs, t.EntityID)) &&
		(isOpen(p.updated) || p.updated.Contains(t.UpdatedAt.Time()))
}

// note adds to what is said of the list what the filters did.
func (p *taskPlan) note(text string) string {
	if p.strange > 0 {
		text = "Kommo answered tasks that do not fit the filters; they were left out here. " + text
	}
	if len(p.spans) > 0 {
		text += " Ranges, end excluded: " + strings.Join(p.spans, "; ") + "."
	}
	return strings.TrimSpace(text)
}
