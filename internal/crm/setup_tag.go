package crm

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// NewTags are tags to make for a kind of card.
type NewTags struct {
	Kind  string
	Tags  []string
	Color string
	Key   string
}

// CreateTags makes the tags that do not exist yet: two requests, and one for each
// 250 tags that there are. Kommo answers a known name with its tag, so that a lost
// answer is looked up by name (Kommo API facts: tags).
func (s *Service) CreateTags(ctx context.Context, n NewTags) (SetupMade, error) {
	of, err := cardsOf(n.Kind)
	if err != nil {
		return SetupMade{}, err
	}
	color, err := tagColor(n.Color)
	if err != nil {
		return SetupMade{}, err
	}
	if color != "" && of != kommo.Leads {
		return SetupMade{}, problem.Invalid("color", "Only tags of leads have a colour; nothing was written.").WithNext("Leave color out.")
	}
	if err := distinct("tags", n.Tags); err != nil {
		return SetupMade{}, err
	}
	return onceMade(ctx, s, "create_tag", n.Key, n, func(ctx context.Context) (SetupMade, error) {
		out := SetupMade{Created: []Record{}, Found: []Record{}}
		held, err := kommo.Collect(s.api.Tags.All(ctx, of, kommo.TagFilter{}))
		if err != nil {
			return out, err
		}
		var missing []kommo.TagWrite
		for _, name := range n.Tags {
			if t, ok := named(held, name, func(t kommo.Tag) string { return t.Name }); ok {
				out.Found = append(out.Found, s.record(KindTag, t.ID, t.Name))
			} else {
				missing = append(missing, kommo.TagWrite{Name: strings.TrimSpace(name), Color: color})
			}
		}
		if color != "" && len(out.Found) > 0 {
			out.Warnings = append(out.Warnings, "Tags that existed keep their colour; update_tag changes it.")
		}
		if len(missing) == 0 {
			return out, nil
		}
		made, lookedUp, err := s.makeTags(ctx, of, missing)
		out.LookedUp = lookedUp
		for _, t := range made {
			out.Created = append(out.Created, s.record(KindTag, t.ID, t.Name))
		}
		return out, err
	})
}

func (s *Service) makeTags(ctx context.Context, of kommo.Entity, tags []kommo.TagWrite) ([]kommo.Tag, bool, error) {
	return settle(ctx, s.clock, write[[]kommo.Tag]{
		what: fmt.Sprintf("%d tags", len(tags)),
		send: func(ctx context.Context) ([]kommo.Tag, error) { return s.api.Tags.Create(ctx, of, tags) },
		find: func(ctx context.Context) ([]kommo.Tag, bool, error) {
			held, err := kommo.Collect(s.api.Tags.All(ctx, of, kommo.TagFilter{}))
			var found []kommo.Tag
			for _, w := range tags {
				if t, ok := named(held, w.Name, func(t kommo.Tag) string { return t.Name }); ok {
					found = append(found, t)
				}
			}
			return found, len(found) == len(tags), err
		},
	})
}

// UpdateTag renames or colours a tag of leads; Kommo changes no others. Two
// requests, and one for each 250 tags that there are.
func (s *Service) UpdateTag(ctx context.Context, tag, name, color string) (SetupChanged, error) {
	color, err := tagColor(color)
	if err != nil {
		return SetupChanged{}, err
	}
	all, err := kommo.Collect(s.api.Tags.All(ctx, kommo.Leads, kommo.TagFilter{}))
	if err != nil {
		return SetupChanged{}, err
	}
	held, err := pick("tag", KindTag, tag, all, func(t kommo.Tag) called {
		return called{id: strconv.FormatInt(t.ID, 10), name: t.Name}
	})
	if err != nil {
		return SetupChanged{}, err
	}
	if err := nameFree(KindTag, name, all, func(t kommo.Tag) (int64, string) { return t.ID, t.Name }, held.ID); err != nil {
		return SetupChanged{}, err
	}
	was := ""
	if held.Color != nil {
		was = *held.Color
	}
	d := newDelta()
	w := kommo.TagChange{ID: held.ID, Name: d.text("name", held.Name, name)}
	if !strings.EqualFold(was, color) {
		w.Color = d.text("color", was, color)
	}
	out := d.changed(held.ID, held.Name, name != "" || color != "")
	if d.none() {
		return out, nil
	}
	return out, s.api.Tags.Update(ctx, []kommo.TagChange{w})
}
