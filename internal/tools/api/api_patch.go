package api

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type apiPatchIn struct {
	Path     string            `json:"path" jsonschema:"minLength=1,example=/leads/5" jsonschema_description:"Path under /api/v4, such as /leads/5; the prefix may be there."`
	Query    registry.JSONText `json:"query,omitempty" jsonschema:"example=limit=10&filter[id][]=7" jsonschema_description:"limit=10&filter[id][]=7, or the object {\"limit\":10,\"filter\":{\"id\":[7]}}."`
	Body     registry.JSONText `json:"body" jsonschema:"minLength=2,example={\"price\":500}" jsonschema_description:"JSON to send: an object for one record, a list with ids for a collection."`
	Allow404 bool              `json:"allow_404,omitempty" jsonschema_description:"true: a 404 is answered as a status, not as an error."`
}

// Patch is the tool api_patch.
func Patch(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "api_patch", Title: "Change through Kommo's API", Class: registry.Update, Toolset: "api", PeopleText: true,
		Description: "Sends a PATCH to any path of Kommo's REST API v4 of this account, to change what no other tool covers; paths and fields are listed at https://developers.kommo.com/reference. " +
			"Prefer a named tool: it compares first and answers before and after, so that a change can be undone. " +
			"What is left out stays; a custom field that is named loses all its former values; the stages 142 and 143 need pipeline_id too. " +
			"Sent once: after outcome_unknown look with api_get before anything is repeated. One bad item refuses the whole list. Answers status, headers and body.",
	}, func(ctx context.Context, in apiPatchIn) (crm.APIAnswer, error) {
		return send(ctx, p, crm.APICall{Method: "PATCH", Path: in.Path, Query: string(in.Query), Body: string(in.Body), Allow404: in.Allow404})
	})
}
