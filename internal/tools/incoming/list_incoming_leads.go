package incoming

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listIn struct {
	Category []string `json:"category,omitempty" jsonschema:"enum=form,enum=call,enum=mail,enum=chat" jsonschema_description:"How they came: form, call, mail or chat; all if left out."`
	Pipeline string   `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	Contacts bool     `json:"with_contacts,omitempty" jsonschema:"default=false" jsonschema_description:"true adds name, phones and e-mails of the person; 20 rows at most then."`
	Limit    int      `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor   string   `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListIncomingLeads lists the leads that wait to be accepted.
func ListIncomingLeads(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_incoming_leads", Title: "List incoming leads", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Narrow: "category or pipeline",
		Description: "Lists incoming leads, which forms, calls, mails and chats brought and nobody has accepted yet, the newest first: " +
			"who wrote or called, about what, from which source, and the uid that accept_incoming_lead, decline_incoming_lead and link_incoming_lead take. " +
			"Use it to work through the inbox, with_contacts (a request a row) where the person matters; get_lead shows one in full. " +
			"Accepted leads are ordinary ones: find them with search_leads. Kommo offers no other order and no search here; get_incoming_summary counts.",
	}, func(ctx context.Context, in listIn) (crm.IncomingList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.IncomingList{}, err
		}
		return s.ListIncoming(ctx, crm.IncomingQuery(in))
	})
}
