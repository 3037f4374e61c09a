package contacts

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createCompanyIn struct {
	Name           string         `json:"name" jsonschema_description:"Name of the organisation."`
	Phone          string         `json:"phone,omitempty" jsonschema:"example=+1 202 555 0101" jsonschema_description:"Phone, best with its country code."`
	Email          string         `json:"email,omitempty" jsonschema:"example=office@example.com" jsonschema_description:"E-mail of the organisation."`
	Responsible    string         `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
	Fields         map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name: {\"Budget\": 12000}; null clears."`
	Tags           []string       `json:"tags,omitempty" jsonschema_description:"Tag names; new ones are made."`
	AllowDuplicate bool           `json:"allow_duplicate,omitempty" jsonschema:"default=false" jsonschema_description:"true creates one even if the like exists."`
	IdempotencyKey string         `json:"idempotency_key,omitempty" jsonschema_description:"Same key: done once."`
}

// CreateCompany is the tool create_company.
func CreateCompany(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_company", Title: "Create a company", Class: registry.Create, Toolset: toolset, PeopleText: true,
		Description: "Creates an organisation with phone, e-mail and custom fields such as web or address. " +
			"One with exactly that name, that phone or that e-mail is answered under found and not changed; several of them are a question to the user. " +
			"Use link_records to put its people and leads into it, create_contact with company_name for a person and the company at once, update_contact to change a company. " +
			"Companies cannot be deleted here.",
	}, func(ctx context.Context, in createCompanyIn) (crm.Made, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Made{}, err
		}
		return s.CreatePerson(ctx, crm.NewPerson{
			Kind: crm.KindCompany, Name: in.Name, Phone: in.Phone, Email: in.Email, Responsible: in.Responsible,
			Fields: in.Fields, Tags: in.Tags, AllowDuplicate: in.AllowDuplicate, Key: in.IdempotencyKey,
		})
	})
}
