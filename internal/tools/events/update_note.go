package events

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateNoteIn struct {
	NoteID    int64  `json:"note_id" jsonschema:"minimum=1" jsonschema_description:"Note id, from search_notes."`
	LeadID    int64  `json:"lead_id,omitempty" jsonschema_description:"Lead id, from search_leads."`
	ContactID int64  `json:"contact_id,omitempty" jsonschema_description:"Contact id, from search_contacts."`
	CompanyID int64  `json:"company_id,omitempty" jsonschema_description:"Company id, from search_contacts."`
	Text      string `json:"text,omitempty" jsonschema_description:"What the note says, up to 15,000 characters."`
	Pinned    *bool  `json:"pinned,omitempty" jsonschema_description:"true pins it to the top of its card, false takes it off there."`
}

// UpdateNote rewords or pins a note.
func UpdateNote(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_note", Title: "Reword or pin a note", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Changes one note: rewords it, pins it to the top of its card, or takes it off there. " +
			"Use it to correct a mistake; use add_note for what is new, and ask before you reword what somebody else wrote. " +
			"text replaces the whole text, so read it with get_note first; calls, letters and files keep theirs and can be pinned. " +
			"Notes cannot be deleted. Answers before and after, to set it back. " +
			"Give note_id, exactly one of lead_id, contact_id, company_id (the card it is on), and text, pinned or both.",
	}, func(ctx context.Context, in updateNoteIn) (crm.ChangedNote, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.ChangedNote{}, err
		}
		return s.UpdateNote(ctx, crm.NoteChange{
			Target: crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID},
			NoteID: in.NoteID, Text: in.Text, Pinned: in.Pinned,
		})
	})
}
