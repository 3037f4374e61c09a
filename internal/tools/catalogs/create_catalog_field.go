package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createFieldIn struct {
	Catalog        string   `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
	Name           string   `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"Name of the field."`
	Type           string   `json:"type" jsonschema:"enum=text,enum=textarea,enum=numeric,enum=price,enum=checkbox,enum=select,enum=multiselect,enum=radiobutton,enum=category,enum=date,enum=date_time,enum=url,enum=streetaddress,enum=file,enum=linked_entity" jsonschema_description:"text, textarea, numeric, price, checkbox, select, multiselect, radiobutton, category, date, date_time, url, streetaddress, file or linked_entity."`
	Options        []string `json:"options,omitempty" jsonschema_description:"Labels to choose from, in order; of a category with those above them: Panels / Mono."`
	SearchIn       string   `json:"search_in,omitempty" jsonschema:"example=companies" jsonschema_description:"What a linked_entity names: contacts, companies, contacts_and_companies, or a list by name or id."`
	Code           string   `json:"code,omitempty" jsonschema_description:"Code for programs, such as COLOR; unique."`
	Required       *bool    `json:"required,omitempty" jsonschema_description:"true: no element without a value."`
	IdempotencyKey string   `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateCatalogField makes a custom field of a list's elements.
func CreateCatalogField(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_catalog_field", Title: "Create a field of a list", Class: registry.Create, Toolset: toolset,
		Description: "Creates a custom field on all products, or on all elements of another list; update_catalog_element sets its values. " +
			"For fields of leads, contacts and companies use create_custom_field of the toolset setup. " +
			"A name that is taken is refused: change that one with update_catalog_field. " +
			"select, multiselect and radiobutton need options; a category takes a tree of them; search_in is for linked_entity only. " +
			"The type cannot be changed later. Needs the token of an administrator.",
	}, func(ctx context.Context, in createFieldIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateField(ctx, crm.NewField{
			Kind: crm.KindElement, Catalog: in.Catalog, Name: in.Name, Type: in.Type, Options: in.Options, SearchIn: in.SearchIn,
			Code: in.Code, Needed: in.Required, Key: in.IdempotencyKey,
		})
	})
}
