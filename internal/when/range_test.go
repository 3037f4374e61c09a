package when_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// short drops the midnight and the zone from a range's text.
func short(r when.Range) string {
	return strings.NewReplacer("T00:00:00", "", "-03:00", "").Replace(r.String())
}

func TestParseRange(t *testing.T) {
	loc, now := friday(t)
	for in, want := range map[string]string{
		"2026-11-01..2026-11-15":                     "2026-11-01..2026-11-16",
		" 2026-11-01 .. 2026-11-01 ":                 "2026-11-01..2026-11-02",
		"2026-11-01..":                               "2026-11-01..",
		"..2026-11-01":                               "..2026-11-02",
		"2026-11-01…2026-11-02":                      "2026-11-01..2026-11-03",
		"2026-11-01 09:00..2026-11-01 17:30":         "2026-11-01T09:00:00..2026-11-01T17:30:00",
		"2026-11-01T12:00:00Z..2026-11-01T13:00:00Z": "2026-11-01T09:00:00..2026-11-01T10:00:00",
		"2026-11-19 09:00..yesterday":                "2026-11-19T09:00:00..2026-11-20",
		"2026-12-31":                                 "2026-12-31..2027-01-01",
		"today":                                      "2026-11-20..2026-11-21",
		"Hoy":                                        "2026-11-20..2026-11-21",
		"yesterday":                                  "2026-11-19..2026-11-20",
		"this_week":                                  "2026-11-16..2026-11-23",
		"This week":                                  "2026-11-16..2026-11-23",
		"last_week":                                  "2026-11-09..2026-11-16",
		"this month":                                 "2026-11-01..2026-12-01",
		"LAST_MONTH":                                 "2026-10-01..2026-11-01",
		"last_30_days":                               "2026-10-22..2026-11-21",
		"semana pasada":                              "2026-11-09..2026-11-16",
		"mês passado":                                "2026-10-01..2026-11-01",
		"на этой неделе":                             "2026-11-16..2026-11-23",
		"последние 30 дней":                          "2026-10-22..2026-11-21",
		"today..in 7 days":                           "2026-11-20..2026-11-28",
		"today..end of month":                        "2026-11-20..2026-12-01",
		"hoje..fim da semana":                        "2026-11-20..2026-11-23",
	} {
		r, err := when.ParseRange(in, loc, now)
		if err != nil || short(r) != want {
			t.Errorf("ParseRange(%q) = %s, %v, want %s", in, short(r), err, want)
		}
	}
}

func TestParseRangeRefuses(t *testing.T) {
	loc, now := friday(t)
	for in, says := range map[string]string{
		"":                                   "is empty",
		"..":                                 "no end at all",
		" .. ":                               "no end at all",
		"2026-11-02..2026-11-01":             "not before",
		"2026-11-01 10:00..2026-11-01 10:00": "not before",
		"today..yesterday":                   "not before",
		"2026-11-01 10:00":                   "one moment",
		"end of month":                       "one moment",
		"monday":                             "past or the coming",
		"monday..":                           "past or the coming",
		"..lunes 15:00":                      "past or the coming",
		"2026-11-01...2026-11-02":            "nothing is guessed",
		"2026-11-01..2026-11-02..2026-11-03": "nothing is guessed",
		"last_90_days":                       "nothing is guessed",
		"2026-11-01 to 2026-11-02":           "nothing is guessed",
		"2026-11":                            "nothing is guessed",
		"1795168801..":                       "Unix seconds",
		"2026-02-30..":                       "does not exist",
		"..2200-01-01":                       "1900 to 2100",
		strings.Repeat(".", 300):             "too long",
	} {
		r, err := when.ParseRange(in, loc, now)
		var e *when.Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, says) {
			t.Errorf("ParseRange(%q) = %v, %v, want a refusal with %q", in, r, err, says)
			continue
		}
		if !strings.HasPrefix(e.Example, "2026-11-01..2026-11-20, ") {
			t.Errorf("ParseRange(%q): example %q", in, e.Example)
		}
	}
}

func TestWeekOnItsEdges(t *testing.T) {
	loc := zone(t, "America/Sao_Paulo")
	for _, c := range []struct{ now, want string }{
		{"2026-11-16T00:00:00-03:00", "2026-11-16..2026-11-23"}, // Monday
		{"2026-11-22T23:59:59-03:00", "2026-11-16..2026-11-23"}, // Sunday
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := when.ParseRange("this_week", loc, now); err != nil || short(r) != c.want {
			t.Errorf("at %s this_week = %v, %v, want %s", c.now, r, err, c.want)
		}
		m, err := when.Parse("end of week", loc, now)
		if err != nil || m.Time.Format(time.DateOnly) != "2026-11-22" {
			t.Errorf("at %s end of week = %v, %v", c.now, m, err)
		}
	}
}

func TestInclusive(t *testing.T) {
	loc, now := friday(t)
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, loc).Unix()
	for in, want := range map[string][2]int64{
		"2026-11-01":                         {day, day + 86399},
		"2026-11-01..":                       {day, 0},
		"..2026-11-01":                       {0, day + 86399},
		"2026-11-01 00:00..2026-11-01 00:01": {day, day + 59},
	} {
		r, err := when.ParseRange(in, loc, now)
		if from, to := r.Inclusive(); err != nil || from != want[0] || to != want[1] {
			t.Errorf("%q: %d, %d, %v, want %v", in, from, to, err, want)
		}
	}
	half := when.Range{From: time.Unix(100, 1), To: time.Unix(200, 1)}
	if from, to := half.Inclusive(); from != 101 || to != 200 {
		t.Errorf("parts of seconds: %d, %d, want 101, 200", from, to)
	}
}

func TestContains(t *testing.T) {
	loc, now := friday(t)
	r, err := when.ParseRange("today", loc, now)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]bool{
		r.From: true, r.From.Add(-1): false, r.To: false, r.To.Add(-1): true, now: true,
	} {
		if r.Contains(at) != want {
			t.Errorf("Contains(%v) = %t", at, !want)
		}
	}
	if !(when.Range{}).Contains(now) {
		t.Error("a range open on both sides holds everything")
	}
}

func TestPrevious(t *testing.T) {
	loc, now := friday(t)
	for in, want := range map[string]string{
		"this_week":                          "2026-11-09..2026-11-16",
		"last_week":                          "2026-11-02..2026-11-09",
		"this_month":                         "2026-10-01..2026-11-01",
		"last_month":                         "2026-09-01..2026-10-01",
		"2026-01-01..2026-03-31":             "2025-10-01..2026-01-01", // a quarter
		"2026-11-01..2026-11-20":             "2026-10-12..2026-11-01",
		"last_30_days":                       "2026-09-22..2026-10-22",
		"today":                              "2026-11-19..2026-11-20",
		"2026-11-01 09:00..2026-11-01 12:00": "2026-11-01T06:00:00..2026-11-01T09:00:00",
	} {
		r, err := when.ParseRange(in, loc, now)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		p, ok := r.Previous()
		if !ok || short(p) != want {
			t.Errorf("previous of %q = %s, want %s", in, short(p), want)
		}
	}
	for _, r := range []when.Range{{}, {From: now}, {To: now}} {
		if p, ok := r.Previous(); ok {
			t.Errorf("previous of the open %v = %v", r, p)
		}
	}
}

// A week with a change of the clock is 167 hours long, the one before it 168.
func TestPreviousAcrossClockChange(t *testing.T) {
	loc := zone(t, "America/New_York")
	r, err := when.ParseRange("2026-03-02..2026-03-08", loc, time.Date(2026, 3, 20, 0, 0, 0, 0, loc))
	if err != nil {
		t.Fatal(err)
	}
	p, ok := r.Previous()
	if want := "2026-02-23T00:00:00-05:00..2026-03-02T00:00:00-05:00"; !ok || p.String() != want {
		t.Errorf("got %s, want %s", p, want)
	}
	if r.To.Sub(r.From) != 167*time.Hour {
		t.Errorf("the week has %v", r.To.Sub(r.From))
	}
}

// A period that is running is compared with as much of the one before.
func TestPreviousAt(t *testing.T) {
	loc := zone(t, "America/New_York")
	for _, c := range []struct{ in, now, want string }{
		{"2026-11-01..2026-11-30", "2026-11-21T10:00:00", "2026-10-01T00:00:00-04:00..2026-10-21T10:00:00-04:00"},
		{"2026-11-01..2026-11-30", "2026-11-30T23:59:59", "2026-10-01T00:00:00-04:00..2026-10-30T23:59:59-04:00"},
		{"2026-03-01..2026-03-31", "2026-03-30T08:00:00", "2026-02-01T00:00:00-05:00..2026-03-01T00:00:00-05:00"}, // February is over by then
		{"2026-11-01..2026-11-30", "2026-12-01T00:00:00", "2026-10-01T00:00:00-04:00..2026-11-01T00:00:00-04:00"}, // over: the whole one
		{"2026-11-02..2026-11-08", "2026-11-03T12:00:00", "2026-10-26T00:00:00-04:00..2026-10-27T12:00:00-04:00"},
		{"2026-11-21T09:00..2026-11-21T12:00", "2026-11-21T10:00:00", "2026-11-21T06:00:00-05:00..2026-11-21T07:00:00-05:00"},
		{"2026-11-22..2026-11-23", "2026-11-21T10:00:00", ""}, // not begun
		{"2026-11-01..", "2026-11-21T10:00:00", ""},
	} {
		now, err := time.ParseInLocation("2006-01-02T15:04:05", c.now, loc)
		if err != nil {
			t.Fatal(err)
		}
		r, err := when.ParseRange(c.in, loc, now)
		if err != nil {
			t.Fatal(err)
		}
		p, running, ok := r.PreviousAt(now)
		if got := p.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s at %s: %s, want %s", c.in, c.now, got, c.want)
		}
		if wanted := ok && now.Before(r.To); running != wanted {
			t.Errorf("%s at %s: running %t", c.in, c.now, running)
		}
	}
}
