package crm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Kinds of the things that an account is set up with, as answers name them.
const (
	KindPipeline   = "pipeline"
	KindStage      = "stage"
	KindField      = "custom_field"
	KindFieldGroup = "field_group"
	KindTag        = "tag"
	KindSource     = "source"
	KindTemplate   = "message_template"
)

// SetupMade is the answer of a create in the account's set-up.
type SetupMade struct {
	ID       int64    `json:"id,omitempty"`
	GroupID  string   `json:"group_id,omitempty"` // of a group of fields, whose id is text
	Created  []Record `json:"created"`
	Found    []Record `json:"found"`
	LookedUp bool     `json:"looked_up,omitempty"` // the answer was lost, the record was found by searching
	Repeat   bool     `json:"repeat,omitempty"`    // done by an earlier call with the same idempotency_key
	Warnings []string `json:"warnings,omitempty"`
}

// SetupChanged is the answer of a change in the account's set-up.
type SetupChanged struct {
	ID        int64          `json:"id,omitempty"`
	GroupID   string         `json:"group_id,omitempty"`
	Name      string         `json:"name"`
	Before    map[string]any `json:"before,omitempty"`
	After     map[string]any `json:"after,omitempty"`
	Unchanged bool           `json:"unchanged,omitempty"` // it was so already, nothing was sent
	Warnings  []string       `json:"warnings,omitempty"`
}

// delta collects what a change makes different. Its methods return what to send:
// the wanted value if it differs, else the zero value.
type delta struct{ before, after map[string]any }

func newDelta() delta { return delta{map[string]any{}, map[string]any{}} }

func (d delta) none() bool { return len(d.before)+len(d.after) == 0 }

func (d delta) note(key string, was, is any) {
	if was != "" {
		d.before[key] = was
	}
	if is != "" {
		d.after[key] = is
	}
}

func (d delta) text(key, was, want string) string {
	want = strings.TrimSpace(want)
	if want == "" || want == was {
		return ""
	}
	d.note(key, was, want)
	return want
}

func (d delta) flag(key string, was bool, want *bool) *bool {
	if want == nil || *want == was {
		return nil
	}
	d.note(key, was, *want)
	return want
}

// changed is the answer of a change that differs nowhere, or of one to send.
func (d delta) changed(id int64, name string, asked bool) SetupChanged {
	out := SetupChanged{ID: id, Name: name, Before: d.before, After: d.after, Unchanged: d.none()}
	if out.Unchanged && !asked {
		out.Warnings = []string{nothingAsked}
	}
	return out
}

// creation is a create in the account's set-up. Names are unique, which Kommo does
// not demand but every later call by name needs; so a lost answer is looked up by
// the name alone.
type creation[T any] struct {
	kind, name string
	find       func(context.Context) (T, bool, error) // by the name
	send       func(context.Context) (T, error)
	of         func(T) (id int64, name string)
}

// taken is the refusal of a name that a thing has already.
func taken(kind, name string, id int64) error {
	return problem.New(problem.Duplicate, fmt.Sprintf("There is a %s %q already; nothing was written.", words(kind), name)).
		WithField("name").WithCandidates(problem.Candidate{ID: id, Name: name}).
		WithNext("Change that one instead, or choose another name.")
}

// nameFree refuses a new name that another thing of the kind has already: later
// calls by name could not tell them apart.
func nameFree[T any](kind, name string, all []T, of func(T) (id int64, name string), self int64) error {
	for _, t := range all {
		if id, has := of(t); name != "" && id != self && directory.SameName(has, name) {
			return taken(kind, has, id)
		}
	}
	return nil
}

// createNamed makes a thing unless its name is taken.
func createNamed[T any](ctx context.Context, s *Service, c creation[T]) (SetupMade, T, error) {
	out := SetupMade{Created: []Record{}, Found: []Record{}}
	had, there, err := c.find(ctx)
	if err != nil {
		return out, had, err
	}
	id, name := c.of(had)
	if job, _ := jobOf(ctx); there && job.since.IsZero() {
		return out, had, taken(c.kind, name, id)
	}
	made, lookedUp, err := settle(ctx, s.clock, write[T]{
		what: fmt.Sprintf("the %s %q", words(c.kind), c.name), send: c.send, find: c.find,
	})
	if err != nil {
		return out, made, err
	}
	out.ID, _ = c.of(made)
	out.LookedUp = lookedUp
	out.Created = append(out.Created, s.record(c.kind, out.ID, c.name))
	return out, made, nil
}

func words(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

// renewed loads a section of the directory anew after the account's set-up was
// changed, so that the next call knows it. It returns a warning if that failed.
func (s *Service) renewed(ctx context.Context, warnings []string, sections ...directory.Section) []string {
	if err := s.names.Refresh(ctx, sections...); err != nil {
		return append(warnings, "It is done, but the names could not be read anew, so that for some minutes the old ones may be used here.")
	}
	return warnings
}

// cardsOf is the kind of card that fields, groups and tags belong to.
func cardsOf(kind string) (kommo.Entity, error) {
	switch kind {
	case "", KindLead:
		return kommo.Leads, nil
	case KindContact:
		return kommo.Contacts, nil
	case KindCompany:
		return kommo.Companies, nil
	}
	return "", problem.Invalid("kind", fmt.Sprintf("There is no kind of card %q.", kind)).WithNext("Use lead, contact or company.")
}

// called is what a thing is known by.
type called struct {
	id     string
	name   string
	detail string
}

// pick finds the one thing that a name or an id means. An exact id wins; names are
// compared without case and accents.
func pick[T any](field, kind, query string, all []T, of func(T) called) (T, error) {
	var none T
	query = strings.TrimSpace(query)
	var found []T
	for _, t := range all {
		if of(t).id == query {
			return t, nil
		}
		if query != "" && directory.SameName(of(t).name, query) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return none, problem.Missing(field, fmt.Sprintf("There is no %s %q; nothing was written.", kind, query), candidatesOf(all, of)...).
			WithNext("Use one of the names or ids that exist.")
	}
	return none, problem.Unclear(field, fmt.Sprintf("Several have the name %q; nothing was written.", query), candidatesOf(found, of)...).
		WithNext("Name the one that is meant by its id.")
}

func candidatesOf[T any](all []T, of func(T) called) []problem.Candidate {
	out := make([]problem.Candidate, 0, len(all))
	for _, t := range all {
		c := of(t)
		id, err := strconv.ParseInt(c.id, 10, 64)
		if err != nil {
			id = 0
		}
		out = append(out, problem.Candidate{ID: id, Name: c.name, Detail: c.detail})
	}
	return out
}

// named finds by the name alone, for creates.
func named[T any](all []T, name string, of func(T) string) (T, bool) {
	at := slices.IndexFunc(all, func(t T) bool { return directory.SameName(of(t), name) })
	if at < 0 {
		var none T
		return none, false
	}
	return all[at], true
}

// onceMade runs a create under its idempotency key.
func onceMade(ctx context.Context, s *Service, job, key string, input any, run func(context.Context) (SetupMade, error)) (SetupMade, error) {
	out, repeat, err := once(ctx, s, job, key, input, run)
	out.Repeat = repeat
	return out, err
}

// SetupPage is where a list of the account's set-up goes on.
type SetupPage struct {
	Limit  int
	Cursor string
}

// SetupList is one page of such a list, cut from the whole, which Kommo gives at once.
type SetupList[T any] struct {
	Items      []T    `json:"items"`
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor,omitempty"`
	Hint       string `json:"hint,omitempty"`

	from   int
	digest string
}

// Len is the number of rows.
func (l SetupList[T]) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l SetupList[T]) Keep(n int) any {
	l.Items, l.HasMore = l.Items[:n], true
	l.NextCursor = cursor{Page: 1, Skip: l.from + n, Query: l.digest}.encode()
	return l
}

// pageOf cuts a page from all rows.
func pageOf[T any](all []T, p SetupPage, question any, hint string) (SetupList[T], error) {
	digest, err := questionOf(question)
	if err != nil {
		return SetupList[T]{}, err
	}
	at, err := decodeCursor(p.Cursor, digest)
	if err != nil {
		return SetupList[T]{}, err
	}
	from := min(at.Skip, len(all))
	to := min(from+max(p.Limit, 1), len(all))
	out := SetupList[T]{Items: append([]T{}, all[from:to]...), from: from, digest: digest}
	if to < len(all) {
		out.HasMore, out.NextCursor = true, cursor{Page: 1, Skip: to, Query: digest}.encode()
	}
	if len(all) == 0 {
		out.Hint = hint
	}
	return out, nil
}
