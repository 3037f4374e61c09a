package crm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// categories are the options of a category field while they are changed: a tree,
// kept in the order of its branches. Kommo takes the whole set, as with enums.
type categories struct{ list []category }

// category is one option. Its key is the request id of a new one, which those below
// it name as their parent.
type category struct {
	id     int64
	key    string
	label  string
	parent int // index in the list; -1: none
}

func categoriesOf(f kommo.CustomField) *categories {
	out := &categories{}
	at := map[int64]int{}
	for _, n := range f.Tree() {
		c := category{id: n.ID, label: n.Value, parent: -1}
		if len(n.Path) > 1 && n.ParentID != nil {
			c.parent = at[*n.ParentID]
		}
		at[n.ID] = len(out.list)
		out.list = append(out.list, c)
	}
	return out
}

func (t *categories) path(at int) string {
	labels := []string{}
	for i := at; i >= 0; i = t.list[i].parent {
		labels = append(labels, t.list[i].label)
	}
	slices.Reverse(labels)
	return strings.Join(labels, directory.CategorySlash)
}

func (t *categories) paths() []string {
	out := make([]string, 0, len(t.list))
	for i := range t.list {
		out = append(out, t.path(i))
	}
	return out
}

func (t *categories) below(parent int, label string) int {
	return slices.IndexFunc(t.list, func(c category) bool { return c.parent == parent && directory.SameName(c.label, label) })
}

// add makes what a path such as "Panels / Mono" needs; what there is stays.
func (t *categories) add(argument, path string) error {
	at := -1
	for label := range strings.SplitSeq(path, directory.CategorySlash) {
		if label = strings.TrimSpace(label); label == "" {
			return problem.Invalid(argument, fmt.Sprintf("A label of %q is empty; nothing was written.", path)).
				WithNext(`Write each as its label, below others as "Panels / Mono".`)
		}
		next := t.below(at, label)
		if next < 0 {
			next = len(t.list)
			t.list = append(t.list, category{key: "new-" + strconv.Itoa(next), label: label, parent: at})
		}
		at = next
	}
	return nil
}

// find is the option that a path or a label means.
func (t *categories) find(argument, query string) (int, error) {
	query = strings.TrimSpace(query)
	var exact, labelled []int
	for i, c := range t.list {
		if directory.SameName(t.path(i), query) {
			exact = append(exact, i)
		}
		if directory.SameName(c.label, query) {
			labelled = append(labelled, i)
		}
	}
	if len(exact) == 0 {
		exact = labelled
	}
	switch len(exact) {
	case 1:
		return exact[0], nil
	case 0:
		return 0, problem.Missing(argument, fmt.Sprintf("The field has no option %q; nothing was written.", query), t.candidates()...).
			WithNext("Use the labels as they are.")
	}
	return 0, problem.Unclear(argument, fmt.Sprintf("The field has several options %q; nothing was written.", query), t.candidates(exact...)...).
		WithNext("Name it with those above it, as the candidates are.")
}

func (t *categories) candidates(of ...int) []problem.Candidate {
	var out []problem.Candidate
	for i, c := range t.list {
		if (of == nil || slices.Contains(of, i)) && len(out) < problem.MaxCandidates {
			out = append(out, problem.Candidate{ID: c.id, Name: t.path(i)})
		}
	}
	return out
}

func (t *categories) rename(pair string) error {
	from, to, ok := strings.Cut(pair, "=>")
	if to = strings.TrimSpace(to); !ok || to == "" {
		return unclearPair(pair)
	}
	at, err := t.find("rename_options", from)
	if err != nil {
		return err
	}
	if other := t.below(t.list[at].parent, to); other >= 0 && other != at {
		return problem.Invalid("rename_options", fmt.Sprintf("The label %q is there already; nothing was written.", to)).WithNext("Choose another label.")
	}
	t.list[at].label = to
	return nil
}

// remove takes an option away with all below it.
func (t *categories) remove(query string) error {
	at, err := t.find("remove_options", query)
	if err != nil {
		return err
	}
	kept, moved := []category{}, map[int]int{-1: -1}
	for i, c := range t.list {
		parent, stays := moved[c.parent]
		if i == at || !stays {
			continue
		}
		c.parent = parent
		moved[i] = len(kept)
		kept = append(kept, c)
	}
	t.list = kept
	return nil
}

// write is the whole set, parents first.
func (t *categories) write() []kommo.NestedWrite {
	out := make([]kommo.NestedWrite, 0, len(t.list))
	for i, c := range t.list {
		w := kommo.NestedWrite{ID: c.id, Value: c.label, Sort: int64(i + 1), RequestID: c.key}
		if c.parent >= 0 {
			w.ParentID, w.ParentRequestID = t.list[c.parent].id, t.list[c.parent].key
		}
		out = append(out, w)
	}
	return out
}

// nested is the whole new set of options of a category field; nil if nothing
// differs.
func (c FieldDefChange) nested(held kommo.CustomField, d delta) ([]kommo.NestedWrite, error) {
	tree := categoriesOf(held)
	before := tree.paths()
	for _, name := range c.RemoveOptions {
		if err := tree.remove(name); err != nil {
			return nil, err
		}
	}
	for _, pair := range c.RenameOptions {
		if err := tree.rename(pair); err != nil {
			return nil, err
		}
	}
	for _, path := range c.AddOptions {
		if err := tree.add("add_options", path); err != nil {
			return nil, err
		}
	}
	after := tree.paths()
	if slices.Equal(before, after) {
		return nil, nil
	}
	d.note("options", before, after)
	return tree.write(), nil
}

// newCategories are the options of a category field to make.
func newCategories(paths []string) ([]kommo.NestedWrite, error) {
	tree := &categories{}
	for _, path := range paths {
		if err := tree.add("options", path); err != nil {
			return nil, err
		}
	}
	return tree.write(), nil
}
