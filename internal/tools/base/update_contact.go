package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateContactIn struct {
	ContactID   int64          `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID   int64          `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	Name        string         `json:"name,omitempty" jsonschema_description:"New name of the record."`
	Responsible string         `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
	AddPhone    string         `json:"add_phone,omitempty" jsonschema_description:"Phone to add, best with its country code."`
	AddEmail    string         `json:"add_email,omitempty" jsonschema_description:"E-mail address to add."`
	RemovePhone string         `json:"remove_phone,omitempty" jsonschema_description:"Phone to remove, in any spelling."`
	RemoveEmail string         `json:"remove_email,omitempty" jsonschema_description:"E-mail address to remove."`
	Fields      map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name: {\"Budget\": 12000}; null clears."`
	AddTags     []string       `json:"add_tags,omitempty" jsonschema_description:"Tag names to add."`
	RemoveTags  []string       `json:"remove_tags,omitempty" jsonschema_description:"Tag names to remove."`
}

// UpdateContact is the tool update_contact.
func UpdateContact(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_contact", Title: "Update a contact or company", Class: registry.Update, PeopleText: true,
		Description: "Changes one contact or company; what is left out stays. Use update_lead for a lead. " +
			"add_ and remove_ keep the other phones and e-mails, both together replace one. A field in fields loses its former value, but phones, e-mails and messengers are added to. " +
			"Give one of contact_id and company_id.",
	}, func(ctx context.Context, in updateContactIn) (crm.ChangedPerson, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedPerson{}, err
		}
		return s.UpdatePerson(ctx, crm.PersonChange{
			ContactID: in.ContactID, CompanyID: in.CompanyID, Name: in.Name, Responsible: in.Responsible,
			AddPhone: in.AddPhone, AddEmail: in.AddEmail, RemovePhone: in.RemovePhone, RemoveEmail: in.RemoveEmail,
			Fields: in.Fields, AddTags: in.AddTags, RemoveTags: in.RemoveTags,
		})
	})
}
