package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listMessageTemplatesIn struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListMessageTemplates is the tool list_message_templates.
func ListMessageTemplates(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_message_templates", Title: "List message templates", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Description: "Lists the message templates that this integration made for chats: name, text with its markers, buttons, and for WhatsApp where its review stands. " +
			"Kommo shows each integration its own templates only. Use it before update_message_template and delete_message_template. " +
			"Needs the token of an administrator.",
	}, func(ctx context.Context, in listMessageTemplatesIn) (crm.SetupList[crm.TemplateRow], error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupList[crm.TemplateRow]{}, err
		}
		return s.ListTemplates(ctx, crm.SetupPage{Limit: in.Limit, Cursor: in.Cursor})
	})
}
