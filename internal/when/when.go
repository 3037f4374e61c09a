package when

import (
	"fmt"
	"strings"
	"time"
)

// Years that a moment may lie in: what is outside is a slip of the pen or a unit mistaken. Birthdays count, too.
const (
	minYear = 1900
	maxYear = 2100
)

// maxInput is the longest text that is read at all, in bytes: no accepted form comes near it.
const maxInput = 120

// Moment is a point in time in the account's zone, whole seconds.
type Moment struct {
	Time     time.Time // the start of the local day where DateOnly
	DateOnly bool      // only a day was given
}

// Error refuses a text. Example starts with an ISO form, made from the present date.
type Error struct {
	Value   string // what came, cut to 60 characters
	Message string // one plain sentence: what is wrong with it
	Example string // what would be right
}

// Error is the message followed by the example.
func (e *Error) Error() string { return e.Message + " For example: " + e.Example + "." }

// Parse reads a point in time; the package comment lists what is accepted. A nil loc is UTC. The error is an *Error.
func Parse(s string, loc *time.Location, now time.Time) (Moment, error) {
	r := newReader(loc, now)
	p, err := r.read(s)
	if err != nil {
		return Moment{}, r.refusal(s, err, r.pointExample())
	}
	return p.Moment, nil
}

// Due reads a deadline: like Parse, but a day without a time means the end of that local day, 23:59:59, which
// Kommo shows as an all-day task (Kommo API facts: tasks). The error is an *Error.
func Due(s string, loc *time.Location, now time.Time) (time.Time, error) {
	m, err := Parse(s, loc, now)
	if err != nil {
		return time.Time{}, err
	}
	if m.DateOnly {
		return endOfDay(m.Time), nil
	}
	return m.Time, nil
}

// Format writes t as RFC 3339 in the zone of the account, the form in which times leave the product. A nil loc is
// UTC. Parse reads it back as the same second.
func Format(t time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc).Format(time.RFC3339)
}

// reader carries what every rule needs: the zone and the present moment in it, whole seconds.
type reader struct {
	loc *time.Location
	now time.Time
}

// point is a moment with the rule that gave it, which ranges need to know.
type point struct {
	Moment
	kind     kind
	wholeDay bool // as the end of a range it takes in all of its day
}

func newReader(loc *time.Location, now time.Time) reader {
	if loc == nil {
		loc = time.UTC
	}
	return reader{loc: loc, now: now.In(loc).Truncate(time.Second)}
}

// reason is why a text is refused: a sentence without the value.
type reason string

func (r reason) Error() string { return string(r) }

const (
	whyEmpty    reason = "is empty: a date or time is needed."
	whyLong     reason = "is too long for a date or time."
	whyUnknown  reason = "is not a date or time that is understood here; nothing is guessed."
	whyNumber   reason = "is a bare number; Unix seconds are not accepted."
	whyOrder    reason = "leaves open which part is the day and which the month."
	whyNoDay    reason = "has a time but no day."
	whyHour     reason = "has a bare hour, which leaves open what is meant; write it as 09:00, 21:00 or 9pm."
	whyNoSuch   reason = "names a date or time that does not exist."
	whyYears    reason = "lies outside the years 1900 to 2100."
	whyNext     reason = "could be this week's day or the one a week later; say the weekday alone for the coming one, or give the date."
	whyPrecise  reason = "already says the exact time; a second time contradicts it."
	whyWeekday  reason = "could be the past or the coming weekday; a range needs the date."
	whyMoment   reason = "is one moment, not a range."
	whyBothOpen reason = "has no end at all: at least one side is needed."
	whyReversed reason = "is empty: its start is not before its end."
)

// refusal turns a reason into the error that the caller sees.
func (r reader) refusal(value string, err error, example string) *Error {
	shown := clip(collapse(value))
	return &Error{Value: shown, Message: fmt.Sprintf("%q %s", shown, err.Error()), Example: example}
}

func (r reader) pointExample() string {
	t := r.local(r.now.Year(), r.now.Month(), r.now.Day()+1, clock{hour: 15})
	return fmt.Sprintf("%s, %s, %s or \"tomorrow 15:00\"",
		t.Format(time.RFC3339), t.Format(time.DateOnly), t.Format("2006-01-02 15:04"))
}

// read tries ISO first, then the table of phrases.
func (r reader) read(s string) (point, error) {
	if len(s) > maxInput {
		return point{}, whyLong
	}
	text := collapse(s)
	if text == "" {
		return point{}, whyEmpty
	}
	m, found, err := r.iso(text)
	p := point{Moment: m, kind: kindISO, wholeDay: m.DateOnly}
	if !found {
		p, err = r.phrase(text)
	}
	if err != nil {
		return point{}, err
	}
	if y := p.Time.Year(); y < minYear || y > maxYear {
		return point{}, whyYears
	}
	return p, nil
}

// collapse trims and turns every run of white space into one space.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip keeps the first 60 characters, so that a long text does not fill the error.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
