package catalogs

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateFieldIn struct {
	Catalog       string   `json:"catalog,omitempty" jsonschema:"example=Brands" jsonschema_description:"List name or id; the products list if left out."`
	Field         string   `json:"field" jsonschema:"minLength=1,example=Group" jsonschema_description:"Custom field by name, code or id."`
	Name          string   `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the field."`
	Required      *bool    `json:"required,omitempty" jsonschema_description:"Whether every element needs a value."`
	AddOptions    []string `json:"add_options,omitempty" jsonschema_description:"Labels to add; of a category with those above them: Panels / Mono."`
	RenameOptions []string `json:"rename_options,omitempty" jsonschema:"example=Panels / Mono => Monocrystalline" jsonschema_description:"Each as Old label => New label."`
	RemoveOptions []string `json:"remove_options,omitempty" jsonschema_description:"Labels to delete, with their values on all elements."`
}

// UpdateCatalogField changes a custom field of a list's elements.
func UpdateCatalogField(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_catalog_field", Title: "Change a field of a list", Class: registry.Update, Toolset: toolset,
		Description: "Changes a custom field of products, or of the elements of another list: its name, whether it is required, its options. " +
			"It changes no values: use update_catalog_element for those. " +
			"Options are named by label, those of a category like the products' Group also as Panels / Mono; what is not named stays, " +
			"a renamed one keeps its values, and remove_options takes one, with all below it, from every element. " +
			"Answers what changed, before and after. Needs the token of an administrator.",
	}, func(ctx context.Context, in updateFieldIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateField(ctx, crm.FieldDefChange{
			Kind: crm.KindElement, Catalog: in.Catalog, Field: in.Field, Name: in.Name, Needed: in.Required,
			AddOptions: in.AddOptions, RenameOptions: in.RenameOptions, RemoveOptions: in.RemoveOptions,
		})
	})
}
