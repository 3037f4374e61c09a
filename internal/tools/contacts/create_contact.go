package contacts

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createContactIn struct {
	Name           string         `json:"name,omitempty" jsonschema_description:"Full name of the person."`
	Phone          string         `json:"phone,omitempty" jsonschema:"example=+1 202 555 0101" jsonschema_description:"Phone, best with its country code."`
	Email          string         `json:"email,omitempty" jsonschema:"example=anna@example.com" jsonschema_description:"E-mail of the person."`
	CompanyID      int64          `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyName    string         `json:"company_name,omitempty" jsonschema_description:"Company name; one of exactly that name is reused."`
	Responsible    string         `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
	Fields         map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name: {\"Budget\": 12000}; null clears."`
	Tags           []string       `json:"tags,omitempty" jsonschema_description:"Tag names; new ones are made."`
	AllowDuplicate bool           `json:"allow_duplicate,omitempty" jsonschema:"default=false" jsonschema_description:"true creates one even if the like exists."`
	IdempotencyKey string         `json:"idempotency_key,omitempty" jsonschema_description:"Same key: done once."`
}

// CreateContact is the tool create_contact.
func CreateContact(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_contact", Title: "Create a contact", Class: registry.Create, Toolset: toolset, PeopleText: true,
		Description: "Creates a person without a lead, with phone, e-mail and company. " +
			"One who has the phone or e-mail already is answered under found and not changed; several of them are a question to the user. " +
			"Use create_lead_with_contact when there is a deal too, update_contact to change a person, create_company for an organisation. " +
			"Give at least one of name, phone, email; company_id excludes company_name. Contacts cannot be deleted here.",
	}, func(ctx context.Context, in createContactIn) (crm.Made, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Made{}, err
		}
		return s.CreatePerson(ctx, crm.NewPerson{
			Kind: crm.KindContact, Name: in.Name, Phone: in.Phone, Email: in.Email, CompanyID: in.CompanyID, CompanyName: in.CompanyName,
			Responsible: in.Responsible, Fields: in.Fields, Tags: in.Tags, AllowDuplicate: in.AllowDuplicate, Key: in.IdempotencyKey,
		})
	})
}
