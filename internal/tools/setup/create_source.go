package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createSourceIn struct {
	Name           string `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"Name of the new source."`
	ExternalID     string `json:"external_id" jsonschema:"minLength=1,maxLength=36,example=shop-1" jsonschema_description:"Its id in the integration's own system, at most 36 characters."`
	Pipeline       string `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	IsDefault      *bool  `json:"is_default,omitempty" jsonschema_description:"true: messages without a source land here."`
	OriginCode     string `json:"origin_code,omitempty" jsonschema:"maxLength=20" jsonschema_description:"Code of the chat channel it belongs to."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateSource is the tool create_source.
func CreateSource(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_source", Title: "Create a source", Class: registry.Create, Toolset: toolset,
		Description: "Creates a source of leads of this integration, such as one shop or one phone line, whose leads and messages go to a pipeline. " +
			"The external_id is what the integration's own messages name; it is unique and can never be changed. " +
			"A name or external_id that is taken is refused: use update_source for that one. At most 100 sources. " +
			"Kommo wants an integration with lead sources switched on. Needs the token of an administrator.",
	}, func(ctx context.Context, in createSourceIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateSource(ctx, crm.NewSource{
			Name: in.Name, ExternalID: in.ExternalID, Pipeline: in.Pipeline, IsDefault: in.IsDefault, OriginCode: in.OriginCode, Key: in.IdempotencyKey,
		})
	})
}
