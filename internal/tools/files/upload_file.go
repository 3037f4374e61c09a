package files

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type uploadFileIn struct {
	Name           string `json:"name" jsonschema:"minLength=1,maxLength=200,example=quote.pdf" jsonschema_description:"File name with its ending, such as quote.pdf."`
	ContentBase64  string `json:"content_base64,omitempty" jsonschema:"example=SGVsbG8=" jsonschema_description:"The bytes as base64, for any kind of file."`
	Text           string `json:"text,omitempty" jsonschema_description:"The content of a plain text file, in place of content_base64."`
	ContentType    string `json:"content_type,omitempty" jsonschema:"example=application/pdf" jsonschema_description:"MIME type; by default from the name's ending."`
	LeadID         int64  `json:"lead_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Lead id, from search_leads or a card link."`
	ContactID      int64  `json:"contact_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Contact id, from search_contacts or a card link."`
	CompanyID      int64  `json:"company_id,omitempty" jsonschema:"minimum=1" jsonschema_description:"Company id, from search_contacts or a card link."`
	AsNote         bool   `json:"as_note,omitempty" jsonschema_description:"Also show the file in the card's timeline, as a note that cannot be deleted."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// UploadFile is the tool upload_file.
func UploadFile(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "upload_file", Title: "Upload a file", Class: registry.Create, Toolset: toolset,
		Description: "Uploads a file of up to 2.9 MB to the account's Drive and, where a card is named, attaches it to that lead, contact or company. " +
			"Use it for new content; use attach_file for a file that is in the Drive already. " +
			"Give either content_base64 or text, and at most one of lead_id, contact_id and company_id; as_note needs a card. " +
			"Everyone who may see the card can open the file. If attaching fails after the upload, a warning says so and the file stays. A lost answer is looked up.",
	}, func(ctx context.Context, in uploadFileIn) (crm.StoredFile, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.StoredFile{}, err
		}
		return s.UploadFile(ctx, crm.NewFile{
			Target: crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID},
			Name:   in.Name, Text: in.Text, Base64: in.ContentBase64, ContentType: in.ContentType, AsNote: in.AsNote, Key: in.IdempotencyKey,
		})
	})
}
