package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strconv"
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

// ValuesAfter are the values after the change; none for events without a value.
func (e Event) ValuesAfter() []EventValue { return eventValues(e.After) }

// ValuesBefore are the values before the change.
func (e Event) ValuesBefore() []EventValue { return eventValues(e.Before) }

// eventFilterMost is how many cards or authors one request may name.
const eventFilterMost = 10

// EventFilter selects events. EntityIDs need Entity; at most ten cards and ten
// authors.
type EventFilter struct {
	ListOptions

	IDs       []string
	Entity    string // lead, contact, company, task
	EntityIDs []int64
	Types     []string
	CreatedBy []int64
	CreatedAt Range
	Before    EventChange
	After     EventChange
	With      []string // lead_name, contact_name, company_name, note, ...
}

// EventChange selects events by a value before or after them. Kommo heeds each
// with its own type of event only.
type EventChange struct {
	Stages      []StagePair // lead_status_changed
	Responsible []int64     // entity_responsible_changed
	Options     []int64     // custom_field_{id}_value_changed
	Value       string      // name_field_changed, sale_field_changed, ...
}

func (c EventChange) into(q url.Values, name string) {
	setStages(q, name+"][leads_statuses", c.Stages)
	setList(q, name+"][responsible_user_id", c.Responsible)
	setList(q, name+"][custom_field_values", c.Options)
	if c.Value != "" {
		q.Set("filter["+name+"][value]", c.Value)
	}
}

// setList writes ids as a comma list, which the filters of values want.
func setList(q url.Values, name string, ids []int64) {
	if len(ids) == 0 {
		return
	}
	texts := make([]string, 0, len(ids))
	for _, id := range ids {
		texts = append(texts, strconv.FormatInt(id, 10))
	}
	q.Set("filter["+name+"]", strings.Join(texts, ","))
}

func (f EventFilter) query() url.Values {
	q := withQuery(f.With)
	f.into(q)
	setTexts(q, "id", f.IDs)
	if f.Entity != "" {
		q.Set("filter[entity]", f.Entity)
		setIDs(q, "entity_id", f.EntityIDs)
	}
	if len(f.Types) > 0 {
		q.Set("filter[type]", strings.Join(f.Types, ","))
	}
	setIDs(q, "created_by", f.CreatedBy)
	f.CreatedAt.into(q, "created_at")
	f.Before.into(q, "value_before")
	f.After.into(q, "value_after")
	return q
}

// check refuses what Kommo would ignore: it would answer the events of all.
func (f EventFilter) check(op string) error {
	switch {
	case len(f.EntityIDs) > 0 && f.Entity == "":
		return cardsWithoutKind(op)
	case len(f.EntityIDs) > eventFilterMost:
		return &Error{Code: CodeInvalid, Op: op, Message: "at most 10 cards can be named in one request for events"}
	case len(f.CreatedBy) > eventFilterMost:
		return &Error{Code: CodeInvalid, Op: op, Message: "at most 10 users can be named in one request for events"}
	}
	return nil
}

// EventType is a type of event with its name in one language.
type EventType struct {
	Key  string `json:"key"`
	Type Int    `json:"type"`
	Lang string `json:"lang"` // the name
}

// EventsService reads events.
type EventsService struct{ c *Client }

// List reads one page of events, newest first.
func (s *EventsService) List(ctx context.Context, f EventFilter) (Page[Event], error) {
	const op = "events.list"
	if err := f.check(op); err != nil {
		return Page[Event]{}, err
	}
	f.Limit = min(f.Limit, MaxEventPage)
	return getPage[Event](ctx, s.c, op, "/events", "events", f.query())
}

// All walks all events that match.
func (s *EventsService) All(ctx context.Context, f EventFilter) iter.Seq2[Event, error] {
	return everyPage(func(page int) (Page[Event], error) {
		f.Page, f.Limit = page, MaxEventPage
		return s.List(ctx, f)
	})
}

// Get reads one event. Ids of events are text.
func (s *EventsService) Get(ctx context.Context, id string, with ...string) (Event, error) {
	const op = "events.get"
	if id == "" || strings.ContainsAny(id, "/?#") {
		return Event{}, notFound(op)
	}
	return getOne[Event](ctx, s.c, Request{Op: op, Path: "/events/" + id, Query: withQuery(with)})
}

// Types reads the types of events. lang: en, es, ru, pt; empty for the
// account's own.
func (s *EventsService) Types(ctx context.Context, lang string) ([]EventType, error) {
	q := url.Values{}
	if lang != "" {
		q.Set("language_code", lang)
	}
	page, err := getPage[EventType](ctx, s.c, "events.types", "/events/types", "events_types", q)
	return page.Items, err
}
