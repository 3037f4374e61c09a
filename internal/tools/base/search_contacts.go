package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type searchContactsIn struct {
	Query  string `json:"query,omitempty" jsonschema:"example=Grace" jsonschema_description:"Part of a name or of any filled field, 3 characters or more."`
	Phone  string `json:"phone,omitempty" jsonschema:"example=+1 202 555 0101" jsonschema_description:"Phone number in any spelling, with or without country code."`
	Email  string `json:"email,omitempty" jsonschema:"example=anna@example.com" jsonschema_description:"Whole email address; case does not matter."`
	Kind   string `json:"kind,omitempty" jsonschema:"enum=contact,enum=company,default=contact" jsonschema_description:"What to search: contact (people) or company."`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// SearchContacts finds people and companies.
func SearchContacts(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "search_contacts", Title: "Search contacts and companies", Class: registry.Read, PeopleText: true,
		Narrow: "phone, email or a longer query",
		Description: "Finds people or companies by phone, email or name, with phones, emails, company and newest leads. " +
			"A phone is recognised in every spelling. What is given must all hold; without arguments the last changed come. " +
			"For the whole card use get_contact, for leads search_leads.",
	}, func(ctx context.Context, in searchContactsIn) (crm.PersonList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.PersonList{}, err
		}
		return s.SearchPeople(ctx, crm.PeopleSearch(in))
	})
}
