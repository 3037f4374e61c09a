package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strings"
)

// MaxEventPage is the largest page of events: asking for more silently gives
// 50.
const MaxEventPage = 100

// Event is a change in the account (Kommo API facts: events).
type Event struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	EntityID   int64             `json:"entity_id"`
	EntityType string            `json:"entity_type"` // singular: lead, contact
	CreatedBy  int64             `json:"created_by"`  // 0: a robot or an integration
	CreatedAt  Unix              `json:"created_at"`
	After      []json.RawMessage `json:"value_after"`
	Before     []json.RawMessage `json:"value_before"`
	AccountID  int64             `json:"account_id"`
	Embedded   struct {
		Entity struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		} `json:"entity"`
	} `json:"_embedded"`
}

// EventFilter selects events. IDs of cards are heeded only with exactly one
// entity, and at most ten of them.
type EventFilter struct {
	ListOptions

	Entity    string // lead, contact, company, task
	EntityIDs []int64
	Types     []string
	CreatedBy []int64
	CreatedAt Range
	With      []string // lead_name, contact_name, company_name
}

func (f EventFilter) query() url.Values {
	q := withQuery(f.With)
	f.ListOptions.into(q)
	if f.Entity != "" {
		q.Set("filter[entity]", f.Entity)
		setIDs(q, "entity_id", f.EntityIDs)
	}
	if len(f.Types) > 0 {
		q.Set("filter[type]", strings.Join(f.Types, ","))
	}
	setIDs(q, "created_by", f.CreatedBy)
	f.CreatedAt.into(q, "created_at")
	return q
}

// EventsService reads events.
type EventsService struct{ c *Client }

// List reads one page of events, newest first.
func (s *EventsService) List(ctx context.Context, f EventFilter) (Page[Event], error) {
	f.Limit = min(f.Limit, MaxEventPage)
	return getPage[Event](ctx, s.c, "events.list", "/events", "events", f.query())
}

// All walks all events that match.
func (s *EventsService) All(ctx context.Context, f EventFilter) iter.Seq2[Event, error] {
	return everyPage(func(page int) (Page[Event], error) {
		f.Page, f.Limit = page, MaxEventPage
		return s.List(ctx, f)
	})
}
