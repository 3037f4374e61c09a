package files

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type attachFileIn struct {
	FileUUID       string `json:"file_uuid" jsonschema:"minLength=1" jsonschema_description:"File uuid, from list_files or upload_file."`
	LeadID         int64  `json:"lead_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Lead id, from search_leads or a card link."`
	ContactID      int64  `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Contact id, from search_contacts or a card link."`
	CompanyID      int64  `json:"company_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Company id, from search_contacts or a card link."`
	AsNote         bool   `json:"as_note,omitempty" jsonschema_description:"Also show the file in the card's timeline, as a note that cannot be deleted."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// AttachFile is the tool attach_file.
func AttachFile(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "attach_file", Title: "Attach a file to a card", Class: registry.Create, Toolset: toolset,
		Description: "Attaches a file that is in the account's Drive already to one lead, contact or company. " +
			"Find the file with list_files; use upload_file for new content, which attaches in the same call. " +
			"One file may be on many cards. A file that is on the card already stays there once: unchanged: true says so. " +
			"With as_note the timeline shows it too, each time the call is made. Give exactly one of lead_id, contact_id and company_id.",
	}, func(ctx context.Context, in attachFileIn) (crm.StoredFile, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.StoredFile{}, err
		}
		return s.AttachFile(ctx, crm.FileOnCard{
			Target:   crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID},
			FileUUID: in.FileUUID, AsNote: in.AsNote, Key: in.IdempotencyKey,
		})
	})
}
