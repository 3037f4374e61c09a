package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type addNoteIn struct {
	Text           string `json:"text" jsonschema_description:"What the note says, up to 15,000 characters."`
	LeadID         int64  `json:"lead_id,omitempty" jsonschema_description:"From search_leads."`
	ContactID      int64  `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID      int64  `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema_description:"Same key: done once."`
}

// AddNote is the tool add_note.
func AddNote(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "add_note", Title: "Add a note", Class: registry.Create,
		Description: "Adds a text note to one lead, contact or company: what was said or decided. " +
			"Use create_task for something to do, post_call_summary for a phone call. " +
			"Kommo cannot delete notes. Give one of lead_id, contact_id, company_id.",
	}, func(ctx context.Context, in addNoteIn) (crm.Made, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.Made{}, err
		}
		return s.AddNote(ctx, crm.NewNote{
			Target: crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID},
			Text:   in.Text, Key: in.IdempotencyKey,
		})
	})
}
