package crm

import (
	"context"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

func (s *Service) personList(ctx context.Context, in PeopleSearch, p *peoplePlan, found scanned[cardView]) PersonList {
	out := PersonList{Items: make([]PersonRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	out.Total, out.AtLeast = found.count()
	companies := s.companyNames(ctx, found.items)
	for _, c := range found.items {
		row := s.personRow(c, companies)
		if p.showCreated {
			row.CreatedAt = when.Format(c.created.Time(), p.zone)
		}
		if p.showUpdated {
			row.UpdatedAt = when.Format(c.updated.Time(), p.zone)
		}
		if p.phone != "" {
			row.Match = "exact"
			if phoneStrength(c.fields, p.phone, p.region) != phone.Exact {
				row.Match = similar
			}
		}
		out.Items = append(out.Items, row)
	}
	if out.Note = p.note(found, p.strange, peopleWord(in.Kind)); p.local || p.strange > 0 {
		out.Scanned = found.seen
	}
	if slices.ContainsFunc(out.Items, func(r PersonRow) bool { return r.Match == similar }) {
		out.Note = strings.TrimSpace(out.Note + " match similar: only the last digits or the extension agree; ask before you take it for the same person.")
	}
	if len(out.Items) == 0 {
		out.Hint = s.peopleHint(ctx, in, found.hasMore)
	}
	return out
}

func peopleWord(kind string) string {
	if kind == KindCompany {
		return "companies"
	}
	return "contacts"
}

func (s *Service) personRow(c cardView, companies map[int64]string) PersonRow {
	row := PersonRow{
		ID: c.id, URL: s.cardURL(c.kind, c.id), Name: short(c.name, longName),
		Phones: fieldTexts(c.fields, kommo.CodePhone), Emails: fieldTexts(c.fields, kommo.CodeEmail),
		Leads: len(c.embedded.Leads), Contacts: len(c.embedded.Contacts),
	}
	if tags := tagNames(c.embedded.Tags); len(tags) <= rowTags {
		row.Tags = tags
	}
	ids := newestIDs(c.embedded.Leads)
	row.LeadIDs = ids[:min(len(ids), rowLeadIDs)]
	if len(c.embedded.Companies) > 0 {
		row.Company = companies[c.embedded.Companies[0].ID]
	}
	return row
}

// companyNames names the companies of contacts with one request; without names
// the rows are still worth showing.
func (s *Service) companyNames(ctx context.Context, cards []cardView) map[int64]string {
	var ids []int64
	for _, c := range cards {
		for _, company := range c.embedded.Companies {
			if !slices.Contains(ids, company.ID) {
				ids = append(ids, company.ID)
			}
		}
	}
	out := map[int64]string{}
	found, err := s.readCompanies(ctx, ids)
	if err != nil {
		return out
	}
	for _, c := range found {
		out[c.ID] = short(c.Name, longName)
	}
	return out
}

func (s *Service) peopleHint(ctx context.Context, in PeopleSearch, more bool) string {
	other := "kind company searches companies"
	if in.Kind == KindCompany {
		other = "kind contact searches people"
	}
	switch {
	case more:
		return "Nothing found so far: go on with next_cursor."
	case in.Cursor != "":
		return "There are no further results in this search."
	case len(in.filters()) > 0:
		hint := "Nothing fits " + strings.Join(in.filters(), ", ") + ". Leave one out or try another value; " + other + "."
		return hint + s.tagsHint(ctx, kommo.Entity(peopleWord(in.Kind)), in.Tags)
	case in.Phone != "" && (in.Email != "" || strings.TrimSpace(in.Query) != ""), in.Email != "" && strings.TrimSpace(in.Query) != "":
		return "Nobody has all of these at once. Search for one of them at a time; " + other + "."
	case in.Phone != "":
		return "Nobody has this number in any spelling. Try the name as query; " + other + "."
	case in.Email != "":
		return "Nobody has exactly this address. Try a part of it, or the name, as query; " + other + "."
	case len(strings.TrimSpace(in.Query)) > 0:
		return "Nobody fits. Kommo searches from 3 characters on: try one word of the name, the phone or the email; " + other + "."
	default:
		return "The account has none that this token may see; " + other + "."
	}
}

// filters names the arguments beside query, phone and email that narrowed the search,
// with these where any did.
func (in PeopleSearch) filters() []string {
	used := usedOf([]use{
		{"responsible", len(in.Responsible) > 0},
		{"tags", len(in.Tags) > 0},
		{"created", strings.TrimSpace(in.Created) != ""},
		{"updated", strings.TrimSpace(in.Updated) != ""},
		{"fields", len(in.Fields) > 0},
	})
	if len(used) == 0 {
		return nil
	}
	return append(usedOf([]use{{"query", in.Query != ""}, {"phone", in.Phone != ""}, {"email", in.Email != ""}}), used...)
}
