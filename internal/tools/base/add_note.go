package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type addNoteIn struct {
	Text           string `json:"text" jsonschema_description:"What the note says, up to 15,000 characters."`
	LeadID         int64  `json:"lead_id,omitempty" jsonschema_description:"Lead id, from search_leads or a card link."`
	ContactID      int64  `json:"contact_id,omitempty" jsonschema_description:"Contact id, from search_contacts or a card link."`
	CompanyID      int64  `json:"company_id,omitempty" jsonschema_description:"Company id, from search_contacts or a card link."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema_description:"Same key, same call: done once, in this server process."`
}

// AddNote is the tool add_note.
func AddNote(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "add_note", Title: "Add a note", Class: registry.Create,
		Description: "Adds a text note to one lead, contact or company: what was said or decided. " +
			"Use create_task for something to do by a date and post_call_summary for a phone call. " +
			"Everyone who sees the card reads it, and Kommo cannot delete notes. Give exactly one of lead_id, contact_id and company_id.",
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
