package when

import (
	"strings"
	"time"
)

// Range is the half-open span [From, To) in the account's zone, whole seconds; a zero end is open.
type Range struct {
	From time.Time
	To   time.Time
}

// ParseRange reads a range; the package comment lists what is accepted. A nil loc is UTC. The error is an *Error;
// a range that holds nothing, because its start is not before its end, is one too.
func ParseRange(s string, loc *time.Location, now time.Time) (Range, error) {
	r := newReader(loc, now)
	span, err := r.readRange(s)
	if err != nil {
		return Range{}, r.refusal(s, err, r.rangeExample())
	}
	return span, nil
}

// Inclusive is the range as Kommo's filters want it: Unix seconds, both ends inside (Kommo API facts: lists and
// filters). 0 stands for an open end.
func (r Range) Inclusive() (from, to int64) {
	if !r.From.IsZero() {
		from = r.From.Add(time.Second - time.Nanosecond).Unix()
	}
	if !r.To.IsZero() {
		to = r.To.Add(-time.Nanosecond).Unix()
	}
	return from, to
}

// Contains tells whether t lies in the range.
func (r Range) Contains(t time.Time) bool {
	return (r.From.IsZero() || !t.Before(r.From)) && (r.To.IsZero() || t.Before(r.To))
}

// Previous is the equal period that ends where r starts: as many whole months for a range of whole months, as
// many days for one of whole days (a change of the clock does not shift it), else the same length. False where an
// end is open.
func (r Range) Previous() (Range, bool) {
	if r.From.IsZero() || r.To.IsZero() || !r.From.Before(r.To) {
		return Range{}, false
	}
	to := r.To.In(r.From.Location())
	if months := monthsBetween(r.From, to); months > 0 && r.From.Equal(startOfMonth(r.From, 0)) && to.Equal(startOfMonth(to, 0)) {
		return Range{From: startOfMonth(r.From, -months), To: r.From}, true
	}
	if r.From.Equal(startOfDay(r.From, 0)) && to.Equal(startOfDay(to, 0)) {
		return Range{From: startOfDay(r.From, -daysBetween(r.From, to)), To: r.From}, true
	}
	return Range{From: r.From.Add(-to.Sub(r.From)), To: r.From}, true
}

// PreviousAt is what r is compared with at the time now: Previous and, while r is running, only as much of it as
// has passed of r. That goes by the calendar (21 days and 10 hours of this month with 21 days and 10 hours of the
// last) and never beyond the previous period's end. running tells that it was cut so. False where an end is open
// and before r begins.
func (r Range) PreviousAt(now time.Time) (before Range, running, ok bool) {
	before, ok = r.Previous()
	if !ok || !now.After(r.From) {
		return Range{}, false, false
	}
	if !now.Before(r.To) {
		return before, false, true
	}
	now = now.In(r.From.Location())
	until := before.From.Add(now.Sub(r.From))
	if midnight := startOfDay(now, 0); r.From.Equal(startOfDay(r.From, 0)) {
		until = startOfDay(before.From, daysBetween(r.From, midnight)).Add(now.Sub(midnight))
	}
	if until.Before(before.To) {
		before.To = until
	}
	return before, true, true
}

// String is FROM..TO in RFC 3339, an open end empty. ParseRange reads it back as the same range.
func (r Range) String() string {
	var from, to string
	if !r.From.IsZero() {
		from = r.From.Format(time.RFC3339)
	}
	if !r.To.IsZero() {
		to = r.To.Format(time.RFC3339)
	}
	return from + ".." + to
}

func (r reader) rangeExample() string {
	first := startOfMonth(r.now, 0)
	return first.Format(time.DateOnly) + ".." + r.now.Format(time.DateOnly) + ", " +
		first.Format(time.DateOnly) + ".., this_month or last_30_days"
}

func (r reader) readRange(s string) (Range, error) {
	if len(s) > 2*maxInput {
		return Range{}, whyLong
	}
	text := strings.ReplaceAll(collapse(s), "…", "..") // what editors make of two or three dots
	if from, to, ok := strings.Cut(text, ".."); ok {
		return r.span(from, to)
	}
	if of, ok := named[strings.ReplaceAll(fold(text), "_", " ")]; ok {
		return of(r.now), nil
	}
	p, err := r.readEnd(text)
	if err != nil {
		return Range{}, err
	}
	if !p.DateOnly {
		return Range{}, whyMoment
	}
	return Range{From: p.Time, To: startOfDay(p.Time, 1)}, nil
}

// span reads both sides of the dots.
func (r reader) span(from, to string) (span Range, err error) {
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if from == "" && to == "" {
		return Range{}, whyBothOpen
	}
	if from != "" {
		p, err := r.readEnd(from)
		if err != nil {
			return Range{}, err
		}
		span.From = p.Time
	}
	if to != "" {
		p, err := r.readEnd(to)
		if err != nil {
			return Range{}, err
		}
		span.To = p.Time
		if p.wholeDay {
			span.To = startOfDay(p.Time, 1)
		}
	}
	if from != "" && to != "" && !span.From.Before(span.To) {
		return Range{}, whyReversed
	}
	return span, nil
}

// readEnd reads one end. Weekdays are refused: Parse takes the coming one, but lists mostly look back.
func (r reader) readEnd(text string) (point, error) {
	p, err := r.read(text)
	if err == nil && p.kind == kindWeekday {
		return point{}, whyWeekday
	}
	return p, err
}

func thisWeek(now time.Time) Range  { return Range{startOfWeek(now, 0), startOfWeek(now, 1)} }
func lastWeek(now time.Time) Range  { return Range{startOfWeek(now, -1), startOfWeek(now, 0)} }
func thisMonth(now time.Time) Range { return Range{startOfMonth(now, 0), startOfMonth(now, 1)} }
func lastMonth(now time.Time) Range { return Range{startOfMonth(now, -1), startOfMonth(now, 0)} }
func last30Days(now time.Time) Range {
	return Range{startOfDay(now, -29), startOfDay(now, 1)}
}

func monthsBetween(from, to time.Time) int {
	return 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
}

// daysBetween counts calendar days: a day with a change of the clock is one as well.
func daysBetween(from, to time.Time) int {
	const secondsADay = 24 * 60 * 60
	return int((to.Unix() + int64(offset(to)/time.Second) - from.Unix() - int64(offset(from)/time.Second)) / secondsADay)
}
