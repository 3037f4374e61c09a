package api

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type apiPutIn struct {
	Path     string            `json:"path" jsonschema:"minLength=1,example=/leads/5" jsonschema_description:"Path under /api/v4, such as /leads/5; the prefix may be there."`
	Query    registry.JSONText `json:"query,omitempty" jsonschema:"example=limit=10&filter[id][]=7" jsonschema_description:"limit=10&filter[id][]=7, or the object {\"limit\":10,\"filter\":{\"id\":[7]}}."`
	Body     registry.JSONText `json:"body" jsonschema:"minLength=2,example=[{\"file_uuid\":\"5a1c\"}]" jsonschema_description:"JSON to send, as the path documents it."`
	Allow404 bool              `json:"allow_404,omitempty" jsonschema_description:"true: a 404 is answered as a status, not as an error."`
}

// Put is the tool api_put.
func Put(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "api_put", Title: "Replace through Kommo's API", Class: registry.Update, Toolset: "api", PeopleText: true,
		Description: "Sends a PUT to any path of Kommo's REST API v4 of this account; of few paths, such as the files of a card, and documented at https://developers.kommo.com/reference. " +
			"Most changes are a PATCH: use api_patch for them, and a named tool where one fits. " +
			"What was there is replaced and the former value is not answered: read it with api_get before. " +
			"Sent once: after outcome_unknown look with api_get before anything is repeated. " +
			"202 means queued, 204 done without data. Answers status, headers and body.",
	}, func(ctx context.Context, in apiPutIn) (crm.APIAnswer, error) {
		return send(ctx, p, crm.APICall{Method: "PUT", Path: in.Path, Query: string(in.Query), Body: string(in.Body), Allow404: in.Allow404})
	})
}
