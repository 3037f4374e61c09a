package crm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// NewElement is an element to add to a list. Catalog empty is the products list.
type NewElement struct {
	Catalog string
	Name    string
	Fields  map[string]any // by name or code
	// AllowDuplicate makes one although one like it exists.
	AllowDuplicate bool
	Key            string // idempotency key; empty: none
}

// MadeElement is a new element of a list, or the one like it that there was.
type MadeElement struct {
	ID       int64    `json:"id"`
	Catalog  string   `json:"catalog"`
	Created  []Record `json:"created"`
	Found    []Record `json:"found"`
	LookedUp bool     `json:"looked_up,omitempty"` // the answer was lost, the element was found by searching
	Repeat   bool     `json:"repeat,omitempty"`    // done by an earlier call with the same idempotency_key
	Warnings []string `json:"warnings,omitempty"`
}

// CreateElement adds an element to a list unless there is one like it, since Kommo
// takes the same twice and deletes neither: it is looked for, then made, two
// requests. A lost answer is looked up among the elements that have its name.
func (s *Service) CreateElement(ctx context.Context, n NewElement) (MadeElement, error) {
	if err := needText("name", n.Name); err != nil {
		return MadeElement{}, err
	}
	out, repeat, err := once(ctx, s, "create_catalog_element", n.Key, n, func(ctx context.Context) (MadeElement, error) {
		return withNames(ctx, s, func(ctx context.Context) (MadeElement, error) { return s.createElement(ctx, n) })
	})
	out.Repeat = repeat
	return out, err
}

func (s *Service) createElement(ctx context.Context, n NewElement) (MadeElement, error) {
	c, err := s.names.Catalog(ctx, n.Catalog)
	if err != nil {
		return MadeElement{}, err
	}
	fields, err := s.fieldWrites(ctx, c.Fields(), filled(n.Fields))
	if err != nil {
		return MadeElement{}, err
	}
	w := kommo.ElementWrite{Name: strings.TrimSpace(n.Name), Fields: fields}
	if !n.AllowDuplicate {
		twin, found, err := s.elementTwin(ctx, c, w)
		if err != nil {
			return MadeElement{}, missingList(c, err)
		}
		if found {
			return MadeElement{
				ID: twin.ID, Catalog: c.Name, Created: []Record{}, Found: []Record{s.record(KindElement, twin.ID, twin.Name)},
				Warnings: []string{"This element existed; nothing was written. update_catalog_element changes it, allow_duplicate true makes another one."},
			}, nil
		}
	}
	id, lookedUp, err := s.writeElement(ctx, c, w)
	if err != nil {
		return MadeElement{}, missingList(c, err)
	}
	return MadeElement{
		ID: id, Catalog: c.Name, Created: []Record{s.record(KindElement, id, w.Name)}, Found: []Record{}, LookedUp: lookedUp,
	}, nil
}

// writeElement writes an element once and looks it up if the answer is lost.
func (s *Service) writeElement(ctx context.Context, c directory.Catalog, w kommo.ElementWrite) (id int64, lookedUp bool, err error) {
	sent := s.since(ctx)
	return settle(ctx, s.clock, write[int64]{
		what: fmt.Sprintf("the element %q of %s", short(w.Name, longName), c.Name),
		send: func(ctx context.Context) (int64, error) {
			made, err := s.api.Elements.Create(ctx, c.ID, []kommo.ElementWrite{w})
			if err != nil {
				return 0, err
			}
			s.took(ctx, KindElement, made[0].ID)
			return made[0].ID, nil
		},
		find: func(ctx context.Context) (int64, bool, error) {
			page, err := s.api.Elements.List(ctx, c.ID, kommo.ElementFilter{Query: w.Name, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}})
			for _, e := range page.Items {
				if sameText(e.Name, w.Name) && !e.Deleted && s.isOurs(ctx, KindElement, e.ID, e.CreatedAt, sent) {
					return e.ID, true, nil
				}
			}
			return 0, false, err
		},
	})
}

// ElementChange says what to change in an element. What is empty or nil stays.
type ElementChange struct {
	Catalog string
	Element string // id, SKU or name
	Name    string
	Fields  map[string]any // by name or code; nil clears
}

// ElementState are the parts of an element that a change touches.
type ElementState struct {
	Name   string         `json:"name,omitempty"`
	Fields map[string]any `json:"fields,omitempty"`
}

// ChangedElement is the answer of a change: what changed, before and after.
type ChangedElement struct {
	ID        int64         `json:"id"`
	Name      string        `json:"name"`
	Catalog   string        `json:"catalog"`
	Before    *ElementState `json:"before,omitempty"`
	After     *ElementState `json:"after,omitempty"`
	Unchanged bool          `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool          `json:"looked_up,omitempty"` // the answer was lost, the change was read back
	Warnings  []string      `json:"warnings,omitempty"`
}

// UpdateElement changes an element: it is found and, if anything differs,
// written; two requests with a warm directory.
func (s *Service) UpdateElement(ctx context.Context, c ElementChange) (ChangedElement, error) {
	return withNames(ctx, s, func(ctx context.Context) (ChangedElement, error) { return s.updateElement(ctx, c) })
}

func (s *Service) updateElement(ctx context.Context, change ElementChange) (ChangedElement, error) {
	c, err := s.names.Catalog(ctx, change.Catalog)
	if err != nil {
		return ChangedElement{}, err
	}
	writes, err := s.fieldWrites(ctx, c.Fields(), change.Fields)
	if err != nil {
		return ChangedElement{}, err
	}
	held, err := s.element(ctx, c, change.Element)
	if err != nil {
		return ChangedElement{}, err
	}
	names, err := s.namesFor(ctx, c.Fields(), false, len(writes) > 0)
	if err != nil {
		return ChangedElement{}, err
	}
	w, before, after := elementDifference(names, c, held, change.Name, writes)
	out := ChangedElement{ID: held.ID, Name: held.Name, Catalog: c.Name}
	if w == nil {
		out.Unchanged = true
		if change.Name == "" && len(change.Fields) == 0 {
			out.Warnings = []string{nothingAsked}
		}
		return out, nil
	}
	out.Before, out.After = stated(before), stated(after)
	_, err = s.api.Elements.Update(ctx, c.ID, held.ID, *w)
	out.LookedUp, err = confirm(ctx, err, func(ctx context.Context) (bool, error) {
		now, err := s.api.Elements.Get(ctx, c.ID, held.ID)
		left, _, _ := elementDifference(names, c, now, change.Name, writes)
		return left == nil, err
	})
	return out, missingElement(c, err)
}

// elementDifference compares what is with what is wanted; nil where nothing differs.
func elementDifference(names *directory.Snapshot, c directory.Catalog, held kommo.Element, name string, writes []kommo.FieldValueWrite) (*kommo.ElementWrite, *ElementState, *ElementState) {
	fields := changeFields(names, c.Fields(), held.Fields, writes)
	w := kommo.ElementWrite{Fields: fields.send}
	before, after := &ElementState{Fields: fields.before}, &ElementState{Fields: fields.after}
	if name = strings.TrimSpace(name); name != "" && name != held.Name {
		w.Name, before.Name, after.Name = name, held.Name, name
	}
	if w.Name == "" && len(w.Fields) == 0 {
		return nil, nil, nil
	}
	return &w, before, after
}

// missingList explains that a list was removed since its name was learnt.
func missingList(c directory.Catalog, err error) error {
	if !errors.Is(err, kommo.ErrNotFound) {
		return err
	}
	return problem.Missing("catalog", "The list "+c.Name+" is no longer there; nothing was written.").WithNext("See list_catalogs.").Wrap(err)
}

func missingElement(c directory.Catalog, err error) error {
	if !errors.Is(err, kommo.ErrNotFound) && !refusedPath(err, "id") {
		return err
	}
	return problem.Missing("element", "The element is no longer in "+c.Name+"; nothing was written.").WithNext("Find it with list_catalog_elements.").Wrap(err)
}
