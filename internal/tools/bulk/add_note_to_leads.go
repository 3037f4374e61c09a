package bulk

import (
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type addNoteToLeadsIn struct {
	Text string `json:"text" jsonschema:"minLength=1" jsonschema_description:"What the note says, up to 15,000 characters."`

	Which

	ConfirmToken string `json:"confirm_token,omitempty" jsonschema_description:"confirm_token of the preview, or continue_token."`
}

// AddNoteToLeads is the tool add_note_to_leads.
func AddNoteToLeads(p crm.Provider) registry.Tool {
	return define(registry.Spec{
		Name: "add_note_to_leads", Title: "Add a note to many leads", Class: registry.Create,
		Description: "Adds the same text note to many leads; for one use add_note. Kommo cannot delete notes.",
	}, p, func(in addNoteToLeadsIn) crm.BulkLeads { return in.leads() }, func(in addNoteToLeadsIn) crm.BulkChange {
		return crm.BulkChange{Note: in.Text}
	})
}
