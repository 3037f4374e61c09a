package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getContactIn struct {
	ContactID int64 `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID int64 `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
}

// GetContact briefs one contact or company.
func GetContact(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_contact", Title: "Brief a contact or company", Class: registry.Read, PeopleText: true,
		Description: "Briefs one contact or company: phones, emails, custom fields, tags, company or people, leads with stage and price, open tasks, last notes. " +
			"Give one of contact_id and company_id. " +
			"Notes and tasks of a lead are in get_lead. left_out counts what is not shown.",
	}, func(ctx context.Context, in getContactIn) (crm.PersonBrief, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.PersonBrief{}, err
		}
		return s.BriefPerson(ctx, in.ContactID, in.CompanyID)
	})
}
