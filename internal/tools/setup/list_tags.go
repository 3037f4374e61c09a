package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listTagsIn struct {
	Kind   string `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Query  string `json:"query,omitempty" jsonschema_description:"Part of the tag's name."`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListTags is the tool list_tags.
func ListTags(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_tags", Title: "List tags", Class: registry.Read, Toolset: toolset, PeopleText: true, Narrow: "query",
		Description: "Lists the tags of leads, contacts or companies with their ids, and the colours of those of leads; " +
			"each kind of card has a dictionary of its own. Use it before create_tag or update_tag, or to see how a tag is spelled. " +
			"get_account with the section tags names those of leads too; to find the cards with a tag use search_leads. " +
			"How many cards carry a tag is not told.",
	}, func(ctx context.Context, in listTagsIn) (crm.SetupList[crm.TagRow], error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupList[crm.TagRow]{}, err
		}
		return s.ListTags(ctx, in.Kind, in.Query, crm.SetupPage{Limit: in.Limit, Cursor: in.Cursor})
	})
}
