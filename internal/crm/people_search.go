package crm

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// PeopleSearch is whom to look for. All that is set must hold.
type PeopleSearch struct {
	Query       string
	Phone       string
	Email       string
	Kind        string   // contact or company
	Responsible []string // any of them
	Tags        []string // all of them
	Created     string   // ranges
	Updated     string
	Fields      map[string]any
	Sort        string
	Limit       int
	Cursor      string
}

// PersonRow is a contact or company in a list. Match says how a phone fits:
// "exact" is the same line, "similar" shares only its last digits.
type PersonRow struct {
	ID       int64    `json:"id"`
	URL      string   `json:"url"`
	Name     string   `json:"name"`
	Match    string   `json:"match,omitempty"`
	Phones   []string `json:"phones,omitempty"`
	Emails   []string `json:"emails,omitempty"`
	Company  string   `json:"company,omitempty"`
	Contacts int      `json:"contacts,omitempty"` // how many a company has
	Leads    int      `json:"leads"`              // how many, open and closed
	LeadIDs  []int64  `json:"lead_ids,omitempty"` // the newest of them
	Tags     []string `json:"tags,omitempty"`
	// The times are shown where the search filters or sorts by them.
	CreatedAt string `json:"created_at,omitempty"`
	UpdatedAt string `json:"updated_at,omitempty"`
}

// PersonList is one page of found contacts or companies. Total is how many there
// are in all, where that is known; else AtLeast is a lower bound. Scanned is how many
// cards were looked through here because Kommo cannot filter by everything asked.
type PersonList struct {
	Items      []PersonRow `json:"items"`
	HasMore    bool        `json:"has_more"`
	NextCursor string      `json:"next_cursor,omitempty"`
	Total      *int        `json:"total,omitempty"`
	AtLeast    int         `json:"at_least,omitempty"`
	Scanned    int         `json:"scanned,omitempty"`
	Note       string      `json:"note,omitempty"`
	Hint       string      `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l PersonList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l PersonList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

const (
	rowLeadIDs = 3
	similar    = "similar"
)

// SearchPeople finds contacts or companies. Kommo's search is loose (a substring
// of any field), so that phones and e-mails are verified here: phones as one
// line in any spelling, e-mails without regard to case (Kommo API facts: query).
// So is every filter, as in SearchLeads.
func (s *Service) SearchPeople(ctx context.Context, in PeopleSearch) (PersonList, error) {
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return PersonList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	text, notText := decodeCursor(in.Cursor, digest+asText)
	if goesOn := in.Cursor != "" && notText == nil; err != nil && !goesOn {
		return PersonList{}, err
	}
	plan, err := s.planPeopleSearch(ctx, in)
	if err != nil {
		return PersonList{}, err
	}
	if in.Cursor != "" && notText == nil {
		return s.peopleOf(ctx, text, in, plan.asText(in.Query))
	}
	out, err := s.peopleOf(ctx, at, in, plan)
	if err == nil && len(out.Items) == 0 && plan.guessed && in.Cursor == "" {
		return s.peopleOf(ctx, cursor{Page: 1, Query: digest + asText}, in, plan.asText(in.Query))
	}
	return out, err
}

// asText marks the cursors of a search whose query looks like a telephone number
// and is none.
const asText = "-text"

func (s *Service) peopleOf(ctx context.Context, at cursor, in PeopleSearch, plan *peoplePlan) (PersonList, error) {
	found, err := s.scanPeople(ctx, at, plan)
	if err != nil {
		return PersonList{}, err
	}
	return s.personList(ctx, in, plan, found), nil
}

// scanPeople asks for every spelling at once; there are several only for phones,
// whose few hits fit into one page each.
func (s *Service) scanPeople(ctx context.Context, at cursor, p *peoplePlan) (scanned[cardView], error) {
	if len(p.queries) == 0 {
		return scanned[cardView]{whole: true}, nil
	}
	read := func(ctx context.Context, page, size int) (kommo.Page[cardView], error) {
		return s.cardPage(ctx, p, p.queries[0], page, size)
	}
	if len(p.queries) > 1 {
		read = func(ctx context.Context, page, size int) (kommo.Page[cardView], error) {
			return s.allSpellings(ctx, p, page, size)
		}
	}
	return scanPages(ctx, at, scan[cardView]{limit: p.limit, pageSize: p.rows(), keep: p.keep, page: read})
}

// allSpellings reads one page of each spelling and joins them.
func (s *Service) allSpellings(ctx context.Context, p *peoplePlan, page, size int) (kommo.Page[cardView], error) {
	pages := make([]kommo.Page[cardView], len(p.queries))
	g, groupCtx := errgroup.WithContext(ctx)
	for i, q := range p.queries {
		g.Go(func() (err error) {
			pages[i], err = s.cardPage(groupCtx, p, q, page, size)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return kommo.Page[cardView]{}, err
	}
	var out kommo.Page[cardView]
	seen := map[int64]bool{}
	for _, one := range pages {
		out.HasNext = out.HasNext || one.HasNext
		for _, c := range one.Items {
			if !seen[c.id] {
				seen[c.id] = true
				out.Items = append(out.Items, c)
			}
		}
	}
	return out, nil
}

// cardPage reads one page of contacts or companies.
func (s *Service) cardPage(ctx context.Context, p *peoplePlan, query string, page, size int) (kommo.Page[cardView], error) {
	f := kommo.CardListFilter{CardFilter: p.filter, ListOptions: kommo.ListOptions{Page: page, Limit: size}}
	f.Query, f.With = query, []string{"leads"}
	if p.kind == KindCompany {
		f.With = []string{"leads", "contacts"}
		got, err := s.api.Companies.List(ctx, f)
		return views(got, companyView), err
	}
	got, err := s.api.Contacts.List(ctx, f)
	return views(got, contactView), err
}

func views[T any](page kommo.Page[T], view func(T) cardView) kommo.Page[cardView] {
	out := kommo.Page[cardView]{HasNext: page.HasNext}
	for _, item := range page.Items {
		out.Items = append(out.Items, view(item))
	}
	return out
}
