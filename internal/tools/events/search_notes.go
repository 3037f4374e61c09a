package events

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type searchNotesIn struct {
	Query     string   `json:"query,omitempty" jsonschema:"example=warranty" jsonschema_description:"Words that must all occur, in any order; parts of words count, case and accents do not."`
	LeadID    int64    `json:"lead_id,omitempty" jsonschema_description:"From search_leads."`
	ContactID int64    `json:"contact_id,omitempty" jsonschema_description:"From search_contacts."`
	CompanyID int64    `json:"company_id,omitempty" jsonschema_description:"From search_contacts."`
	Types     []string `json:"types,omitempty" jsonschema:"enum=note,enum=call,enum=sms,enum=mail,enum=file,enum=service" jsonschema_description:"note (written by people), call, sms, mail, file, service (by integrations)."`
	Author    []string `json:"author,omitempty" jsonschema:"example=me" jsonschema_description:"Who wrote it: user names, ids, me, or robot (automation and integrations)."`
	Period    string   `json:"period,omitempty" jsonschema:"example=last_30_days" jsonschema_description:"When written or last edited: 2026-11-01..2026-11-15, one side open, one date, or today, yesterday, this_week, last_week, this_month, last_month, last_30_days."`
	Limit     int      `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor    string   `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// SearchNotes finds notes and calls by their text.
func SearchNotes(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "search_notes", Title: "Search notes and calls", Class: registry.Read, Toolset: toolset, PeopleText: true,
		Narrow: "query, period, types or a card",
		Description: "Finds notes, call results, letters and files by words, type, author and time, on one card or on all leads, contacts and companies; the last changed first. " +
			"Use get_lead for a lead's last notes, list_events for what was changed, search_leads for names and fields. " +
			"Kommo cannot search texts, so up to eight pages are looked through in a call: scanned says how many notes, next_cursor goes on. " +
			"Give at most one of lead_id, contact_id, company_id.",
	}, func(ctx context.Context, in searchNotesIn) (crm.NoteList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.NoteList{}, err
		}
		return s.SearchNotes(ctx, crm.NoteQuery(in))
	})
}
