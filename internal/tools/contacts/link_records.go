package contacts

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type linkRecordsIn struct {
	LeadID    int64 `json:"lead_id,omitempty" jsonschema_description:"From search_leads."`
	ContactID int64 `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID int64 `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	Main      bool  `json:"main,omitempty" jsonschema:"default=false" jsonschema_description:"true makes the contact the lead's main one."`
}

// LinkRecords is the tool link_records.
func LinkRecords(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "link_records", Title: "Link two records", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Links two records: a contact to a lead, a company to a lead, or a contact to its company; with main it makes the contact the main one of the lead. " +
			"A lead or contact has one company: another one takes its place, and before says which it was. " +
			"Use unlink_records for the reverse, create_lead_with_contact for a new lead with its people. " +
			"Give exactly two of lead_id, contact_id, company_id; main goes with lead_id and contact_id.",
	}, func(ctx context.Context, in linkRecordsIn) (crm.ChangedLink, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedLink{}, err
		}
		return s.Link(ctx, crm.LinkChange(in))
	})
}
