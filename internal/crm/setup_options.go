package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// FieldDefChange says what to change in a custom field. What is empty or nil stays;
// options that are not named stay too, with the values that cards hold.
type FieldDefChange struct {
	Kind          string // a kind of card, or KindElement
	Catalog       string // of KindElement: the list; empty is the products
	Field         string
	Name          string
	Group         string
	APIOnly       *bool
	AddOptions    []string
	RenameOptions []string // "Old label => New label"
	RemoveOptions []string
	Required      []string // all stages in which the field must be filled; nil stays, empty is none
	Hidden        []string // all stages in which it is not shown, likewise
	Needed        *bool    // of KindElement: no element without a value
}

// UpdateField changes a custom field: three requests with a warm directory, one
// more for its group.
func (s *Service) UpdateField(ctx context.Context, c FieldDefChange) (SetupChanged, error) {
	return withNames(ctx, s, func(ctx context.Context) (SetupChanged, error) {
		of, held, err := s.fieldHeld(ctx, c.Kind, c.Catalog, c.Field)
		if err != nil {
			return SetupChanged{}, err
		}
		fields, err := s.names.Fields(ctx, of)
		if err == nil {
			err = nameFree(KindField, c.Name, fields.Items, func(f directory.Field) (int64, string) { return f.ID, f.Name }, held.ID)
		}
		if err != nil {
			return SetupChanged{}, err
		}
		d := newDelta()
		w := kommo.CustomFieldWrite{Name: d.text("name", held.Name, c.Name), APIOnly: d.flag("api_only", held.APIOnly, c.APIOnly)}
		if c.Group != "" {
			if w.GroupID, err = s.otherGroup(ctx, of, held, c.Group, d); err != nil {
				return SetupChanged{}, err
			}
		}
		w.Required = d.flag("required", held.Required != nil && *held.Required, c.Needed)
		if w.Enums, w.Nested, err = c.choices(held, d); err != nil {
			return SetupChanged{}, err
		}
		if w.RequiredIn, err = s.rebound(ctx, of, "required_stages", held.RequiredStatuses, c.Required, d); err != nil {
			return SetupChanged{}, err
		}
		if w.HiddenIn, err = s.rebound(ctx, of, "hidden_stages", held.HiddenStatuses, c.Hidden, d); err != nil {
			return SetupChanged{}, err
		}
		out := d.changed(held.ID, held.Name, c.asked())
		if d.none() {
			return out, nil
		}
		if _, err := s.api.CustomFields.Update(ctx, of, held.ID, w); err != nil {
			return out, err
		}
		out.Warnings = s.renewed(ctx, out.Warnings, directory.FieldsOf(of))
		return out, nil
	})
}

// otherGroup is the id of the group to move the field to; empty if it is there.
func (s *Service) otherGroup(ctx context.Context, of kommo.Entity, held kommo.CustomField, group string, d delta) (string, error) {
	groups, err := s.api.CustomFields.Groups(ctx, of)
	if err != nil {
		return "", err
	}
	g, err := pickGroup(groups, group)
	if err != nil {
		return "", err
	}
	if d.text("group", groupName(groups, held.GroupID), g.Name) == "" {
		return "", nil
	}
	return g.ID, nil
}

// choices are the options in the form of the field's type.
func (c FieldDefChange) choices(held kommo.CustomField, d delta) (enums []kommo.EnumWrite, nested []kommo.NestedWrite, err error) {
	if held.Type == kommo.FieldCategory {
		nested, err = c.nested(held, d)
		return nil, nested, err
	}
	enums, err = c.options(held, d)
	return enums, nil, err
}

// options is the whole new set of options, since Kommo deletes those that a write
// leaves out; nil if nothing differs.
func (c FieldDefChange) options(held kommo.CustomField, d delta) ([]kommo.EnumWrite, error) {
	if len(c.AddOptions)+len(c.RenameOptions)+len(c.RemoveOptions) == 0 {
		return nil, nil
	}
	if !offersOptions(held.Type) {
		return nil, problem.Invalid("add_options", fmt.Sprintf("The field %q is of the type %s, which has no options; nothing was written.", held.Name, held.Type)).
			WithNext("Options belong to fields of the types select, multiselect and radiobutton.")
	}
	before := labelsOf(held)
	var set []kommo.EnumWrite
	for _, e := range enumsInOrder(held) {
		set = append(set, kommo.EnumWrite{ID: e.ID, Value: e.Value, Sort: int64(e.Sort), Code: e.Code})
	}
	set, err := c.removed(set)
	if err == nil {
		set, err = c.renamed(set)
	}
	if err != nil {
		return nil, err
	}
	set = c.added(set)
	after := make([]string, 0, len(set))
	for _, e := range set {
		after = append(after, e.Value)
	}
	if err := distinct("add_options", after); err != nil && distinct("", before) == nil {
		return nil, err
	}
	switch {
	case slices.Equal(before, after):
		return nil, nil
	case len(after) == 0:
		return nil, problem.Invalid("remove_options", "A field of this type needs at least one option; nothing was written.").
			WithNext("Keep one, or delete the whole field.")
	}
	d.note("options", before, after)
	return set, nil
}

func (c FieldDefChange) removed(set []kommo.EnumWrite) ([]kommo.EnumWrite, error) {
	for _, label := range c.RemoveOptions {
		at, err := optionAt("remove_options", label, set)
		if err != nil {
			return nil, err
		}
		set = slices.Delete(set, at, at+1)
	}
	return set, nil
}

func unclearPair(pair string) error {
	return problem.Invalid("rename_options", fmt.Sprintf("%q does not say old and new label; nothing was written.", pair)).
		WithNext(`Write each as "Old label => New label".`)
}

func (c FieldDefChange) renamed(set []kommo.EnumWrite) ([]kommo.EnumWrite, error) {
	for _, pair := range c.RenameOptions {
		from, to, ok := strings.Cut(pair, "=>")
		if to = strings.TrimSpace(to); !ok || to == "" {
			return nil, unclearPair(pair)
		}
		at, err := optionAt("rename_options", from, set)
		if err != nil {
			return nil, err
		}
		set[at].Value = to
	}
	return set, nil
}

// added puts new options behind the others; those that exist stay as they are.
func (c FieldDefChange) added(set []kommo.EnumWrite) []kommo.EnumWrite {
	var last int64
	for _, e := range set {
		last = max(last, e.Sort)
	}
	for _, label := range c.AddOptions {
		label = strings.TrimSpace(label)
		if slices.ContainsFunc(set, func(e kommo.EnumWrite) bool { return directory.SameName(e.Value, label) }) {
			continue
		}
		last++
		set = append(set, kommo.EnumWrite{Value: label, Sort: last})
	}
	return set
}

func optionAt(argument, label string, set []kommo.EnumWrite) (int, error) {
	at := slices.IndexFunc(set, func(e kommo.EnumWrite) bool { return directory.SameName(e.Value, label) })
	if at >= 0 {
		return at, nil
	}
	var there []problem.Candidate
	for _, e := range set {
		there = append(there, problem.Candidate{ID: e.ID, Name: e.Value})
	}
	return 0, problem.Missing(argument, fmt.Sprintf("The field has no option %q; nothing was written.", strings.TrimSpace(label)), there...).
		WithNext("Use the labels as they are.")
}

func enumsInOrder(f kommo.CustomField) []kommo.Enum {
	return slices.SortedStableFunc(slices.Values(f.Enums), func(a, b kommo.Enum) int { return cmp.Compare(a.Sort, b.Sort) })
}

func labelsOf(f kommo.CustomField) []string {
	if f.Type == kommo.FieldCategory {
		return categoriesOf(f).paths()
	}
	var out []string
	for _, e := range enumsInOrder(f) {
		out = append(out, e.Value)
	}
	return out
}
