package sandbox

import (
	"crypto/rand"
	"strings"
)

// event is one row of the event log. EntityType is singular ("lead"). The values
// are the objects of value_before and value_after: {"lead_status":{"id":142,…}}.
type event struct {
	ID          string
	Type        string
	EntityID    int64
	EntityType  string
	CreatedBy   int64
	CreatedAt   int64
	ValueBefore []any
	ValueAfter  []any
}

// valueOf is one value object: valueOf("lead_status", object{"id": 142}).
func valueOf(name string, fields object) []any { return []any{object{name: fields}} }

// log appends an event about an entity, named in the plural ("leads"), written by
// the acting user now. nil values read as [].
func (c *call) log(typ, entity string, id int64, before, after []any) {
	c.a.logEvent(event{
		Type: typ, EntityType: singular(entity), EntityID: id,
		CreatedBy: c.actor(), CreatedAt: c.now(), ValueBefore: before, ValueAfter: after,
	})
}

// logEvent appends the event and gives it an id. Seeds use it for the past.
func (a *account) logEvent(e event) {
	if e.ValueBefore == nil {
		e.ValueBefore = []any{}
	}
	if e.ValueAfter == nil {
		e.ValueAfter = []any{}
	}
	e.ID = eventID(e.CreatedAt)
	a.events = append(a.events, &e)
}

// singular turns the API's plural entity name into the one of events and talks.
func singular(entity string) string {
	if entity == "companies" {
		return "company"
	}
	return strings.TrimSuffix(entity, "s")
}

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// eventID is 26 characters that sort by time, as Kommo's do: ten of milliseconds,
// sixteen of chance.
func eventID(unix int64) string {
	var b [26]byte
	ms := uint64(unix) * 1000
	for i := 9; i >= 0; i-- {
		b[i] = crockford[ms&31]
		ms >>= 5
	}
	var chance [16]byte
	_, _ = rand.Read(chance[:]) // never fails since Go 1.24
	for i, c := range chance {
		b[10+i] = crockford[c&31]
	}
	return string(b[:])
}
