package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type searchContactsIn struct {
	Query       string         `json:"query,omitempty" jsonschema:"example=Grace" jsonschema_description:"Any text, 3+ characters"`
	Phone       string         `json:"phone,omitempty" jsonschema:"example=+1 202 555 0101" jsonschema_description:"In any spelling, country code or not"`
	Email       string         `json:"email,omitempty" jsonschema:"example=anna@example.com" jsonschema_description:"Whole address, any case"`
	Kind        string         `json:"kind,omitempty" jsonschema:"enum=contact,enum=company,default=contact" jsonschema_description:"contact (people) or company"`
	Responsible []string       `json:"responsible,omitempty" jsonschema:"example=me" jsonschema_description:"User names, ids, me"`
	Tags        []string       `json:"tags,omitempty" jsonschema:"example=VIP" jsonschema_description:"Names, all carried"`
	Created     string         `json:"created,omitempty" jsonschema:"example=last_30_days" jsonschema_description:"2026-11-01..2026-11-15, one end open, a date or last_30_days"`
	Updated     string         `json:"updated,omitempty" jsonschema:"example=this_week" jsonschema_description:"Range, as in created"`
	Fields      map[string]any `json:"fields,omitempty" jsonschema_description:"By name: {\"Size\":\"10..20\"}; null: empty"`
	Sort        string         `json:"sort,omitempty" jsonschema:"enum=updated_desc,enum=updated_asc,enum=created_desc,enum=created_asc" jsonschema_description:"updated_desc, updated_asc, created_desc, created_asc"`
	Limit       int            `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor      string         `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// SearchContacts finds people and companies.
func SearchContacts(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "search_contacts", Title: "Search contacts and companies", Class: registry.Read, PeopleText: true,
		Narrow: "phone, email or a longer query",
		Description: "Finds people or companies by phone, email, text or filters, with phones, emails, company and newest leads. " +
			"What is given must all hold; without arguments the last changed come. " +
			"For the whole card use get_contact, for leads search_leads.",
	}, func(ctx context.Context, in searchContactsIn) (crm.PersonList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.PersonList{}, err
		}
		return s.SearchPeople(ctx, crm.PeopleSearch(in))
	})
}
