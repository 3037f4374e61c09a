package when_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

var zones = []string{
	"UTC", "America/New_York", "America/Sao_Paulo", "Europe/Moscow", "Asia/Kolkata", "Asia/Kathmandu",
	"Australia/Lord_Howe", "America/Havana", "Africa/Casablanca", "Pacific/Apia", "Europe/Dublin",
}

// What is formatted is read back as the same second, in any zone, around every change of the clock.
func TestFormatParseRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := anyZone(t)
		at := time.Unix(rapid.Int64Range(631324800, 4133894400).Draw(t, "unix"), rapid.Int64Range(0, 999_999_999).Draw(t, "nano"))
		m, err := when.Parse(when.Format(at, loc), loc, at)
		if err != nil || m.DateOnly || m.Time.Unix() != at.Unix() {
			t.Fatalf("%v in %v = %v, %v", at, loc, m, err)
		}
		again, err := when.Parse(when.Format(m.Time, loc), loc, at)
		if err != nil || !again.Time.Equal(m.Time) {
			t.Fatalf("%v became %v, %v", m, again, err)
		}
	})
}

// Every local day has a start on that day, ends one second before the next and holds its own noon.
func TestDaysTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := anyZone(t)
		noon := time.Date(rapid.IntRange(1990, 2099).Draw(t, "year"), 1, rapid.IntRange(1, 366).Draw(t, "day"), 12, 0, 0, 0, loc)
		day := noon.Format(time.DateOnly)
		r, err := when.ParseRange(day, loc, noon)
		if err != nil {
			t.Fatal(err)
		}
		next, err := when.Parse(r.To.Format(time.DateOnly), loc, noon)
		if err != nil || !next.Time.Equal(r.To) || !r.Contains(noon) || r.From.Format(time.DateOnly) != day {
			t.Fatalf("%s in %v is %v, next starts %v, %v", day, loc, r, next, err)
		}
		due, err := when.Due(day, loc, noon)
		if err != nil || !due.Equal(r.To.Add(-time.Second)) || due.Format(time.DateOnly) != day {
			t.Fatalf("%s in %v is due %v, %v", day, loc, due, err)
		}
	})
}

func anyZone(t *rapid.T) *time.Location {
	loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func allZones(tb testing.TB) []*time.Location {
	tb.Helper()
	var locs []*time.Location
	for _, name := range zones {
		locs = append(locs, zone(tb, name))
	}
	return locs
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"2026-12-01T15:00:00-03:00", "2026-12-01", "tomorrow 15:00", "3 p. m. mañana", "через 3 дня в 15:00", "na segunda-feira às 9h30",
		"in 9999 weeks", "\xff\xfe", "2²", "в", "end of month", "2026-11-01 01:30",
	} {
		f.Add(s, int64(1795168801), uint8(1))
	}
	locs := allZones(f)
	f.Fuzz(func(t *testing.T, s string, unix int64, z uint8) {
		loc := locs[int(z)%len(locs)]
		now := time.Unix(unix%(1<<40), 0)
		m, err := when.Parse(s, loc, now)
		var e *when.Error
		if err != nil {
			if !errors.As(err, &e) || e.Example == "" || e.Message == "" {
				t.Fatalf("%q: bare refusal %v", s, err)
			}
			return
		}
		again, err := when.Parse(when.Format(m.Time, loc), loc, now.Add(time.Hour))
		if err != nil || !again.Time.Equal(m.Time) {
			t.Fatalf("%q: %v became %v, %v", s, m, again, err)
		}
	})
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"2026-12-01..", "..today", "this_week", "last 30 days", "....", "2026-11-01 01:30..2026-11-01 01:31", "today..eod", "2100-12-31"} {
		f.Add(s, uint8(1))
	}
	now := time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)
	locs := allZones(f)
	f.Fuzz(func(t *testing.T, s string, z uint8) {
		loc := locs[int(z)%len(locs)]
		r, err := when.ParseRange(s, loc, now)
		if err != nil {
			return
		}
		if from, to := r.Inclusive(); from != 0 && to != 0 && from > to {
			t.Fatalf("%q: %v holds nothing", s, r)
		}
		if p, ok := r.Previous(); ok && (!p.To.Equal(r.From) || !p.From.Before(p.To)) {
			t.Fatalf("%q: before %v comes %v", s, r, p)
		}
		if strings.Contains(r.String(), "2101-") {
			return // the day after the last accepted one
		}
		again, err := when.ParseRange(r.String(), loc, now)
		if err != nil || !again.From.Equal(r.From) || !again.To.Equal(r.To) {
			t.Fatalf("%q: %v became %v, %v", s, r, again, err)
		}
	})
}
