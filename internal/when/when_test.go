package when_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

// friday is 2026-11-20 10:30:15.5 in São Paulo, which has had -03:00 all year since 2019.
func friday(tb testing.TB) (*time.Location, time.Time) {
	tb.Helper()
	loc := zone(tb, "America/Sao_Paulo")
	return loc, time.Date(2026, 11, 20, 10, 30, 15, 500_000_000, loc)
}

// parses holds what texts mean on that Friday: a date alone, or a time.
func parses(t *testing.T, wants map[string]string) {
	t.Helper()
	loc, now := friday(t)
	for in, want := range wants {
		m, err := when.Parse(in, loc, now)
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
			continue
		}
		got := m.Time.Format(time.RFC3339)
		if m.DateOnly {
			got = strings.TrimSuffix(got, "T00:00:00-03:00")
		}
		if got != want || m.DateOnly != (len(want) == len(time.DateOnly)) {
			t.Errorf("Parse(%q) = %s (date only: %t), want %s", in, got, m.DateOnly, want)
		}
	}
}

func TestParseISO(t *testing.T) {
	parses(t, map[string]string{
		"2026-12-01T15:00:00-03:00": "2026-12-01T15:00:00-03:00",
		"2026-12-01T15:00:00Z":      "2026-12-01T12:00:00-03:00",
		"2026-12-01t15:00:00.987z":  "2026-12-01T12:00:00-03:00",
		"2026-12-01T15:00+0300":     "2026-12-01T09:00:00-03:00",
		"2026-12-01 15:00:07+05:30": "2026-12-01T06:30:07-03:00",
		"2026-12-01 15:00":          "2026-12-01T15:00:00-03:00",
		"  2026-12-01   15:00:59 ":  "2026-12-01T15:00:59-03:00",
		"2026-12-01T15:00":          "2026-12-01T15:00:00-03:00",
		"2026-12-01":                "2026-12-01",
		"2028-02-29":                "2028-02-29",
		"1990-06-01":                "1990-06-01",
		"1948-02-29":                "1948-02-29",
		"2100-12-31 23:59:59":       "2100-12-31T23:59:59-03:00",
	})
}

func TestParseDays(t *testing.T) {
	parses(t, map[string]string{
		"today": "2026-11-20", "HOY": "2026-11-20", "hoje": "2026-11-20", "Сегодня": "2026-11-20",
		"tomorrow": "2026-11-21", "mañana": "2026-11-21", "manana": "2026-11-21", "amanhã": "2026-11-21", "завтра": "2026-11-21",
		"the day after tomorrow": "2026-11-22", "pasado  mañana": "2026-11-22", "Depois de amanhã": "2026-11-22", "послезавтра": "2026-11-22",
		"yesterday": "2026-11-19", "ayer": "2026-11-19", "ontem": "2026-11-19", "вчера": "2026-11-19",
	})
}

func TestParseDaysWithATime(t *testing.T) {
	parses(t, map[string]string{
		"tomorrow 15:00":              "2026-11-21T15:00:00-03:00",
		"tomorrow, at 3pm":            "2026-11-21T15:00:00-03:00",
		"Tomorrow at 3 PM":            "2026-11-21T15:00:00-03:00",
		"3:30 p.m. tomorrow":          "2026-11-21T15:30:00-03:00",
		"today 12am":                  "2026-11-20T00:00:00-03:00",
		"today 12 pm":                 "2026-11-20T12:00:00-03:00",
		"mañana a las 15:00":          "2026-11-21T15:00:00-03:00",
		"mañana a las 15":             "2026-11-21T15:00:00-03:00",
		"pasado mañana a las 3 p. m.": "2026-11-22T15:00:00-03:00",
		"mañana a la 1:05":            "2026-11-21T01:05:00-03:00",
		"amanhã às 15h":               "2026-11-21T15:00:00-03:00",
		"amanhã às 9h30":              "2026-11-21T09:30:00-03:00",
		"amanhã às 15:00h":            "2026-11-21T15:00:00-03:00",
		"às 15h depois de amanhã":     "2026-11-22T15:00:00-03:00",
		"завтра в 15:00":              "2026-11-21T15:00:00-03:00",
		"в 15:00 завтра":              "2026-11-21T15:00:00-03:00",
		"послезавтра в 9:05:07":       "2026-11-22T09:05:07-03:00",
		"завтра в 15":                 "2026-11-21T15:00:00-03:00",
	})
}

func TestParseDistances(t *testing.T) {
	parses(t, map[string]string{
		"in 45 minutes": "2026-11-20T11:15:15-03:00", "in 2 hours": "2026-11-20T12:30:15-03:00", "in an hour": "2026-11-20T11:30:15-03:00",
		"en 2 horas": "2026-11-20T12:30:15-03:00", "dentro de diez minutos": "2026-11-20T10:40:15-03:00",
		"em 2 horas": "2026-11-20T12:30:15-03:00", "daqui a uma hora": "2026-11-20T11:30:15-03:00",
		"через 2 часа": "2026-11-20T12:30:15-03:00", "через час": "2026-11-20T11:30:15-03:00", "через пять минут": "2026-11-20T10:35:15-03:00",
		"in 3 days": "2026-11-23", "in two weeks": "2026-12-04", "dentro de 3 días": "2026-11-23", "en una semana": "2026-11-27",
		"daqui a 3 dias": "2026-11-23", "em duas semanas": "2026-12-04", "через 3 дня": "2026-11-23", "через неделю": "2026-11-27", "через 5 дней": "2026-11-25",
		"in 3 days at 9:00": "2026-11-23T09:00:00-03:00", "через 3 дня в 15:00": "2026-11-23T15:00:00-03:00",
		"daqui a 2 dias às 15h": "2026-11-22T15:00:00-03:00",
	})
}

// TestParseWeekdays: strictly after today, a Friday.
func TestParseWeekdays(t *testing.T) {
	parses(t, map[string]string{
		"friday": "2026-11-27", "Saturday": "2026-11-21", "on monday": "2026-11-23", "thursday": "2026-11-26", "sunday": "2026-11-22",
		"el lunes": "2026-11-23", "miércoles": "2026-11-25", "sábado": "2026-11-21", "domingo": "2026-11-22",
		"segunda-feira": "2026-11-23", "na segunda feira": "2026-11-23", "na terça": "2026-11-24", "sexta": "2026-11-27", "no sábado": "2026-11-21",
		"в понедельник": "2026-11-23", "во вторник": "2026-11-24", "среда": "2026-11-25", "в воскресенье": "2026-11-22", "в пятницу": "2026-11-27",
		"monday 15:00": "2026-11-23T15:00:00-03:00", "el martes a las 9:00": "2026-11-24T09:00:00-03:00",
		"na quarta às 9h": "2026-11-25T09:00:00-03:00", "во вторник в 15:00": "2026-11-24T15:00:00-03:00",
	})
}

func TestParseEnds(t *testing.T) {
	parses(t, map[string]string{
		"end of day": "2026-11-20T23:59:59-03:00", "EOD": "2026-11-20T23:59:59-03:00", "fin del día": "2026-11-20T23:59:59-03:00",
		"fim do dia": "2026-11-20T23:59:59-03:00", "до конца дня": "2026-11-20T23:59:59-03:00",
		"end of the week": "2026-11-22T23:59:59-03:00", "fin de la semana": "2026-11-22T23:59:59-03:00",
		"final da semana": "2026-11-22T23:59:59-03:00", "в конце недели": "2026-11-22T23:59:59-03:00",
		"end of month": "2026-11-30T23:59:59-03:00", "fin de mes": "2026-11-30T23:59:59-03:00",
		"fim do mês": "2026-11-30T23:59:59-03:00", "в конце месяца": "2026-11-30T23:59:59-03:00",
		"end of month 15:00": "2026-11-30T15:00:00-03:00", "конец недели в 15:00": "2026-11-22T15:00:00-03:00",
	})
}

func TestParseRefuses(t *testing.T) {
	loc, now := friday(t)
	for in, says := range map[string]string{
		"": "is empty", " \t": "is empty",
		"1795168801": "Unix seconds", "15": "Unix seconds", "-5": "Unix seconds", "1795168801.5": "Unix seconds",
		"01/12/2026": "day and which the month", "1.12.26 15:00": "day and which the month", "12-01-2026": "day and which the month",
		"2026-02-30": "does not exist", "2026-13-01": "does not exist", "2026-12-01 24:00": "does not exist", "2026-12-01T10:60Z": "does not exist",
		"2027-02-29T10:00:00Z": "does not exist",
		"1899-12-31":           "1900 to 2100", "2101-01-01": "1900 to 2100", "0001-01-01T00:00:00Z": "1900 to 2100", "in 9999 weeks": "1900 to 2100",
		"15:00": "no day", "at 3pm": "no day", "às 15h": "no day",
		"next friday": "weekday alone", "el próximo lunes": "weekday alone", "próxima segunda-feira": "weekday alone",
		"в следующий понедельник": "weekday alone", "next monday at 3pm": "weekday alone",
		"end of day 15:00": "contradicts", "in 2 hours at 15:00": "contradicts",
		strings.Repeat("today ", 40): "too long",
		// what date libraries guess wrongly
		"mañana a las 3 de la tarde": "nothing is guessed", "завтра в 3 часа дня": "nothing is guessed",
		"next week sometime": "nothing is guessed", "March 3": "nothing is guessed", "may I help": "nothing is guessed",
		"tomorrow at 3": "bare hour", "mañana a las 3": "bare hour", "завтра в 9": "bare hour", "tomorrow 15": "bare hour", "mañana a las 10": "bare hour", "friday 5": "bare hour",
		"fin de semana": "nothing is guessed", "fim de semana": "nothing is guessed", "weekend": "nothing is guessed",
		"через день": "nothing is guessed", "no friday": "nothing is guessed", "no lunes": "nothing is guessed", "not tomorrow": "nothing is guessed",
		"tomorrow tomorrow": "nothing is guessed", "tomorrow 25:00": "nothing is guessed", "tomorrow 13pm": "nothing is guessed",
		"tomorrow 0 am": "nothing is guessed", "tomorrow 15:60": "nothing is guessed", "tomorrow 15:00 16:00": "nothing is guessed",
		"in 0 days": "nothing is guessed", "in -1 days": "nothing is guessed", "in 2² days": "nothing is guessed", "in 10000 days": "nothing is guessed",
		"in some days": "nothing is guessed", "in 3 months": "nothing is guessed", "tomorrow or friday": "nothing is guessed",
		"2026-12-01 tomorrow": "nothing is guessed", "2026-12-1": "nothing is guessed", "2026-12-01 3:00": "nothing is guessed", "now": "nothing is guessed",
	} {
		m, err := when.Parse(in, loc, now)
		var e *when.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, %v, want a refusal", in, m, err)
			continue
		}
		if !strings.Contains(e.Message, says) {
			t.Errorf("Parse(%q): %q does not say %q", in, e.Message, says)
		}
		if !strings.HasPrefix(e.Example, "2026-11-21T15:00:00-03:00, 2026-11-21,") {
			t.Errorf("Parse(%q): example %q does not start with ISO", in, e.Example)
		}
	}
}

func TestErrorText(t *testing.T) {
	loc, now := friday(t)
	_, err := when.Parse("soon", loc, now)
	want := `"soon" is not a date or time that is understood here; nothing is guessed. ` +
		`For example: 2026-11-21T15:00:00-03:00, 2026-11-21, 2026-11-21 15:00 or "tomorrow 15:00".`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	var e *when.Error
	_, err = when.Parse(strings.Repeat("х", 70), loc, now)
	if !errors.As(err, &e) || len([]rune(e.Value)) != 61 {
		t.Errorf("a long value is not cut: %v", err)
	}
}

// The example of an error must itself be accepted.
func TestExamplesParse(t *testing.T) {
	loc, now := friday(t)
	var e *when.Error
	_, err := when.Parse("soon", loc, now)
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	for example := range strings.SplitSeq(strings.ReplaceAll(e.Example, " or ", ", "), ", ") {
		if _, err := when.Parse(strings.Trim(example, `"`), loc, now); err != nil {
			t.Error(err)
		}
	}
	_, err = when.ParseRange("soon", loc, now)
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	for example := range strings.SplitSeq(strings.ReplaceAll(e.Example, " or ", ", "), ", ") {
		if _, err := when.ParseRange(example, loc, now); err != nil {
			t.Error(err)
		}
	}
}

func TestDue(t *testing.T) {
	loc, now := friday(t)
	for in, want := range map[string]string{
		"2026-12-01":       "2026-12-01T23:59:59-03:00",
		"2026-12-01 15:00": "2026-12-01T15:00:00-03:00",
		"2026-12-01 00:00": "2026-12-01T00:00:00-03:00",
		"hoy":              "2026-11-20T23:59:59-03:00",
		"in 3 days":        "2026-11-23T23:59:59-03:00",
		"через 2 часа":     "2026-11-20T12:30:15-03:00",
		"end of month":     "2026-11-30T23:59:59-03:00",
	} {
		got, err := when.Due(in, loc, now)
		if err != nil || when.Format(got, loc) != want {
			t.Errorf("Due(%q) = %v, %v, want %s", in, got, err, want)
		}
	}
	if _, err := when.Due("soon", loc, now); err == nil {
		t.Error("Due accepts anything")
	}
}

func TestNilZoneIsUTC(t *testing.T) {
	now := time.Date(2026, 11, 20, 23, 30, 0, 0, time.FixedZone("", -3600))
	m, err := when.Parse("tomorrow 15:00", nil, now)
	if err != nil || when.Format(m.Time, nil) != "2026-11-22T15:00:00Z" {
		t.Errorf("got %v, %v", m, err)
	}
}

// The day is the account's: at 22:30 in São Paulo it is already tomorrow in UTC.
func TestTodayIsTheAccountsDay(t *testing.T) {
	loc := zone(t, "America/Sao_Paulo")
	m, err := when.Parse("today", loc, time.Date(2026, 11, 21, 1, 30, 0, 0, time.UTC))
	if err != nil || m.Time.Format(time.DateOnly) != "2026-11-20" {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestClockChanges(t *testing.T) {
	for _, c := range []struct{ zone, in, want, due string }{
		// New York: 2026-03-08 02:00 -> 03:00, 2026-11-01 02:00 -> 01:00
		{"America/New_York", "2026-03-08 02:30", "2026-03-08T03:30:00-04:00", ""},
		{"America/New_York", "2026-03-08 01:59:59", "2026-03-08T01:59:59-05:00", ""},
		{"America/New_York", "2026-03-08 03:00", "2026-03-08T03:00:00-04:00", ""},
		{"America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00", ""},
		{"America/New_York", "2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00-05:00", ""},
		{"America/New_York", "2026-11-01 02:00", "2026-11-01T02:00:00-05:00", ""},
		{"Europe/Berlin", "2026-03-29 02:15", "2026-03-29T03:15:00+02:00", ""},
		{"Europe/Berlin", "2026-10-25 02:15", "2026-10-25T02:15:00+02:00", ""},
		{"Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-04T02:40:00+11:00", ""}, // half an hour only
		// São Paulo until 2019: no midnight in spring, 23:00 to 24:00 twice in autumn
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", "2018-11-04T23:59:59-02:00"},
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17T00:00:00-02:00", "2018-02-17T23:59:59-03:00"},
		{"America/Sao_Paulo", "2018-02-17 23:30", "2018-02-17T23:30:00-02:00", ""},
		// Samoa left out a whole day
		{"Pacific/Apia", "2011-12-30 12:00", "2011-12-31T12:00:00+14:00", ""},
		{"Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00", "2011-12-29T23:59:59-10:00"},
	} {
		loc := zone(t, c.zone)
		m, err := when.Parse(c.in, loc, time.Date(2026, 1, 1, 0, 0, 0, 0, loc))
		if err != nil || when.Format(m.Time, loc) != c.want {
			t.Errorf("%s %s = %v, %v, want %s", c.zone, c.in, m, err, c.want)
		}
		if due, err := when.Due(c.in, loc, m.Time); c.due != "" && (err != nil || when.Format(due, loc) != c.due) {
			t.Errorf("%s %s due %v, %v, want %s", c.zone, c.in, due, err, c.due)
		}
	}
}

// Hours are counted in real time, days on the calendar.
func TestPhrasesAcrossClockChange(t *testing.T) {
	loc := zone(t, "America/New_York")
	now := time.Date(2026, 3, 7, 12, 0, 0, 0, loc)
	for in, want := range map[string]string{
		"in 24 hours":        "2026-03-08T13:00:00-04:00",
		"in 1 day at 12:00":  "2026-03-08T12:00:00-04:00",
		"tomorrow at 2:30am": "2026-03-08T03:30:00-04:00",
		"end of week":        "2026-03-08T23:59:59-04:00",
	} {
		m, err := when.Parse(in, loc, now)
		if err != nil || when.Format(m.Time, loc) != want {
			t.Errorf("%q = %v, %v, want %s", in, m, err, want)
		}
	}
}
