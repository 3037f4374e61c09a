package kommo

import (
	"cmp"
	"slices"
)

// NestedWrite is one option of the new set of a category field. A parent that the
// same request makes is named by the request id it is given there (Kommo API
// facts: custom fields).
type NestedWrite struct {
	ID              int64  `json:"id,omitzero"`
	ParentID        int64  `json:"parent_id,omitzero"`
	Value           string `json:"value"`
	Sort            int64  `json:"sort"`
	RequestID       string `json:"request_id,omitzero"`
	ParentRequestID string `json:"parent_request_id,omitzero"`
}

// NestedPath is an option of a category field with the labels that lead to it, its
// own last.
type NestedPath struct {
	NestedOption

	Path []string
}

// Tree lists the options of a category field from the root down: each before those
// below it, and siblings by their sort. Options whose parent is gone count as
// roots.
func (f CustomField) Tree() []NestedPath {
	known := map[int64]bool{}
	for _, n := range f.Nested {
		known[n.ID] = true
	}
	below := map[int64][]NestedOption{}
	for _, n := range f.Nested {
		var parent int64
		if n.ParentID != nil && known[*n.ParentID] && *n.ParentID != n.ID {
			parent = *n.ParentID
		}
		below[parent] = append(below[parent], n)
	}
	return branch(below, 0, nil)
}

// branch takes what it lists out of below, so that a loop among parents ends.
func branch(below map[int64][]NestedOption, parent int64, path []string) []NestedPath {
	children := slices.SortedStableFunc(slices.Values(below[parent]), func(a, b NestedOption) int { return cmp.Compare(a.Sort, b.Sort) })
	delete(below, parent)
	var out []NestedPath
	for _, n := range children {
		at := append(slices.Clone(path), n.Value)
		out = append(out, NestedPath{NestedOption: n, Path: at})
		out = append(out, branch(below, n.ID, at)...)
	}
	return out
}
