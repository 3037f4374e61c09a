package api

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type apiDeleteIn struct {
	Path     string            `json:"path" jsonschema:"minLength=1,example=/leads/5" jsonschema_description:"Path under /api/v4, such as /leads/5; the prefix may be there."`
	Query    registry.JSONText `json:"query,omitempty" jsonschema:"example=limit=10&filter[id][]=7" jsonschema_description:"limit=10&filter[id][]=7, or the object {\"limit\":10,\"filter\":{\"id\":[7]}}."`
	Body     registry.JSONText `json:"body,omitempty" jsonschema:"example=[{\"id\":7}]" jsonschema_description:"JSON to send, where the path wants one (webhooks, sources, files)."`
	Allow404 bool              `json:"allow_404,omitempty" jsonschema_description:"true: a 404 is answered as a status, not as an error."`
}

// Delete is the tool api_delete.
func Delete(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "api_delete", Title: "Delete through Kommo's API", Class: registry.Delete, Toolset: "api", PeopleText: true,
		Description: "Sends a DELETE to any path of Kommo's REST API v4 of this account, to delete what no other tool covers; paths are listed at https://developers.kommo.com/reference. " +
			"It cannot be undone: read what is there with api_get and ask the user first. " +
			"Kommo's API deletes no leads, contacts, companies, tasks, notes or tags. Deleting a custom field deletes its values, a stage moves its leads to the first one. " +
			"Sent once. 204 means deleted; with allow_404 a record that was gone already is no error. Answers status and headers.",
	}, func(ctx context.Context, in apiDeleteIn) (crm.APIAnswer, error) {
		return send(ctx, p, crm.APICall{Method: "DELETE", Path: in.Path, Query: string(in.Query), Body: string(in.Body), Allow404: in.Allow404})
	})
}
