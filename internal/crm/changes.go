package crm

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// tagChange is what adding and removing tags does to a card: what to send, and
// the names before and after.
type tagChange struct {
	add, remove   []kommo.TagRef
	before, after []string
	absent        []string // that were to be removed and are not there
}

// warning says which tags were not there to be removed; empty if all were.
func (t tagChange) warning() string {
	if len(t.absent) == 0 {
		return ""
	}
	return fmt.Sprintf("There was no tag %s to remove; the card had %s.", listed(t.absent), listed(t.before))
}

func (t tagChange) none() bool { return len(t.add) == 0 && len(t.remove) == 0 }

// changeTags leaves out tags that are there already, or not there to be removed.
func changeTags(held []kommo.Tag, add, remove []string) (tagChange, error) {
	t := tagChange{before: append([]string{}, tagNames(held)...), after: []string{}}
	for _, h := range held {
		if containsFold(remove, h.Name) {
			t.remove = append(t.remove, kommo.TagRef{ID: h.ID})
		} else {
			t.after = append(t.after, h.Name)
		}
	}
	for _, name := range remove {
		if !containsFold(t.before, name) {
			t.absent = append(t.absent, name)
		}
	}
	for _, name := range add {
		if containsFold(remove, name) {
			return t, problem.Invalid("remove_tags", fmt.Sprintf("The tag %q is to be added and removed.", name)).
				WithNext("Name each tag in one of add_tags and remove_tags.")
		}
		if !containsFold(t.after, name) {
			t.add, t.after = append(t.add, kommo.TagRef{Name: name}), append(t.after, name)
		}
	}
	return t, nil
}

// fieldChange is what writing custom fields does to a card: what to send, and the
// values before and after, by field name.
type fieldChange struct {
	send          []kommo.FieldValueWrite
	before, after map[string]any
}

// changeFields leaves out fields that hold the value already. A field is written as
// a whole and loses its former values, except for phones, e-mails and messengers:
// what is given is added to them, and only null takes them all away.
func changeFields(names *directory.Snapshot, of kommo.Entity, held []kommo.FieldValue, writes []kommo.FieldValueWrite) fieldChange {
	c := fieldChange{before: map[string]any{}, after: map[string]any{}}
	for _, w := range writes {
		f, ok := names.FieldOf(of, w.FieldID)
		if !ok {
			f = directory.Field{ID: w.FieldID, Name: fmt.Sprintf("field %d", w.FieldID)}
		}
		was := kommo.FieldValue{}
		if at := slices.IndexFunc(held, func(h kommo.FieldValue) bool { return h.FieldID == w.FieldID }); at >= 0 {
			was = held[at]
		}
		if f.Type == kommo.FieldMultitext && len(w.Values) > 0 {
			w.Values = addedTo(was, w.Values, names.Account.Country)
		}
		is := written(w)
		before := directory.Plain(f, was, names.Account.Location())
		after := directory.Plain(f, is, names.Account.Location())
		if same(before, after) && (f.Type != kommo.FieldMultitext || sameKinds(was, is)) {
			continue
		}
		c.send = append(c.send, w)
		keep(c.before, f.Name, before)
		keep(c.after, f.Name, after)
	}
	if len(c.before) == 0 {
		c.before = nil
	}
	if len(c.after) == 0 {
		c.after = nil
	}
	return c
}

// stated is a state for an answer: nil where all of it was, or is, empty, since
// answers leave empty keys out.
func stated[T any](state *T) *T {
	if state == nil || reflect.ValueOf(*state).IsZero() {
		return nil
	}
	return state
}

// addedTo joins phones, e-mails or messenger names to those that are held. One that
// is there already keeps its spelling, and its kind unless another was named: the
// encoder names a kind by id only where the caller did.
func addedTo(held kommo.FieldValue, more []kommo.ValueWrite, region string) []kommo.ValueWrite {
	var out []kommo.ValueWrite
	for _, v := range held.Values {
		out = append(out, v.Back(kommo.FieldMultitext))
	}
	for _, v := range more {
		at := slices.IndexFunc(out, func(o kommo.ValueWrite) bool { return sameLine(o.Value, v.Value, region) })
		switch {
		case at < 0:
			out = append(out, v)
		case v.EnumID != 0:
			out[at].EnumID, out[at].EnumCode = v.EnumID, ""
		}
	}
	return out
}

// sameLine compares entries of a multitext field, which mostly are texts.
func sameLine(a, b any, region string) bool {
	x, y := strings.TrimSpace(fmt.Sprint(a)), strings.TrimSpace(fmt.Sprint(b))
	return strings.EqualFold(x, y) || phone.Looks(x) && phone.Looks(y) && samePhone(x, y, region)
}

func keep(in map[string]any, name string, value any) {
	if value != nil {
		in[name] = value
	}
}

// written is the value as Kommo will hold it, so that it is shown like the one
// before. What cannot be shown is shown as empty.
func written(w kommo.FieldValueWrite) kommo.FieldValue {
	out := kommo.FieldValue{FieldID: w.FieldID}
	for _, v := range w.Values {
		var value kommo.Value
		raw, err := json.Marshal(v)
		if err == nil && json.Unmarshal(raw, &value) == nil {
			out.Values = append(out.Values, value)
		}
	}
	return out
}

// same compares plain values, which may hold lists and objects.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// sameKinds tells whether phones or e-mails keep their kinds (work, mobile); a
// kind that was not given is no change.
func sameKinds(was, is kommo.FieldValue) bool {
	return slices.EqualFunc(was.Values, is.Values, func(a, b kommo.Value) bool {
		return b.EnumID == nil && b.Kind() == "" || idOf(b.EnumID) != 0 && idOf(a.EnumID) == idOf(b.EnumID) || b.Kind() != "" && a.Kind() == b.Kind()
	})
}
