package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// fieldGroup finds a group of fields by name or id.
func (s *Service) fieldGroup(ctx context.Context, of kommo.Entity, nameOrID string) (kommo.FieldGroup, error) {
	groups, err := s.api.CustomFields.Groups(ctx, of)
	if err != nil {
		return kommo.FieldGroup{}, err
	}
	return pickGroup(groups, nameOrID)
}

func pickGroup(groups []kommo.FieldGroup, nameOrID string) (kommo.FieldGroup, error) {
	return pick("group", "group of fields", nameOrID, groups, func(g kommo.FieldGroup) called { return called{id: g.ID, name: g.Name, detail: g.ID} })
}

// NewGroup is a group of fields to make: a tab of the card.
type NewGroup struct {
	Kind string
	Name string
	Key  string
}

// CreateFieldGroup makes a group of fields: two requests.
func (s *Service) CreateFieldGroup(ctx context.Context, n NewGroup) (SetupMade, error) {
	of, err := cardsOf(n.Kind)
	if err != nil {
		return SetupMade{}, err
	}
	name := strings.TrimSpace(n.Name)
	if err := needText("name", name); err != nil {
		return SetupMade{}, err
	}
	return onceMade(ctx, s, "create_field_group", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		var last int64
		out, made, err := createNamed(ctx, s, creation[kommo.FieldGroup]{
			kind: KindFieldGroup, name: name, of: func(g kommo.FieldGroup) (int64, string) { return 0, g.Name },
			find: func(ctx context.Context) (kommo.FieldGroup, bool, error) {
				all, err := s.api.CustomFields.Groups(ctx, of)
				for _, g := range all {
					last = max(last, int64(g.Sort))
				}
				g, ok := named(all, name, func(g kommo.FieldGroup) string { return g.Name })
				return g, ok, err
			},
			send: func(ctx context.Context) (kommo.FieldGroup, error) {
				made, err := s.api.CustomFields.CreateGroups(ctx, of, []kommo.GroupWrite{{Name: name, Sort: new(last + 1)}})
				return firstOf(made), err
			},
		})
		out.GroupID = made.ID
		return out, err
	})
}

// UpdateFieldGroup renames a group of fields: two requests.
func (s *Service) UpdateFieldGroup(ctx context.Context, kind, group, name string) (SetupChanged, error) {
	of, err := cardsOf(kind)
	if err != nil {
		return SetupChanged{}, err
	}
	groups, err := s.api.CustomFields.Groups(ctx, of)
	if err != nil {
		return SetupChanged{}, err
	}
	held, err := pickGroup(groups, group)
	if err != nil {
		return SetupChanged{}, err
	}
	if other, ok := named(groups, name, func(g kommo.FieldGroup) string { return g.Name }); ok && other.ID != held.ID {
		return SetupChanged{}, taken(KindFieldGroup, other.Name, 0)
	}
	d := newDelta()
	w := kommo.GroupWrite{Name: d.text("name", held.Name, name)}
	out := d.changed(0, held.Name, name != "")
	out.GroupID = held.ID
	if d.none() {
		return out, nil
	}
	_, err = s.api.CustomFields.UpdateGroup(ctx, of, held.ID, w)
	return out, err
}

// DeleteFieldGroup deletes a group; its fields move to the main one. Two requests.
func (s *Service) DeleteFieldGroup(ctx context.Context, kind, group string) (Removed, error) {
	of, err := cardsOf(kind)
	if err != nil {
		return Removed{}, err
	}
	held, err := s.fieldGroup(ctx, of, group)
	if err != nil {
		return Removed{}, err
	}
	if held.Predefined {
		return Removed{}, problem.New(problem.Unprocessable, fmt.Sprintf("The group %q belongs to Kommo and cannot be deleted; nothing was written.", held.Name)).
			WithField("group").WithNext("Choose a group of your own; list_custom_fields names them.")
	}
	return s.removed(ctx, Removed{Name: held.Name, Before: map[string]any{"group_id": held.ID}}, removal{
		what: fmt.Sprintf("the group of fields %q", held.Name),
		send: func(ctx context.Context) error { return s.api.CustomFields.DeleteGroup(ctx, of, held.ID) },
		there: func(ctx context.Context) (bool, error) {
			all, err := s.api.CustomFields.Groups(ctx, of)
			return slices.ContainsFunc(all, func(g kommo.FieldGroup) bool { return g.ID == held.ID }), err
		},
	})
}
