package contacts

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type unlinkRecordsIn struct {
	LeadID    int64 `json:"lead_id,omitempty" jsonschema_description:"From search_leads."`
	ContactID int64 `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID int64 `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
}

// UnlinkRecords is the tool unlink_records.
func UnlinkRecords(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "unlink_records", Title: "Unlink two records", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Takes away the link between two records: a contact from a lead, a company from a lead, or a contact from its company. " +
			"The records themselves stay, and link_records joins them again. " +
			"When the main contact of a lead is taken away, before says so; Kommo may then choose another one. " +
			"Use link_records alone to replace a company. Give exactly two of lead_id, contact_id, company_id.",
	}, func(ctx context.Context, in unlinkRecordsIn) (crm.ChangedLink, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedLink{}, err
		}
		return s.Unlink(ctx, crm.LinkChange{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID})
	})
}
