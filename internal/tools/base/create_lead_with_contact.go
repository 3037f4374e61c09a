package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createLeadWithContactIn struct {
	Name           string         `json:"name" jsonschema_description:"Name of the lead."`
	Price          *float64       `json:"price,omitempty" jsonschema:"minimum=0" jsonschema_description:"In the account's currency."`
	Pipeline       string         `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	Stage          string         `json:"stage,omitempty" jsonschema_description:"Stage name or id, won, lost."`
	Responsible    string         `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
	ContactID      int64          `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	ContactName    string         `json:"contact_name,omitempty" jsonschema_description:"Full name of the person."`
	ContactPhone   string         `json:"contact_phone,omitempty" jsonschema_description:"Phone, best with its country code."`
	ContactEmail   string         `json:"contact_email,omitempty" jsonschema_description:"E-mail of the person."`
	CompanyID      int64          `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyName    string         `json:"company_name,omitempty" jsonschema_description:"Reused if one has exactly this name."`
	Fields         map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name: {\"Budget\": 12000}; null clears."`
	ContactFields  map[string]any `json:"contact_fields,omitempty" jsonschema_description:"Custom fields of a new contact, like fields."`
	Tags           []string       `json:"tags,omitempty" jsonschema_description:"Tag names; new ones are made."`
	Note           string         `json:"note,omitempty" jsonschema_description:"First note on the lead."`
	IdempotencyKey string         `json:"idempotency_key,omitempty" jsonschema_description:"Same key: done once."`
}

// CreateLeadWithContact is the tool create_lead_with_contact.
func CreateLeadWithContact(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_lead_with_contact", Title: "Create a lead with its contact", Class: registry.Create,
		Description: "Creates a lead with its contact and company. Existing ones are found by phone, e-mail or exact company name, reused and never changed. " +
			"Use post_call_summary for a call, update_lead for a lead there is. Phone and e-mail of two different people: nothing is written. " +
			"contact_id excludes other contact arguments, company_id company_name.",
	}, func(ctx context.Context, in createLeadWithContactIn) (crm.MadeLead, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.MadeLead{}, err
		}
		return s.CreateLead(ctx, crm.NewLead{
			Name: in.Name, Price: in.Price, Pipeline: in.Pipeline, Stage: in.Stage, Responsible: in.Responsible,
			ContactID: in.ContactID, ContactName: in.ContactName, ContactPhone: in.ContactPhone, ContactEmail: in.ContactEmail,
			CompanyID: in.CompanyID, CompanyName: in.CompanyName, Fields: in.Fields, ContactFields: in.ContactFields,
			Tags: in.Tags, Note: in.Note, Key: in.IdempotencyKey,
		})
	})
}
