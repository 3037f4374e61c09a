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

// FieldDef is one custom field with its group and options.
type FieldDef struct {
	ID      int64    `json:"id"`
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Code    string   `json:"code,omitempty"`
	Group   string   `json:"group,omitempty"`
	Options []string `json:"options,omitempty"`
	// RequiredIn and HiddenIn are stages, as "Pipeline / Stage".
	RequiredIn []string `json:"required_stages,omitempty"`
	HiddenIn   []string `json:"hidden_stages,omitempty"`

	APIOnly bool `json:"api_only,omitempty"`
	Fixed   bool `json:"fixed,omitempty"` // cannot be deleted
}

// FieldDefs are the fields of a kind of card, and the names of all their groups.
type FieldDefs struct {
	SetupList[FieldDef]

	Groups []string `json:"groups"`
}

// Keep is the list cut to its first n rows.
func (l FieldDefs) Keep(n int) any {
	if kept, ok := l.SetupList.Keep(n).(SetupList[FieldDef]); ok {
		l.SetupList = kept
	}
	return l
}

// ListFieldDefs lists the custom fields of a kind of card: one request for each
// 250 fields and one for the groups.
func (s *Service) ListFieldDefs(ctx context.Context, kind string, p SetupPage) (FieldDefs, error) {
	of, err := cardsOf(kind)
	if err != nil {
		return FieldDefs{}, err
	}
	fields, err := kommo.Collect(s.api.CustomFields.All(ctx, of))
	if err != nil {
		return FieldDefs{}, err
	}
	groups, err := s.api.CustomFields.Groups(ctx, of)
	if err != nil {
		return FieldDefs{}, err
	}
	stages, err := s.stagesNamed(ctx, fields...)
	if err != nil {
		return FieldDefs{}, err
	}
	rows := make([]FieldDef, 0, len(fields))
	for _, f := range fields {
		row := FieldDef{
			ID: f.ID, Name: f.Name, Type: string(f.Type), Group: groupName(groups, f.GroupID), APIOnly: f.APIOnly, Fixed: !f.Deletable,
			RequiredIn: stages(f.RequiredStatuses), HiddenIn: stages(f.HiddenStatuses),
		}
		if f.Code != nil {
			row.Code = *f.Code
		}
		for _, e := range enumsInOrder(f) {
			row.Options = append(row.Options, e.Value)
		}
		rows = append(rows, row)
	}
	out := FieldDefs{Groups: []string{}}
	for _, g := range groups {
		out.Groups = append(out.Groups, g.Name)
	}
	out.SetupList, err = pageOf(rows, p, []string{"fields", string(of)}, "There are no custom fields yet; create_custom_field makes one.")
	return out, err
}

// defaultGroup is the id of the group that fields are in unless they name another.
const defaultGroup = "default"

func groupName(groups []kommo.FieldGroup, id *string) string {
	want := defaultGroup
	if id != nil && *id != "" {
		want = *id
	}
	for _, g := range groups {
		if g.ID == want {
			return g.Name
		}
	}
	return want
}

// NewField is a custom field to make.
type NewField struct {
	Kind     string // a kind of card, or KindElement
	Catalog  string // of KindElement: the list; empty is the products
	Name     string
	Type     string
	Options  []string
	Group    string
	Code     string
	Currency string
	APIOnly  *bool
	Required []string // stages in which a field of leads must be filled
	Hidden   []string // stages in which it is not shown
	Needed   *bool    // of KindElement: no element without a value
	SearchIn string   // of a linked_entity: contacts, companies, contacts_and_companies, or a list
	Key      string
}

// CreateField makes a custom field: three requests, one more for its group (Kommo
// API facts: custom fields).
func (s *Service) CreateField(ctx context.Context, n NewField) (SetupMade, error) {
	of, err := s.fieldsOwner(ctx, n.Kind, n.Catalog)
	if err != nil {
		return SetupMade{}, err
	}
	if err := n.check(of); err != nil {
		return SetupMade{}, err
	}
	return onceMade(ctx, s, "create_custom_field", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		w := kommo.CustomFieldWrite{
			Name: strings.TrimSpace(n.Name), Type: kommo.FieldType(n.Type), Code: strings.TrimSpace(n.Code),
			Currency: strings.ToUpper(strings.TrimSpace(n.Currency)), APIOnly: n.APIOnly, Required: n.Needed,
		}
		if err := n.choices(&w); err != nil {
			return SetupMade{}, err
		}
		if err := s.placeField(ctx, of, n, &w); err != nil {
			return SetupMade{}, err
		}
		out, _, err := createNamed(ctx, s, creation[kommo.CustomField]{
			kind: KindField, name: w.Name, of: func(f kommo.CustomField) (int64, string) { return f.ID, f.Name },
			find: func(ctx context.Context) (kommo.CustomField, bool, error) {
				all, err := kommo.Collect(s.api.CustomFields.All(ctx, of))
				f, ok := named(all, w.Name, func(f kommo.CustomField) string { return f.Name })
				return f, ok, err
			},
			send: func(ctx context.Context) (kommo.CustomField, error) {
				made, err := s.api.CustomFields.Create(ctx, of, []kommo.CustomFieldWrite{w})
				return firstOf(made), err
			},
		})
		if err != nil {
			return out, err
		}
		out.Warnings = s.renewed(ctx, out.Warnings, directory.FieldsOf(of))
		return out, nil
	})
}

// choices are the options of a new field.
func (n NewField) choices(w *kommo.CustomFieldWrite) (err error) {
	if w.Type == kommo.FieldCategory {
		w.Nested, err = newCategories(n.Options)
		return err
	}
	for i, o := range n.Options {
		w.Enums = append(w.Enums, kommo.EnumWrite{Value: strings.TrimSpace(o), Sort: int64(i + 1)})
	}
	return nil
}

// placeField resolves the group of a new field, the stages it is bound to, and the
// list that it names elements of.
func (s *Service) placeField(ctx context.Context, of kommo.Entity, n NewField, w *kommo.CustomFieldWrite) error {
	var err error
	if w.SearchIn, err = s.searchIn(ctx, n); err != nil {
		return err
	}
	if n.Group != "" {
		g, err := s.fieldGroup(ctx, of, n.Group)
		if err != nil {
			return err
		}
		w.GroupID = g.ID
	}
	if w.RequiredIn, err = s.stagesOfField(ctx, of, "required_stages", n.Required); err != nil {
		return err
	}
	w.HiddenIn, err = s.stagesOfField(ctx, of, "hidden_stages", n.Hidden)
	return err
}

// searchIn is what a linked_entity may name: cards, or the elements of a list.
func (s *Service) searchIn(ctx context.Context, n NewField) (string, error) {
	switch n.SearchIn {
	case "", "contacts", "companies", "contacts_and_companies":
		return n.SearchIn, nil
	}
	list, err := s.names.Catalog(ctx, n.SearchIn)
	return strconv.FormatInt(list.ID, 10), directory.ForField(err, "search_in")
}

// check refuses what Kommo would refuse, before anything is sent.
func (n NewField) check(of kommo.Entity) error {
	if err := needText("name", n.Name); err != nil {
		return err
	}
	switch {
	case offersOptions(kommo.FieldType(n.Type)) && len(n.Options) == 0:
		return problem.Invalid("options", fmt.Sprintf("A field of the type %s needs options; nothing was written.", n.Type)).WithNext("Name the options to choose from.")
	case !offersOptions(kommo.FieldType(n.Type)) && n.Type != string(kommo.FieldCategory) && len(n.Options) > 0:
		return problem.Invalid("options", fmt.Sprintf("A field of the type %s has no options; nothing was written.", n.Type)).WithNext("Use the type select, multiselect or radiobutton.")
	case (n.SearchIn != "") != (n.Type == string(kommo.FieldLinkedEntity)):
		return problem.Invalid("search_in", "search_in goes with the type linked_entity, which needs it; nothing was written.").
			WithNext("Name contacts, companies, contacts_and_companies or a list for a linked_entity, and leave it out for other types.")
	case n.Currency != "" && n.Type != string(kommo.FieldMonetary):
		return problem.Invalid("currency", "Only fields of the type monetary have a currency; nothing was written.").WithNext("Leave currency out, or use the type monetary.")
	case n.Type == string(kommo.FieldMultitext) && of == kommo.Leads:
		return problem.Invalid("type", "Leads have no multitext fields; nothing was written.").WithNext("Use text, or make the field for contacts.")
	}
	return distinct("options", n.Options)
}

// distinct refuses empty and equal labels.
func distinct(argument string, labels []string) error {
	for i, l := range labels {
		if strings.TrimSpace(l) == "" {
			return problem.Invalid(argument, "A label is empty; nothing was written.").WithNext("Give each option a label.")
		}
		if slices.ContainsFunc(labels[:i], func(o string) bool { return directory.SameName(o, l) }) {
			return problem.Invalid(argument, fmt.Sprintf("The label %q is there twice; nothing was written.", l)).WithNext("Name each option once.")
		}
	}
	return nil
}

func offersOptions(t kommo.FieldType) bool {
	return t == kommo.FieldSelect || t == kommo.FieldMultiselect || t == kommo.FieldRadio
}

// DeleteField deletes a custom field with its values on all cards: three requests
// with a warm directory.
func (s *Service) DeleteField(ctx context.Context, kind, catalog, field string) (Removed, error) {
	of, held, err := s.fieldHeld(ctx, kind, catalog, field)
	if err != nil {
		return Removed{}, err
	}
	if !held.Deletable {
		return Removed{}, problem.New(problem.Unprocessable, fmt.Sprintf("The field %q belongs to Kommo and cannot be deleted; nothing was written.", held.Name)).
			WithField("field").WithNext("Rename it with update_custom_field, or update_catalog_field if it is of a list, where its name is the matter.")
	}
	out := Removed{ID: held.ID, Name: held.Name, Before: map[string]any{"type": string(held.Type)}}
	if labels := labelsOf(held); len(labels) > 0 {
		out.Before["options"] = labels
	}
	out, err = s.removed(ctx, out, removal{
		what: fmt.Sprintf("the custom field %q", held.Name),
		send: func(ctx context.Context) error { return s.api.CustomFields.Delete(ctx, of, held.ID) },
		there: func(ctx context.Context) (bool, error) {
			all, err := kommo.Collect(s.api.CustomFields.All(ctx, of))
			return slices.ContainsFunc(all, func(f kommo.CustomField) bool { return f.ID == held.ID }), err
		},
	})
	if err != nil {
		return out, err
	}
	out.Warnings = s.renewed(ctx, out.Warnings, directory.FieldsOf(of))
	return out, nil
}

// fieldHeld resolves a field by the directory and reads it fresh.
func (s *Service) fieldHeld(ctx context.Context, kind, catalog, field string) (kommo.Entity, kommo.CustomField, error) {
	of, err := s.fieldsOwner(ctx, kind, catalog)
	if err != nil {
		return of, kommo.CustomField{}, err
	}
	known, err := s.names.Field(ctx, of, field)
	if err != nil {
		return of, kommo.CustomField{}, directory.ForField(err, "field")
	}
	held, err := s.api.CustomFields.Get(ctx, of, known.ID)
	return of, held, err
}
