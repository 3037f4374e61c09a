package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createCustomFieldIn struct {
	Kind           string   `json:"kind,omitempty" jsonschema:"enum=lead,enum=contact,enum=company,default=lead" jsonschema_description:"Kind of card: lead (default), contact or company."`
	Name           string   `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"Name of the field."`
	Type           string   `json:"type" jsonschema:"enum=text,enum=textarea,enum=numeric,enum=checkbox,enum=select,enum=multiselect,enum=radiobutton,enum=date,enum=date_time,enum=birthday,enum=url,enum=monetary,enum=streetaddress,enum=smart_address,enum=legal_entity,enum=multitext,enum=file" jsonschema_description:"text, textarea, numeric, checkbox, select, multiselect, radiobutton, date, date_time, birthday, url, monetary, streetaddress, smart_address, legal_entity, multitext or file."`
	Options        []string `json:"options,omitempty" jsonschema_description:"Labels to choose from, in order."`
	Group          string   `json:"group,omitempty" jsonschema_description:"Group of fields by name or id; the main one unless told."`
	Code           string   `json:"code,omitempty" jsonschema_description:"Code for programs, such as ROOF_TYPE; unique."`
	Currency       string   `json:"currency,omitempty" jsonschema:"example=USD" jsonschema_description:"Currency of a monetary field, such as USD."`
	APIOnly        *bool    `json:"api_only,omitempty" jsonschema_description:"true: people in Kommo cannot change the value."`
	RequiredStages []string `json:"required_stages,omitempty" jsonschema_description:"Stages that need a value, as Pipeline / Stage."`
	HiddenStages   []string `json:"hidden_stages,omitempty" jsonschema_description:"Stages that do not show it, likewise."`
	IdempotencyKey string   `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateCustomField is the tool create_custom_field.
func CreateCustomField(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_custom_field", Title: "Create a custom field", Class: registry.Create, Toolset: toolset,
		Description: "Creates a custom field on all leads, contacts or companies; update_lead and update_contact set its values. " +
			"A name that is taken is refused: change that one with update_custom_field. " +
			"select, multiselect and radiobutton need options, other types take none; currency is for monetary only; multitext is not for leads; stages are for leads only. " +
			"The type cannot be changed later. Needs the token of an administrator.",
	}, func(ctx context.Context, in createCustomFieldIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateField(ctx, crm.NewField{
			Kind: in.Kind, Name: in.Name, Type: in.Type, Options: in.Options, Group: in.Group, Code: in.Code, Currency: in.Currency,
			APIOnly: in.APIOnly, Required: in.RequiredStages, Hidden: in.HiddenStages, Key: in.IdempotencyKey,
		})
	})
}
