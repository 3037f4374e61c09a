package files

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type detachFileIn struct {
	FileUUID  string `json:"file_uuid" jsonschema:"minLength=1" jsonschema_description:"File uuid, from list_files or upload_file."`
	LeadID    int64  `json:"lead_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Lead id, from search_leads or a card link."`
	ContactID int64  `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Contact id, from search_contacts or a card link."`
	CompanyID int64  `json:"company_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Company id, from search_contacts or a card link."`
}

// DetachFile is the tool detach_file.
func DetachFile(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "detach_file", Title: "Take a file off a card", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Takes a file off one lead, contact or company. The file stays in the account's Drive and on its other cards, " +
			"and attach_file puts it back; use delete_file to remove it from everywhere. " +
			"A note in the timeline that shows the file stays too. before names the card; " +
			"unchanged: true means that the file was not there and nothing was sent. Give exactly one of lead_id, contact_id and company_id.",
	}, func(ctx context.Context, in detachFileIn) (crm.ChangedFile, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedFile{}, err
		}
		return s.DetachFile(ctx, crm.FileOnCard{
			Target:   crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID},
			FileUUID: in.FileUUID,
		})
	})
}
