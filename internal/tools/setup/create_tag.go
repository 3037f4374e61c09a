package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createTagIn struct {
	Kind           string   `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Tags           []string `json:"tags" jsonschema:"minItems=1,maxItems=50" jsonschema_description:"Names of the tags to make."`
	Color          string   `json:"color,omitempty" jsonschema_description:"A word such as yellow, red, blue or green, or one of EBEBEB D0D0D0 F2DDF7 D1A4DC FF8F92 FFC8C8 C7DB8C DDEBB5 8699DA AABDFF FFCE5A FFE193 90CDB0 C6F4DE A9A5D7 D8D5FF 86C0FC 832161 6A0F49 0C7C59 10599D 9D2B32 247BA0."`
	IdempotencyKey string   `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateTag is the tool create_tag.
func CreateTag(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_tag", Title: "Create tags", Class: registry.Create, Toolset: toolset,
		Description: "Creates tags in the dictionary of leads, contacts or companies without putting them on a card; " +
			"each kind of card has a dictionary of its own. Names that exist already come back under found and stay as they are. " +
			"To tag a card use update_lead or update_contact, which make unknown tags by themselves. Only tags of leads have a colour. " +
			"Kommo cannot delete tags.",
	}, func(ctx context.Context, in createTagIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateTags(ctx, crm.NewTags{Kind: in.Kind, Tags: in.Tags, Color: in.Color, Key: in.IdempotencyKey})
	})
}
