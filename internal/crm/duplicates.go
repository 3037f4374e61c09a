package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// What records may have in common.
const (
	ByPhone = "phone"
	ByEmail = "email"
	ByName  = "name"
)

const (
	duplicatePages = 40 // read in one call: 10,000 records
	duplicateWave  = 4  // pages asked for at once, after one and two: small accounts waste none
	duplicateRows  = 10 // records shown of a group
)

// DuplicateQuery is among which records to look for duplicates, and by what.
type DuplicateQuery struct {
	Kind   string   // contact or company
	By     []string // phone, email, name; none: phone and email
	Query  string   // only records in which Kommo finds this
	Limit  int
	Cursor string
}

// DuplicateRow is a record of a group.
type DuplicateRow struct {
	ID        int64    `json:"id"`
	URL       string   `json:"url"`
	Name      string   `json:"name"`
	Phones    []string `json:"phones,omitempty"`
	Emails    []string `json:"emails,omitempty"`
	Leads     int      `json:"leads"`
	CreatedAt string   `json:"created_at"`
	UpdatedAt string   `json:"updated_at"`
}

// DuplicateGroup are records that have something in common: "phone +12025550150".
// Count is how many there are; Records shows the first of them, that with the
// most leads first.
type DuplicateGroup struct {
	Same    []string       `json:"same"`
	Count   int            `json:"count"`
	Records []DuplicateRow `json:"records"`
}

// DuplicateReport is one page of groups, the likeliest first. Read is how many
// records were compared, Complete whether these were all.
type DuplicateReport struct {
	Items      []DuplicateGroup `json:"items"`
	HasMore    bool             `json:"has_more"`
	NextCursor string           `json:"next_cursor,omitempty"`
	Groups     int              `json:"groups"` // in all pages
	Read       int              `json:"read"`
	Complete   bool             `json:"complete"`
	Note       string           `json:"note,omitempty"`
	Hint       string           `json:"hint,omitempty"`

	at cursor
}

// Len is the number of rows.
func (r DuplicateReport) Len() int { return len(r.Items) }

// Keep is the report cut to its first n groups, continued by its cursor.
func (r DuplicateReport) Keep(n int) any {
	r.Items, r.HasMore = r.Items[:n], true
	r.at.Skip += n
	r.NextCursor = r.at.encode()
	return r
}

// Duplicates compares all contacts or companies by phone (one line in every
// spelling), e-mail or name. Kommo has no such search: pages of 250 are read,
// up to four at once, as many as fit into the call (at most 10,000 records), and the
// report says how many that were.
func (s *Service) Duplicates(ctx context.Context, in DuplicateQuery) (DuplicateReport, error) {
	if n := utf8.RuneCountInString(strings.TrimSpace(in.Query)); n > 0 && n < minQuery {
		return DuplicateReport{}, problem.Invalid("query", fmt.Sprintf("Kommo searches from %d characters on.", minQuery)).
			WithNext("Give a longer part of a name, phone or e-mail, or leave query out to compare all records.")
	}
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return DuplicateReport{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return DuplicateReport{}, err
	}
	account, err := s.names.Account(ctx)
	if err != nil {
		return DuplicateReport{}, err
	}
	cards, complete, err := s.allCards(ctx, in)
	if err != nil {
		return DuplicateReport{}, err
	}
	by := in.By
	if len(by) == 0 {
		by = []string{ByPhone, ByEmail}
	}
	groups := groupAlike(cards, by, account.Country)
	out := DuplicateReport{Items: []DuplicateGroup{}, Groups: len(groups), Read: len(cards), Complete: complete, at: at}
	from := min(at.Skip, len(groups))
	to := min(from+in.Limit, len(groups))
	for _, g := range groups[from:to] {
		group := DuplicateGroup{Same: g.same, Count: len(g.cards), Records: []DuplicateRow{}}
		for _, c := range g.cards[:min(len(g.cards), duplicateRows)] {
			group.Records = append(group.Records, DuplicateRow{
				ID: c.id, URL: s.cardURL(c.kind, c.id), Name: short(c.name, longName),
				Phones: fieldTexts(c.fields, kommo.CodePhone), Emails: fieldTexts(c.fields, kommo.CodeEmail), Leads: len(c.embedded.Leads),
				CreatedAt: moment(c.created, account.Location()), UpdatedAt: moment(c.updated, account.Location()),
			})
		}
		out.Items = append(out.Items, group)
	}
	if out.HasMore = to < len(groups); out.HasMore {
		out.NextCursor = cursor{Page: 1, Skip: to, Query: digest}.encode()
	}
	out.explain(in)
	return out, nil
}

// explain says what was not covered, and what nothing means.
func (r *DuplicateReport) explain(in DuplicateQuery) {
	if !r.Complete {
		r.Note = fmt.Sprintf("Only the first %d records by age were compared: look at a part of the account with query, such as a surname or a domain.", r.Read)
	}
	switch {
	case len(r.Items) > 0:
	case in.Cursor != "":
		r.Hint = "There are no further groups."
	case r.Read == 0 && strings.TrimSpace(in.Query) != "":
		r.Hint = "Kommo finds no record with this text. Give another part of the name, phone or e-mail, or leave query out to compare all."
	case r.Read == 0:
		r.Hint = "There are no such records that this token may see."
	default:
		r.Hint = "No two records have this in common. by name looks at names too; the other kind is contact or company."
	}
}

// allCards reads records from the oldest on; false where not all could be read.
// What was read before a page failed is worth a report.
func (s *Service) allCards(ctx context.Context, in DuplicateQuery) (cards []cardView, complete bool, err error) {
	ctx = kommo.Background(ctx)
	for page, wave := 1, 1; page <= duplicatePages; page, wave = page+wave, min(2*wave, duplicateWave) {
		if page > 1 && !timeLeft(ctx) {
			return cards, false, nil
		}
		pages := make([]kommo.Page[cardView], min(wave, duplicatePages-page+1))
		g, groupCtx := errgroup.WithContext(ctx)
		for i := range pages {
			g.Go(func() (err error) { pages[i], err = s.agedCards(groupCtx, in, page+i); return err })
		}
		if err := g.Wait(); err != nil {
			if len(cards) > 0 {
				return cards, false, nil
			}
			return nil, false, err
		}
		for _, p := range pages {
			cards = append(cards, p.Items...)
			if !p.HasNext {
				return unique(cards), true, nil
			}
		}
	}
	return unique(cards), false, nil
}

// unique drops records that a moving list has shown twice.
func unique(cards []cardView) []cardView {
	seen := map[int64]bool{}
	return slices.DeleteFunc(cards, func(c cardView) bool {
		again := seen[c.id]
		seen[c.id] = true
		return again
	})
}

// agedCards reads a page of contacts or companies in the order of their ids, so
// that changes made meanwhile move nothing.
func (s *Service) agedCards(ctx context.Context, in DuplicateQuery, page int) (kommo.Page[cardView], error) {
	f := kommo.CardListFilter{
		CardFilter:  kommo.CardFilter{Query: strings.TrimSpace(in.Query), With: []string{"leads"}, Order: kommo.Order{By: "id"}},
		ListOptions: kommo.ListOptions{Page: page, Limit: kommo.MaxPage},
	}
	if in.Kind == KindCompany {
		got, err := s.api.Companies.List(ctx, f)
		return views(got, companyView), err
	}
	got, err := s.api.Contacts.List(ctx, f)
	return views(got, contactView), err
}

// compareCards puts the record first that others are best merged into: the one
// with the most leads, then the oldest.
func compareCards(a, b cardView) int {
	return cmp.Or(cmp.Compare(len(b.embedded.Leads), len(a.embedded.Leads)), cmp.Compare(a.created, b.created), cmp.Compare(a.id, b.id))
}
