package kommo

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"
)

// Unix is a point in time as Kommo writes it, in seconds; 0 means none. It
// takes strings and null too: some answers write numbers as text.
type Unix int64

// Time is the moment in UTC; the zero time for none.
func (u Unix) Time() time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}

// UnixOf is the opposite of Time.
func UnixOf(t time.Time) Unix {
	if t.IsZero() {
		return 0
	}
	return Unix(t.Unix())
}

// UnmarshalJSON reads a number, a number in a string, or null.
func (u *Unix) UnmarshalJSON(raw []byte) error {
	n, err := lenientNumber(raw)
	*u = Unix(n)
	return err
}

// Int is a whole number that Kommo may also write as text, as a float or as
// null, which is 0.
type Int int64

// UnmarshalJSON reads all of these.
func (i *Int) UnmarshalJSON(raw []byte) error {
	n, err := lenientNumber(raw)
	*i = Int(n)
	return err
}

var errNotNumber = errors.New("not a number")

func lenientNumber(raw []byte) (int64, error) {
	text := string(bytes.Trim(raw, `"`))
	if text == "" || isNothing(raw) {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) >= 1<<63 {
		return 0, errNotNumber
	}
	return int64(f), nil
}

// RequestIDs is a request_id: text, or a list of texts after leads/complex.
type RequestIDs []string

// UnmarshalJSON reads text, number, list or null.
func (r *RequestIDs) UnmarshalJSON(raw []byte) error {
	*r = nil
	if len(raw) > 0 && raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, item := range list {
			*r = append(*r, string(bytes.Trim(item, `"`)))
		}
		return nil
	}
	if text := string(bytes.Trim(raw, `"`)); text != "null" && text != "" {
		*r = RequestIDs{text}
	}
	return nil
}
