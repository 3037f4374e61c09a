package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

const (
	maxRowBytes = 350
	// longWord is where names of pipelines, stages and users are cut in lists.
	longWord = 32
	rowTags  = 3
	// shortestWord is as far as a name is cut for the budget of a row.
	shortestWord = 10
)

// leadRow names a lead in a list.
func (s *Service) leadRow(l kommo.Lead, names *directory.Snapshot) LeadRow {
	zone := names.Account.Location()
	row := LeadRow{
		ID: l.ID, URL: s.cardURL(KindLead, l.ID), Name: short(l.Name, longName), Price: l.Amount(),
		Pipeline:    short(names.PipelineName(l.PipelineID), longWord),
		Stage:       short(names.StageName(l.PipelineID, l.StatusID), longWord),
		Responsible: short(names.UserName(l.ResponsibleID), longWord),
		UpdatedAt:   moment(l.UpdatedAt, zone), NextTaskAt: moment(l.ClosestTaskAt, zone),
	}
	if tags := tagNames(l.Embedded.Tags); len(tags) <= rowTags {
		row.Tags = tags
	}
	return row.fitted()
}

// fitted keeps a row within its budget: tags go first, then the ends of names,
// since names in other alphabets take two bytes a letter.
func (r LeadRow) fitted() LeadRow {
	if r.bytes() > maxRowBytes {
		r.Tags = nil
	}
	for _, text := range []*string{&r.Name, &r.Pipeline, &r.Stage, &r.Responsible} {
		for n := utf8.RuneCountInString(*text); r.bytes() > maxRowBytes && n > shortestWord; n-- {
			*text = short(*text, n-1)
		}
	}
	return r
}

func (r LeadRow) bytes() int {
	raw, err := json.Marshal(r)
	if err != nil {
		return 0 // texts and numbers always marshal
	}
	return len(raw)
}

// leadsHint says why a search found nothing and what to try.
func (s *Service) leadsHint(ctx context.Context, in LeadSearch, more bool) string {
	if more {
		return "Nothing found so far: go on with next_cursor, or narrow the search with filters that Kommo knows (pipeline, stage, responsible, updated)."
	}
	if in.Cursor != "" {
		return "There are no further leads in this search."
	}
	used := leadFiltersUsed(in)
	if len(used) == 0 {
		return "The account has no leads that this token may see."
	}
	hint := "No lead fits " + strings.Join(used, ", ") + ". Leave a filter out"
	if len(used) == 1 {
		hint = "No lead fits " + used[0] + ". Try another value"
	}
	if in.Query != "" {
		hint += ", search a shorter part of the name, or look for the person with search_contacts"
	}
	return hint + "." + s.tagsHint(ctx, kommo.Leads, in.Tags)
}

// leadFiltersUsed names the arguments that narrowed the search.
func leadFiltersUsed(in LeadSearch) []string {
	return usedOf([]use{
		{"query", in.Query != ""},
		{"pipeline", len(in.Pipeline) > 0},
		{"stage", len(in.Stage) > 0},
		{"responsible", len(in.Responsible) > 0},
		{"tags", len(in.Tags) > 0},
		{"price_min", in.PriceMin != nil},
		{"price_max", in.PriceMax != nil},
		{"created", in.Created != ""},
		{"updated", in.Updated != ""},
		{"closed", in.Closed != ""},
		{"fields", len(in.Fields) > 0},
		{"contact_id", in.ContactID != 0},
		{"company_id", in.CompanyID != 0},
		{"attention", in.Attention != ""},
		{"inactive_days", in.InactiveDays > 0},
	})
}

// use is whether an argument is used.
type use struct {
	name string
	on   bool
}

// usedOf are the names of the arguments that are used.
func usedOf(arguments []use) (used []string) {
	for _, a := range arguments {
		if a.on {
			used = append(used, a.name)
		}
	}
	return used
}

// tagsHint tells a tag that does not exist at all, at the cost of a request
// that only an empty answer is worth.
func (s *Service) tagsHint(ctx context.Context, entity kommo.Entity, wanted []string) string {
	if len(wanted) == 0 {
		return ""
	}
	page, err := s.api.Tags.List(ctx, entity, kommo.TagFilter{ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}})
	if err != nil || page.HasNext {
		return "" // a hint is not worth more, and an incomplete list proves nothing
	}
	for _, w := range wanted {
		if slices.ContainsFunc(page.Items, func(t kommo.Tag) bool { return isTag(t, w) }) {
			continue
		}
		known, there := tagNames(page.Items), "there are none"
		if len(known) > 0 {
			there = "there are: " + strings.Join(known[:min(len(known), 10)], ", ")
		}
		return fmt.Sprintf(" %s have no tag %q; %s.", strings.ToUpper(string(entity[:1]))+string(entity[1:]), w, there)
	}
	return ""
}

// isTag tells whether a tag is the one named, by name or id.
func isTag(t kommo.Tag, nameOrID string) bool {
	return directory.SameName(t.Name, nameOrID) || strconv.FormatInt(t.ID, 10) == strings.TrimSpace(nameOrID)
}
