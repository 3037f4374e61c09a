package api

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type apiPostIn struct {
	Path     string            `json:"path" jsonschema:"minLength=1,example=/leads/5" jsonschema_description:"Path under /api/v4, such as /leads/5; the prefix may be there."`
	Query    registry.JSONText `json:"query,omitempty" jsonschema:"example=limit=10&filter[id][]=7" jsonschema_description:"limit=10&filter[id][]=7, or the object {\"limit\":10,\"filter\":{\"id\":[7]}}."`
	Body     registry.JSONText `json:"body,omitempty" jsonschema:"example=[{\"name\":\"Roof job\"}]" jsonschema_description:"JSON to send; a collection takes a list, even of one."`
	Allow404 bool              `json:"allow_404,omitempty" jsonschema_description:"true: a 404 is answered as a status, not as an error."`
}

// Post is the tool api_post.
func Post(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "api_post", Title: "Create through Kommo's API", Class: registry.Create, Toolset: "api", PeopleText: true, Destructive: true, OpenWorld: true,
		Description: "Sends a POST to any path of Kommo's REST API v4 of this account, to create or start what no other tool covers; paths and fields are listed at https://developers.kommo.com/reference. " +
			"Prefer a named tool: it looks for duplicates and lost answers. " +
			"Some paths do more than create: unlink takes links away, bots and talks write to the customer. " +
			"Sent once: after outcome_unknown look with api_get before anything is repeated. One bad item refuses the whole list. " +
			"202 means queued, 204 done without data. Answers status, headers and body.",
	}, func(ctx context.Context, in apiPostIn) (crm.APIAnswer, error) {
		return send(ctx, p, crm.APICall{Method: "POST", Path: in.Path, Query: string(in.Query), Body: string(in.Body), Allow404: in.Allow404})
	})
}
