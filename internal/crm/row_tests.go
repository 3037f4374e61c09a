package crm

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// rowTests are the conditions of a search for leads, contacts or companies. Every
// row is checked here, also by what Kommo was asked to filter, since an account
// may ignore filters (Kommo API facts: leads, gating).
type rowTests[T any] struct {
	checks    []func(T) bool
	local     bool // a check has no counterpart in Kommo: pages are scanned
	filterOff bool // the account ignores filters
	remark    string
	spans     []string // the ranges asked for, in absolute times
}

func (p *rowTests[T]) check(f func(T) bool) { p.checks = append(p.checks, f) }

func (p *rowTests[T]) matches(row T) bool {
	for _, ok := range p.checks {
		if !ok(row) {
			return false
		}
	}
	return true
}

// pageSize is as many rows as are wanted, or whole pages where many will not
// match.
func (p *rowTests[T]) pageSize(limit int) int {
	if p.local || p.filterOff && len(p.checks) > 0 {
		return kommo.MaxPage
	}
	return limit
}

// note says what the reader must know about the completeness of the rows, which are
// called what; strange counts those that Kommo's filters should have kept back.
func (p *rowTests[T]) note(found scanned[T], strange int, what string) string {
	var notes []string
	switch {
	case p.filterOff && len(p.checks) > 0:
		notes = append(notes, "This account has filtering switched off in Kommo's API, so "+what+" were filtered here.")
	case strange > 0 && !p.local:
		notes = append(notes, "Kommo answered "+what+" that do not fit the filters; they were left out here.")
	}
	if found.cutOff {
		notes = append(notes, fmt.Sprintf("Looked through %d %s in this call; older or newer ones are left: go on with next_cursor or narrow the search.", found.seen, what))
	}
	if p.remark != "" {
		notes = append(notes, p.remark)
	}
	if len(p.spans) > 0 {
		notes = append(notes, "Ranges, end excluded: "+strings.Join(p.spans, "; ")+".")
	}
	return strings.Join(notes, " ")
}

// tags are checked here, by name or id: Kommo has no filter for them.
func (p *rowTests[T]) tags(wanted []string, of func(T) []kommo.Tag) {
	if len(wanted) == 0 {
		return
	}
	p.local = true
	p.check(func(row T) bool {
		for _, w := range wanted {
			if !slices.ContainsFunc(of(row), func(t kommo.Tag) bool { return isTag(t, w) }) {
				return false
			}
		}
		return true
	})
}

// span reads a range and notes it as it was understood.
func (p *rowTests[T]) span(argument, text string, zone *time.Location, now time.Time) (when.Range, error) {
	r, err := rangeOf(argument, text, zone, now)
	if err == nil && !isOpen(r) {
		p.spans = append(p.spans, argument+" "+r.String())
	}
	return r, err
}

func (p *rowTests[T]) within(r when.Range, of func(T) kommo.Unix) kommo.Range {
	if !isOpen(r) {
		p.check(func(row T) bool { return of(row) != 0 && r.Contains(of(row).Time()) })
	}
	return kommoRange(r)
}

// testFields turns plain values by field name into filters for Kommo and checks. A
// list of values means any of them, null an empty field, and a range is FROM..TO
// for numbers and dates.
func testFields[T any](
	ctx context.Context, s *Service, p *rowTests[T], entity kommo.Entity, fields map[string]any, zone *time.Location, of func(T) []kommo.FieldValue,
) (filters []kommo.FieldFilter, err error) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f, err := s.names.Field(ctx, entity, name)
		if err != nil {
			return nil, err
		}
		test, err := newFieldTest(f, "fields."+name, fields[name], zone, s.clock.Now())
		if err != nil {
			return nil, err
		}
		if test.remote {
			filters = append(filters, test.filter)
		} else {
			p.local = true
		}
		if !isOpen(test.span) {
			p.spans = append(p.spans, f.Name+" "+test.span.String())
		}
		p.check(func(row T) bool { return test.fits(f.ID, of(row)) })
	}
	return filters, nil
}
