package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type createMessageTemplateIn struct {
	Name             string   `json:"name" jsonschema:"minLength=1,maxLength=250" jsonschema_description:"Name of the new template."`
	Content          string   `json:"content" jsonschema:"minLength=1" jsonschema_description:"The text, with markers such as {{contact.name}}."`
	Buttons          []string `json:"buttons,omitempty" jsonschema:"maxItems=10" jsonschema_description:"Each a text to answer with, or Text => https://example.com for a link; not both."`
	ExternalID       string   `json:"external_id,omitempty" jsonschema_description:"Its id in the integration's own system."`
	WhatsappCategory string   `json:"whatsapp_category,omitempty" jsonschema:"enum=UTILITY,enum=AUTHENTICATION,enum=MARKETING" jsonschema_description:"UTILITY, AUTHENTICATION or MARKETING; makes it a WhatsApp template."`
	Language         string   `json:"language,omitempty" jsonschema:"example=en" jsonschema_description:"Language code of a WhatsApp template, such as en."`
	Header           string   `json:"header,omitempty" jsonschema:"maxLength=60" jsonschema_description:"Line above the text, WhatsApp only."`
	Footer           string   `json:"footer,omitempty" jsonschema:"maxLength=60" jsonschema_description:"Line below the text, WhatsApp only."`
	IdempotencyKey   string   `json:"idempotency_key,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Same key: done once."`
}

// CreateMessageTemplate is the tool create_message_template.
func CreateMessageTemplate(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "create_message_template", Title: "Create a message template", Class: registry.Create, Toolset: toolset,
		Description: "Creates a message template that people can pick in chats; nothing is sent. " +
			"Markers such as {{contact.name}} are filled in when it is used. " +
			"With whatsapp_category it is a WhatsApp template, which must pass WhatsApp's review before use; " +
			"language, header and footer belong to those only. A name that is taken is refused: use update_message_template. " +
			"Needs the token of an administrator.",
	}, func(ctx context.Context, in createMessageTemplateIn) (crm.SetupMade, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupMade{}, err
		}
		return s.CreateTemplate(ctx, crm.TemplateTexts{
			Name: in.Name, Content: in.Content, Buttons: in.Buttons, ExternalID: in.ExternalID, Category: in.WhatsappCategory,
			Language: in.Language, Header: in.Header, Footer: in.Footer, Key: in.IdempotencyKey,
		})
	})
}
