package api

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type apiGetIn struct {
	Path     string            `json:"path" jsonschema:"minLength=1,example=/leads/5" jsonschema_description:"Path under /api/v4, such as /leads/5; the prefix may be there."`
	Query    registry.JSONText `json:"query,omitempty" jsonschema:"example=limit=10&filter[id][]=7" jsonschema_description:"limit=10&filter[id][]=7, or the object {\"limit\":10,\"filter\":{\"id\":[7]}}."`
	Allow404 bool              `json:"allow_404,omitempty" jsonschema_description:"true: a 404 is answered as a status, not as an error."`
}

// Get is the tool api_get.
func Get(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "api_get", Title: "Read from Kommo's API", Class: registry.Read, Toolset: "api", PeopleText: true, Narrow: "limit and filter in query",
		Description: "Reads any path of Kommo's REST API v4 of this account, for what no other tool covers; paths and filters are listed at https://developers.kommo.com/reference. " +
			"Prefer a named tool: it takes and gives names, where this one has ids, Unix seconds and raw custom fields. " +
			"Lists page by page and limit (at most 250; 100 for events) while body._links.next is there. " +
			"Status 204 means that nothing was found: an empty list, or a missing lead, contact or company. Filters that Kommo does not know are ignored without a word. " +
			"Answers status, headers and body; a list is in body._embedded. Null and empty values are left out.",
	}, func(ctx context.Context, in apiGetIn) (crm.APIAnswer, error) {
		return send(ctx, p, crm.APICall{Method: "GET", Path: in.Path, Query: string(in.Query), Allow404: in.Allow404})
	})
}
