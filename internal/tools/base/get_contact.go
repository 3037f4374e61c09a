package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getContactIn struct {
	ContactID int64 `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Contact id, from search_contacts or a card link."`
	CompanyID int64 `json:"company_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Company id, from search_contacts or a card link."`
}

// GetContact briefs one contact or company.
func GetContact(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_contact", Title: "Brief a contact or company", Class: registry.Read, PeopleText: true,
		Description: "Briefs one contact or company: phones, emails, custom fields, tags, its company or people, its leads with stage and price (open ones first), open tasks and the last notes. " +
			"Give exactly one of contact_id and company_id; search_contacts finds them by phone, email or name. " +
			"Notes and tasks are those on this card: those on a lead are in get_lead. At most 10 leads and 8 notes come; left_out counts the rest.",
	}, func(ctx context.Context, in getContactIn) (crm.PersonBrief, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.PersonBrief{}, err
		}
		return s.BriefPerson(ctx, in.ContactID, in.CompanyID)
	})
}
