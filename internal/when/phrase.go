package when

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWords is more than the longest phrase with a time has.
const maxWords = 12

var (
	// clockForm: groups 1 opener, 2 hour, 3 minute, 4 second, 5 am, pm or h; 6 hour and 7 minute of 15h30.
	clockForm = regexp.MustCompile(`^(at |a las |a la |as |a |в )?(?:(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?(?: ?(am|pm|a\. ?m\.|p\. ?m\.|h))?|(\d{1,2})h(\d{2}))$`)

	unclearHour = regexp.MustCompile(`^(at |a las |a la |as |a |в )?\d{1,2}$`)
	bareNumber  = regexp.MustCompile(`^[+-]?\d+(?:\.\d+)?$`)
	unclearDate = regexp.MustCompile(`^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b`)
)

// fold drops case and accents. Only canonical decomposition: the compatible one would turn "2²" into 22.
func fold(s string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// phrase looks the text up in the table: a phrase alone, or with a time after or before it.
func (r reader) phrase(text string) (point, error) {
	words := strings.Fields(strings.ReplaceAll(fold(text), ",", " "))
	if len(words) > maxWords {
		return point{}, whyUnknown
	}
	if m, ok := lookup(words); ok {
		return r.resolve(m, nil)
	}
	for i := 1; i < len(words); i++ {
		head, tail := words[:i], words[i:]
		if p, ok, err := r.timed(head, tail); ok {
			return p, err
		}
		if p, ok, err := r.timed(tail, head); ok {
			return p, err
		}
	}
	return point{}, whyNot(strings.Join(words, " "))
}

// timed resolves a phrase and a time, if they are such.
func (r reader) timed(words, at []string) (p point, ok bool, err error) {
	m, ok := lookup(words)
	if !ok {
		return point{}, false, nil
	}
	c, ok := parseClock(strings.Join(at, " "))
	if !ok && unclearHour.MatchString(strings.Join(at, " ")) {
		return point{}, true, whyHour
	}
	if !ok {
		return point{}, false, nil
	}
	p, err = r.resolve(m, &c)
	return p, true, err
}

// lookup finds the meaning of a phrase without a time.
func lookup(words []string) (meaning, bool) {
	text := strings.Join(words, " ")
	if m, ok := phrases[text]; ok {
		return m, true
	}
	if w, ok := lookupWeekday(text); ok {
		return weekday(w), true
	}
	for _, opener := range aheadOpeners {
		if rest, ok := strings.CutPrefix(text, opener); ok {
			return lookupAhead(rest)
		}
	}
	return meaning{}, false
}

// lookupWeekday reads a name with or without its opener; Portuguese ones may have a hyphen.
func lookupWeekday(text string) (time.Weekday, bool) {
	text = strings.ReplaceAll(text, "-feira", " feira")
	for _, language := range weekdays {
		for _, opener := range language.openers {
			if name, ok := strings.CutPrefix(text, opener); ok {
				if w, ok := language.names[name]; ok {
					return w, true
				}
			}
		}
	}
	return 0, false
}

// lookupAhead reads "3 days".
func lookupAhead(rest string) (meaning, bool) {
	count, name, _ := strings.Cut(rest, " ")
	u, ok := units[name]
	if !ok {
		return meaning{}, false
	}
	n, ok := numbers[count]
	if !ok {
		n = digits(count)
	}
	return ahead(n, u), n > 0
}

// digits reads one to four ASCII digits; 0 for anything else.
func digits(s string) int {
	if len(s) > 4 || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// resolve turns a meaning into a moment; c is nil where no time was given.
func (r reader) resolve(m meaning, c *clock) (point, error) {
	if c != nil && m.exact() {
		return point{}, whyPrecise
	}
	var first time.Time // the start of the day that is meant
	switch m.kind {
	case kindDay:
		first = startOfDay(r.now, m.n)
	case kindWeekday:
		first = startOfDay(r.now, (m.n-int(r.now.Weekday())+6)%7+1)
	case kindEnd:
		first = lastDay(r.now, m.unit)
	case kindAhead, kindISO:
		if m.exact() {
			return point{Moment: Moment{Time: r.now.Add(length(m))}, kind: m.kind}, nil
		}
		first = startOfDay(r.now, dayCount(m))
	}
	return r.onDay(m, first, c), nil
}

// onDay puts the time on the day; without one it is the day itself, or its last second after "end of".
func (r reader) onDay(m meaning, first time.Time, c *clock) point {
	p := point{Moment: Moment{Time: first}, kind: m.kind}
	switch {
	case c != nil:
		p.Time = r.local(first.Year(), first.Month(), first.Day(), *c)
	case m.kind == kindEnd:
		p.Time, p.wholeDay = endOfDay(first), true
	default:
		p.DateOnly, p.wholeDay = true, true
	}
	return p
}

// lastDay is the start of the last day of t's day, week or month.
func lastDay(t time.Time, u unit) time.Time {
	switch u {
	case week:
		return startOfDay(startOfWeek(t, 1), -1)
	case month:
		return startOfDay(startOfMonth(t, 1), -1)
	default:
		return startOfDay(t, 0)
	}
}

func length(m meaning) time.Duration {
	if m.unit == minute {
		return time.Duration(m.n) * time.Minute
	}
	return time.Duration(m.n) * time.Hour
}

func dayCount(m meaning) int {
	if m.unit == week {
		return 7 * m.n
	}
	return m.n
}

// parseClock reads a time of day with or without its opening word.
func parseClock(s string) (clock, bool) {
	g := clockForm.FindStringSubmatch(s)
	if g == nil {
		return clock{}, false
	}
	opener, half := g[1], g[5]
	c := clock{digits(g[2] + g[6]), digits(g[3] + g[7]), digits(g[4])}
	if c.hour > 23 || c.minute > 59 || c.second > 59 {
		return clock{}, false
	}
	if half != "" && half != "h" {
		return c.twelve(half[0] == 'p')
	}
	bare := g[2] != "" && g[3] == "" && half == ""
	return c, !bare || opener != "" && c.hour > 12
}

// twelve turns an hour of the twelve-hour clock into one of the day; 12 am is midnight.
func (c clock) twelve(pm bool) (clock, bool) {
	if c.hour < 1 || c.hour > 12 {
		return clock{}, false
	}
	c.hour %= 12
	if pm {
		c.hour += 12
	}
	return c, true
}

// whyNot says as exactly as possible why a folded text is refused.
func whyNot(text string) error {
	for _, opener := range vagueOpeners {
		if rest, ok := strings.CutPrefix(text, opener); ok {
			first, _, _ := strings.Cut(rest, " ")
			if _, ok := lookupWeekday(first); ok {
				return whyNext
			}
		}
	}
	switch _, isClock := parseClock(text); {
	case bareNumber.MatchString(text):
		return whyNumber
	case isClock:
		return whyNoDay
	case unclearDate.MatchString(text):
		return whyOrder
	default:
		return whyUnknown
	}
}
