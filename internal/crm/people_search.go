package crm

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// PeopleSearch is whom to look for. All that is set must hold.
type PeopleSearch struct {
	Query  string
	Phone  string
	Email  string
	Kind   string // contact or company
	Limit  int
	Cursor string
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
}

// PersonList is one page of found contacts or companies. Total is how many there
// are in all, where that is known; else AtLeast is a lower bound.
type PersonList struct {
	Items      []PersonRow `json:"items"`
	HasMore    bool        `json:"has_more"`
	NextCursor string      `json:"next_cursor,omitempty"`
	Total      *int        `json:"total,omitempty"`
	AtLeast    int         `json:"at_least,omitempty"`
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
func (s *Service) SearchPeople(ctx context.Context, in PeopleSearch) (PersonList, error) {
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return PersonList{}, err
	}
	if at, err := decodeCursor(in.Cursor, digest+asText); in.Cursor != "" && err == nil {
		return s.searchPeopleAsText(ctx, at, in)
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return PersonList{}, err
	}
	plan, err := s.planPeopleSearch(ctx, in)
	if err != nil {
		return PersonList{}, err
	}
	found, err := s.scanPeople(ctx, at, plan)
	if err != nil {
		return PersonList{}, err
	}
	if len(found.items) == 0 && plan.guessed && in.Cursor == "" {
		return s.searchPeopleAsText(ctx, cursor{Page: 1, Query: digest + asText}, in)
	}
	return s.personList(ctx, in, plan, found), nil
}

// asText marks the cursors of a search whose query looks like a telephone number
// and is none.
const asText = "-text"

func (s *Service) searchPeopleAsText(ctx context.Context, at cursor, in PeopleSearch) (PersonList, error) {
	plan := peoplePlan{kind: in.Kind, queries: []string{strings.TrimSpace(in.Query)}, limit: in.Limit}
	found, err := s.scanPeople(ctx, at, plan)
	if err != nil {
		return PersonList{}, err
	}
	return s.personList(ctx, in, plan, found), nil
}

// peoplePlan is a search turned into Kommo's queries and the checks made here.
type peoplePlan struct {
	kind    string
	queries []string // spellings of one phone, or one text
	phone   string
	email   string // folded
	text    string // checked here, since Kommo is asked for something else
	region  string
	limit   int
	guessed bool // the query looks like a telephone number and is taken for one
}

func (s *Service) planPeopleSearch(ctx context.Context, in PeopleSearch) (peoplePlan, error) {
	p := peoplePlan{kind: in.Kind, phone: strings.TrimSpace(in.Phone), email: foldEmail(in.Email), text: strings.TrimSpace(in.Query), limit: in.Limit}
	if p.phone == "" && p.email == "" && phone.Looks(p.text) {
		p.phone, p.text, p.guessed = p.text, "", true
	}
	var err error
	if p.region, err = s.region(ctx, p.phone); err != nil {
		return p, err
	}
	switch {
	case p.phone != "":
		if p.queries = phone.Search(p.phone, p.region); len(p.queries) == 0 && !p.guessed {
			return p, problem.Invalid("phone", "this is no telephone number that can be searched for").
				WithNext("Give 7 digits or more, such as +1 202 555 0101, or search by name with query.")
		}
	case p.email != "":
		if !strings.Contains(p.email, "@") {
			return p, problem.Invalid("email", "this is no whole e-mail address").
				WithNext("Give the whole address, such as anna@example.com, or a part of it as query.")
		}
		p.queries = []string{p.email}
	default:
		p.queries, p.text = []string{p.text}, ""
	}
	return p, nil
}

// verified tells whether a card holds what was asked for.
func (p peoplePlan) verified(c cardView) bool {
	if p.phone != "" && phoneStrength(c.fields, p.phone, p.region) == phone.None {
		return false
	}
	if p.email != "" && !holdsEmail(c.fields, p.email) {
		return false
	}
	return p.text == "" || strings.Contains(strings.ToLower(c.name), strings.ToLower(p.text))
}

// scanPeople asks for every spelling at once; there are several only for phones,
// whose few hits fit into one page each.
func (s *Service) scanPeople(ctx context.Context, at cursor, p peoplePlan) (scanned[cardView], error) {
	if len(p.queries) == 0 {
		return scanned[cardView]{whole: true}, nil
	}
	size := p.limit
	if p.phone != "" || p.email != "" {
		size = kommo.MaxPage
	}
	read := func(ctx context.Context, page, size int) (kommo.Page[cardView], error) {
		return s.cardPage(ctx, p.kind, p.queries[0], page, size)
	}
	if len(p.queries) > 1 {
		read = func(ctx context.Context, page, size int) (kommo.Page[cardView], error) {
			return s.allSpellings(ctx, p, page, size)
		}
	}
	return scanPages(ctx, at, scan[cardView]{limit: p.limit, pageSize: size, keep: p.verified, page: read})
}

// allSpellings reads one page of each spelling and joins them.
func (s *Service) allSpellings(ctx context.Context, p peoplePlan, page, size int) (kommo.Page[cardView], error) {
	pages := make([]kommo.Page[cardView], len(p.queries))
	g, groupCtx := errgroup.WithContext(ctx)
	for i, q := range p.queries {
		g.Go(func() (err error) {
			pages[i], err = s.cardPage(groupCtx, p.kind, q, page, size)
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

// cardPage reads one page of contacts or companies, the last changed first.
func (s *Service) cardPage(ctx context.Context, kind, query string, page, size int) (kommo.Page[cardView], error) {
	f := kommo.CardListFilter{
		CardFilter:  kommo.CardFilter{Query: query, With: []string{"leads"}, Order: kommo.Order{By: "updated_at", Desc: true}},
		ListOptions: kommo.ListOptions{Page: page, Limit: size},
	}
	if kind == KindCompany {
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
