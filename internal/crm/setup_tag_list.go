package crm

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// TagRow is one tag of a kind of card.
type TagRow struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color,omitempty"` // of leads only
}

// ListTags lists the tags of a kind of card, or those whose name holds the query:
// one request for each 250 tags.
func (s *Service) ListTags(ctx context.Context, kind, query string, p SetupPage) (SetupList[TagRow], error) {
	of, err := cardsOf(kind)
	if err != nil {
		return SetupList[TagRow]{}, err
	}
	all, err := kommo.Collect(s.api.Tags.All(ctx, of, kommo.TagFilter{Query: query}))
	if err != nil {
		return SetupList[TagRow]{}, err
	}
	rows := make([]TagRow, 0, len(all))
	for _, t := range all {
		row := TagRow{ID: t.ID, Name: t.Name}
		if t.Color != nil {
			row.Color = *t.Color
		}
		rows = append(rows, row)
	}
	hint := "There are no tags of this kind yet; putting one on a card makes it, and so does create_tag."
	if query != "" {
		hint = "No tag's name holds these words; try fewer letters, or leave query out."
	}
	return pageOf(rows, p, []string{"tags", string(of), query}, hint)
}
