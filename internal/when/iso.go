package when

import (
	"regexp"
	"strings"
	"time"
)

// isoForm is a date, a date with a time, or both with a zone: groups 1 date, 2 hours and minutes, 3 seconds, 4 zone.
var isoForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$`)

// iso reads the ISO forms; found is false where the text has none of their shapes.
func (r reader) iso(text string) (m Moment, found bool, err error) {
	g := isoForm.FindStringSubmatch(strings.ToUpper(text))
	if g == nil {
		return Moment{}, false, nil
	}
	date, hm, seconds, zone := g[1], g[2], g[3], g[4]
	if hm == "" {
		hm, m.DateOnly = "00:00", true
	}
	if seconds == "" {
		seconds = "00"
	}
	if zone != "" {
		m.Time, err = zoned(date+"T"+hm+":"+seconds, zone)
		m.Time = m.Time.In(r.loc)
		return m, true, err
	}
	wall, err := time.Parse(time.DateTime, date+" "+hm+":"+seconds)
	if err != nil {
		return Moment{}, true, whyNoSuch
	}
	m.Time = r.local(wall.Year(), wall.Month(), wall.Day(), clock{wall.Hour(), wall.Minute(), wall.Second()})
	return m, true, nil
}

// zoned reads a date-time with its own zone; -0300 is written by many programs, though RFC 3339 wants -03:00.
func zoned(stamp, zone string) (time.Time, error) {
	if len(zone) == len("-0300") {
		zone = zone[:3] + ":" + zone[3:]
	}
	t, err := time.Parse(time.RFC3339, stamp+zone)
	if err != nil {
		return time.Time{}, whyNoSuch
	}
	return t, nil
}
