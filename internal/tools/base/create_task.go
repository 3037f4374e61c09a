package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createTaskIn struct {
	Text           string `json:"text" jsonschema_description:"What is to be done, in a sentence."`
	Due            string `json:"due" jsonschema:"example=2026-12-01T15:00" jsonschema_description:"2026-12-01 (end of day), 2026-12-01T15:00 or tomorrow 15:00, account time."`
	LeadID         int64  `json:"lead_id,omitempty" jsonschema_description:"From search_leads."`
	ContactID      int64  `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID      int64  `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	Responsible    string `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
	Type           string `json:"type,omitempty" jsonschema_description:"Task type name or id; else Kommo's first."`
	IdempotencyKey string `json:"idempotency_key,omitempty" jsonschema_description:"Same key: done once."`
}

// CreateTask is the tool create_task.
func CreateTask(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_task", Title: "Create a task", Class: registry.Create,
		Description: "Creates a task with a deadline on one lead, contact or company. Use add_note for what was said, update_task for an existing task. " +
			"Without responsible it goes to the user of the token. Give one of lead_id, contact_id, company_id.",
	}, func(ctx context.Context, in createTaskIn) (crm.MadeTask, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.MadeTask{}, err
		}
		return s.CreateTask(ctx, crm.NewTask{
			Target: crm.Target{LeadID: in.LeadID, ContactID: in.ContactID, CompanyID: in.CompanyID},
			Text:   in.Text, Due: in.Due, Responsible: in.Responsible, Type: in.Type, Key: in.IdempotencyKey,
		})
	})
}
