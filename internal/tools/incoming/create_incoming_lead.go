package incoming

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createIn struct {
	Category        string         `json:"category" jsonschema:"enum=form,enum=call" jsonschema_description:"How it came: form or call. Kommo takes no other here."`
	Name            string         `json:"name" jsonschema:"minLength=1,example=Roof quote" jsonschema_description:"Name of the lead."`
	Price           *float64       `json:"price,omitempty" jsonschema:"minimum=0" jsonschema_description:"In the account's currency."`
	Pipeline        string         `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	ContactName     string         `json:"contact_name,omitempty" jsonschema_description:"Full name of the person."`
	ContactPhone    string         `json:"contact_phone,omitempty" jsonschema_description:"Phone, best with its country code; a call needs it."`
	ContactEmail    string         `json:"contact_email,omitempty" jsonschema_description:"E-mail of the person."`
	CompanyName     string         `json:"company_name,omitempty" jsonschema_description:"Company name; it is made new."`
	Fields          map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name: {\"Budget\": 12000}; null clears."`
	Tags            []string       `json:"tags,omitempty" jsonschema_description:"Tag names; new ones are made."`
	Source          string         `json:"source,omitempty" jsonschema:"example=Landing page" jsonschema_description:"Where it came from, as Kommo shows it."`
	FormName        string         `json:"form_name,omitempty" jsonschema_description:"Of a form: what it is called."`
	FormPage        string         `json:"form_page,omitempty" jsonschema:"example=https://example.com/quote" jsonschema_description:"Of a form: the address of its page."`
	Received        string         `json:"received,omitempty" jsonschema:"example=2026-12-01T15:00" jsonschema_description:"When it came, account time; now if left out."`
	DurationSeconds int64          `json:"duration_seconds,omitempty" jsonschema:"minimum=0" jsonschema_description:"Length in seconds; 0 is a missed call."`
	RecordingURL    string         `json:"recording_url,omitempty" jsonschema_description:"Recording link."`
	IdempotencyKey  string         `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateIncomingLead makes an incoming lead of a form or a call.
func CreateIncomingLead(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_incoming_lead", Title: "Create an incoming lead", Class: registry.Create, Toolset: toolset,
		Description: "Creates an incoming lead with a new contact and company, which then waits until a person accepts or declines it. " +
			"Use it for requests that somebody should look at first; use create_lead_with_contact for a lead to work on at once, " +
			"and post_call_summary to log a call. Kommo looks for no duplicates here. " +
			"form_name and form_page go with form, duration_seconds and recording_url with call.",
	}, func(ctx context.Context, in createIn) (crm.MadeIncoming, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.MadeIncoming{}, err
		}
		return s.CreateIncoming(ctx, crm.NewIncoming{
			Category: in.Category, Name: in.Name, Price: in.Price, Pipeline: in.Pipeline,
			ContactName: in.ContactName, ContactPhone: in.ContactPhone, ContactEmail: in.ContactEmail, CompanyName: in.CompanyName,
			Fields: in.Fields, Tags: in.Tags, Source: in.Source, FormName: in.FormName, FormPage: in.FormPage, Received: in.Received,
			DurationSeconds: in.DurationSeconds, RecordingURL: in.RecordingURL, Key: in.IdempotencyKey,
		})
	})
}
