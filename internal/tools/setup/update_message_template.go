package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type updateMessageTemplateIn struct {
	Template string   `json:"template" jsonschema:"minLength=1" jsonschema_description:"Template by name or id, from list_message_templates."`
	Name     string   `json:"name,omitempty" jsonschema:"maxLength=250" jsonschema_description:"New name of the template."`
	Content  string   `json:"content,omitempty" jsonschema_description:"The new text, with markers such as {{contact.name}}."`
	Buttons  []string `json:"buttons,omitempty" jsonschema:"maxItems=10" jsonschema_description:"Each a text to answer with, or Text => https://example.com for a link; not both."`
}

// UpdateMessageTemplate is the tool update_message_template.
func UpdateMessageTemplate(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "update_message_template", Title: "Change a message template", Class: registry.Update, Toolset: toolset, PeopleText: true,
		Description: "Changes the name, the text or the buttons of a message template; what is left out stays, and buttons replace all former ones. " +
			"Messages sent before stay as they were. A WhatsApp template may have to pass its review again. " +
			"Use create_message_template for another version. Answers what changed, before and after; unchanged: true means nothing was sent. " +
			"Needs the token of an administrator.",
	}, func(ctx context.Context, in updateMessageTemplateIn) (crm.SetupChanged, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupChanged{}, err
		}
		return s.UpdateTemplate(ctx, in.Template, crm.TemplateTexts{Name: in.Name, Content: in.Content, Buttons: in.Buttons})
	})
}
