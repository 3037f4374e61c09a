package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateTagIn struct {
	Tag   string `json:"tag" jsonschema:"minLength=1" jsonschema_description:"Tag of leads, by name or id."`
	Name  string `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the tag."`
	Color string `json:"color,omitempty" jsonschema_description:"A word such as yellow, red, blue or green, or one of EBEBEB D0D0D0 F2DDF7 D1A4DC FF8F92 FFC8C8 C7DB8C DDEBB5 8699DA AABDFF FFCE5A FFE193 90CDB0 C6F4DE A9A5D7 D8D5FF 86C0FC 832161 6A0F49 0C7C59 10599D 9D2B32 247BA0."`
}

// UpdateTag is the tool update_tag.
func UpdateTag(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_tag", Title: "Rename or colour a tag", Class: registry.Update, Toolset: toolset,
		Description: "Renames a tag of leads or changes its colour, on every lead that has it. Tags of contacts and companies cannot be changed in Kommo. " +
			"To put a tag on a lead or take it off use update_lead; create_tag makes new ones. A name that another tag has is refused. " +
			"Answers what changed, before and after; unchanged: true means nothing was sent.",
	}, func(ctx context.Context, in updateTagIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateTag(ctx, in.Tag, in.Name, in.Color)
	})
}
