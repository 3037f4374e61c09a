package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateCustomFieldIn struct {
	Kind           string   `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Field          string   `json:"field" jsonschema:"minLength=1" jsonschema_description:"Custom field by name, code or id."`
	Name           string   `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the field."`
	Group          string   `json:"group,omitempty" jsonschema_description:"Group of fields by name or id, to move it to."`
	APIOnly        *bool    `json:"api_only,omitempty" jsonschema_description:"true: people in Kommo cannot change the value."`
	AddOptions     []string `json:"add_options,omitempty" jsonschema_description:"Labels to add behind the present ones."`
	RenameOptions  []string `json:"rename_options,omitempty" jsonschema:"example=Flat => Flat roof" jsonschema_description:"Each as Old label => New label."`
	RemoveOptions  []string `json:"remove_options,omitempty" jsonschema_description:"Labels to delete, with their values on all cards."`
	RequiredStages []string `json:"required_stages,omitempty" jsonschema:"example=Sales / Proposal sent" jsonschema_description:"All stages where a lead needs a value, each as Pipeline / Stage; empty: none."`
	HiddenStages   []string `json:"hidden_stages,omitempty" jsonschema_description:"All stages where the field is not shown, likewise."`
}

// UpdateCustomField is the tool update_custom_field.
func UpdateCustomField(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_custom_field", Title: "Change a custom field", Class: registry.Update, Toolset: toolset,
		Description: "Changes the definition of a custom field: its name, group, options, whether people may edit it, and in which stages a lead must have it or hides it. " +
			"It changes no values on cards: use update_lead or update_contact for those. Options are named by label; " +
			"those not named stay with their values, a renamed one keeps its values, and remove_options deletes an option from every card that has it. " +
			"Answers what changed, before and after. Needs the token of an administrator.",
	}, func(ctx context.Context, in updateCustomFieldIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateField(ctx, crm.FieldDefChange{
			Kind: in.Kind, Field: in.Field, Name: in.Name, Group: in.Group, APIOnly: in.APIOnly,
			AddOptions: in.AddOptions, RenameOptions: in.RenameOptions, RemoveOptions: in.RemoveOptions,
			Required: in.RequiredStages, Hidden: in.HiddenStages,
		})
	})
}
