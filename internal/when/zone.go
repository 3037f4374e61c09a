package when

import "time"

// clock is a time of day.
type clock struct{ hour, minute, second int }

// local is the wall-clock time in the zone. Out-of-range days roll over as in time.Date. time.Date leaves open
// what a skipped or doubled time becomes, so the choice is made here: skipped times move forward by the gap,
// doubled ones are the first.
func (r reader) local(year int, month time.Month, day int, c clock) time.Time {
	wall := time.Date(year, month, day, c.hour, c.minute, c.second, 0, time.UTC)
	near := time.Date(year, month, day, c.hour, c.minute, c.second, 0, r.loc)
	first := wall.Add(-offset(near.Add(-24 * time.Hour))).In(r.loc) // with the offset that held before a change
	last := wall.Add(-offset(near.Add(24 * time.Hour))).In(r.loc)   // with the offset that holds after it
	if sameWall(first, wall) && sameWall(last, wall) {
		if last.Before(first) {
			return last
		}
		return first
	}
	if sameWall(last, wall) {
		return last
	}
	return first
}

// startOfDay is the first second of the day in which t lies, in t's zone, moved by n days.
func startOfDay(t time.Time, n int) time.Time {
	r := reader{loc: t.Location()}
	return r.local(t.Year(), t.Month(), t.Day()+n, clock{})
}

// endOfDay is the last second of the day in which t lies. It is taken from the next day's start, since 23:59:59
// comes twice where clocks go back at midnight.
func endOfDay(t time.Time) time.Time { return startOfDay(t, 1).Add(-time.Second) }

// startOfWeek is the Monday of t's week, moved by n weeks.
func startOfWeek(t time.Time, n int) time.Time {
	return startOfDay(t, 7*n-(int(t.Weekday())+6)%7)
}

// startOfMonth is the first second of t's month, moved by n months.
func startOfMonth(t time.Time, n int) time.Time {
	r := reader{loc: t.Location()}
	return r.local(t.Year(), t.Month()+time.Month(n), 1, clock{})
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// sameWall tells whether t's clock shows what wall's clock shows, whatever the zones.
func sameWall(t, wall time.Time) bool {
	return t.Add(offset(t)).Unix() == wall.Unix()
}
