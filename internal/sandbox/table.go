package sandbox

import (
	"iter"
	"slices"
)

// table is one kind of record of an account, kept in id order. It has no lock of
// its own: the account's lock is held while a handler runs.
type table[T any] struct {
	rows map[int64]*T
	ids  []int64 // ascending
	next int64
}

func newTable[T any](first int64) *table[T] {
	return &table[T]{rows: map[int64]*T{}, next: first}
}

// alloc returns an id that was never used in this table.
func (t *table[T]) alloc() int64 {
	id := t.next
	t.next++
	return id
}

// put stores the row under id, replacing what was there.
func (t *table[T]) put(id int64, row *T) {
	if i, found := slices.BinarySearch(t.ids, id); !found {
		t.ids = slices.Insert(t.ids, i, id)
	}
	t.rows[id] = row
	t.next = max(t.next, id+1)
}

// get returns the row, or nil when there is none.
func (t *table[T]) get(id int64) *T { return t.rows[id] }

func (t *table[T]) has(id int64) bool { return t.rows[id] != nil }

// row is get for callers that do not know T.
func (t *table[T]) row(id int64) any {
	if r := t.rows[id]; r != nil {
		return r
	}
	return nil
}

func (t *table[T]) del(id int64) {
	if i, found := slices.BinarySearch(t.ids, id); found {
		t.ids = slices.Delete(t.ids, i, i+1)
	}
	delete(t.rows, id)
}

func (t *table[T]) len() int { return len(t.ids) }

// all yields the rows in ascending id order.
func (t *table[T]) all() iter.Seq2[int64, *T] {
	return func(yield func(int64, *T) bool) {
		for _, id := range slices.Clone(t.ids) {
			if r := t.rows[id]; r != nil && !yield(id, r) {
				return
			}
		}
	}
}

// each yields the rows as pointers to their own type, in ascending id order.
func (t *table[T]) each() iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, r := range t.all() {
			if !yield(r) {
				return
			}
		}
	}
}

// anyTable is what a table offers without its row type.
type anyTable interface {
	has(id int64) bool
	row(id int64) any
	each() iter.Seq[any]
}

// tableFor returns the account's table of that name, made at first use with ids
// from first. A resource wraps it in one function of its own, so that a new table
// needs no change to the account:
//
//	func notes(a *account) *table[note] { return tableFor[note](a, "notes", 50_000_001) }
//
// Tables of entities that other records point at are named as in the API
// ("leads", "contacts", "companies"), which makes account.has work for them.
func tableFor[T any](a *account, name string, first int64) *table[T] {
	if existing, found := a.tables[name]; found {
		return existing.(*table[T]) // two row types under one name: a bug, better loud
	}
	t := newTable[T](first)
	a.tables[name] = t
	return t
}
