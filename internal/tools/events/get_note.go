package events

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type getNoteIn struct {
	NoteID    int64 `json:"note_id" jsonschema:"minimum=1" jsonschema_description:"Note id, from search_notes."`
	LeadID    int64 `json:"lead_id,omitempty" jsonschema_description:"Lead id, from search_leads."`
	ContactID int64 `json:"contact_id,omitempty" jsonschema_description:"Contact id, from search_contacts."`
	CompanyID int64 `json:"company_id,omitempty" jsonschema_description:"Company id, from search_contacts."`
}

// GetNote shows one note with its whole text.
func GetNote(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "get_note", Title: "Read a note in full", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Description: "Gets one note, call or letter of a card with its whole text, up to 30,000 characters: who wrote it and when, who edited it, whether it is pinned. " +
			"Use it where search_notes or get_lead shows a text cut short, such as a transcript, and before update_note rewords it; search_notes finds notes and their ids. " +
			"Of letters Kommo gives the beginning only, and of files the name. " +
			"Give note_id and exactly one of lead_id, contact_id, company_id: the card that the note is on.",
	}, func(ctx context.Context, in getNoteIn) (crm.NoteView, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.NoteView{}, err
		}
		return s.GetNote(ctx, crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID}, in.NoteID)
	})
}
