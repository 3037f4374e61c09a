package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// peoplePlan is a search turned into Kommo's queries and the checks made here.
type peoplePlan struct {
	rowTests[cardView]

	kind     string
	queries  []string // spellings of one phone, or one text; an empty one is none
	phone    string
	email    string // folded
	text     string // checked here, since Kommo is asked for something else
	region   string
	limit    int
	guessed  bool // the query looks like a telephone number and is taken for one
	filter   kommo.CardFilter
	doubtful bool // Kommo may not know a filter, so that whole pages are read
	strange  int  // rows that Kommo's filters should have kept back

	zone        *time.Location // set where times are shown
	showCreated bool
	showUpdated bool
}

func (s *Service) planPeopleSearch(ctx context.Context, in PeopleSearch) (*peoplePlan, error) {
	p := &peoplePlan{kind: in.Kind, phone: strings.TrimSpace(in.Phone), email: foldEmail(in.Email), text: strings.TrimSpace(in.Query), limit: in.Limit}
	if p.phone == "" && p.email == "" && phone.Looks(p.text) {
		p.phone, p.text, p.guessed = p.text, "", true
	}
	if err := s.planCards(ctx, p, in); err != nil {
		return p, err
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
		p.byText(p.text)
	}
	return p, nil
}

// byText asks for a text in any field. Too short ones are looked for in the names here.
func (p *peoplePlan) byText(text string) {
	p.queries, p.text = []string{text}, ""
	if n := utf8.RuneCountInString(text); n == 0 || n >= minQuery {
		return
	}
	p.queries, p.text, p.local = []string{""}, text, true
	p.remark = fmt.Sprintf("Kommo searches from %d characters on: %q was looked for in the names only.", minQuery, text)
}

// asText is the same search for a query that looks like a telephone number and is none.
func (p *peoplePlan) asText(query string) *peoplePlan {
	p.phone, p.guessed, p.strange = "", false, 0
	p.byText(strings.TrimSpace(query))
	return p
}

// planCards adds the filters beside phone, e-mail and text. Of these Kommo cannot
// filter tags and some types of custom fields; created is not among the filters that
// all of its pages name (Kommo API facts: contacts and companies).
func (s *Service) planCards(ctx context.Context, p *peoplePlan, in PeopleSearch) error {
	p.filter.Order = cardOrder(in.Sort)
	p.showCreated = strings.TrimSpace(in.Created) != "" || p.filter.Order.By == "id"
	p.showUpdated = strings.TrimSpace(in.Updated) != ""
	if len(in.filters()) == 0 && !p.showCreated {
		return nil
	}
	account, err := s.names.Account(ctx)
	if err != nil {
		return err
	}
	zone, now := account.Location(), s.clock.Now()
	p.zone, p.filterOff = zone, !account.FiltersOn
	p.tags(in.Tags, func(c cardView) []kommo.Tag { return c.embedded.Tags })
	if p.filter.Responsible, err = s.userIDs(ctx, in.Responsible); err != nil {
		return err
	}
	if owners := p.filter.Responsible; len(owners) > 0 {
		p.check(func(c cardView) bool { return slices.Contains(owners, c.responsible) })
	}
	created, err := p.span("created", in.Created, zone, now)
	if err != nil {
		return err
	}
	updated, err := p.span("updated", in.Updated, zone, now)
	if err != nil {
		return err
	}
	p.doubtful = !isOpen(created)
	p.filter.CreatedAt = p.within(created, func(c cardView) kommo.Unix { return c.created })
	p.filter.UpdatedAt = p.within(updated, func(c cardView) kommo.Unix { return c.updated })
	entity := kommo.Contacts
	if in.Kind == KindCompany {
		entity = kommo.Companies
	}
	p.filter.CustomFields, err = testFields(ctx, s, &p.rowTests, entity, in.Fields, zone, func(c cardView) []kommo.FieldValue { return c.fields })
	return err
}

// cardOrder is the order of a list of contacts or companies. Kommo cannot sort these
// by their making; ids are given in that order.
func cardOrder(sort string) kommo.Order {
	by, direction, _ := strings.Cut(sort, "_")
	if by == "created" {
		by = "id"
	} else {
		by = "updated_at"
	}
	return kommo.Order{By: by, Desc: direction != "asc"}
}

// keep tells whether a card holds what was asked for, and counts those that Kommo
// should have kept back.
func (p *peoplePlan) keep(c cardView) bool {
	if !p.matches(c) {
		p.strange++
		return false
	}
	return p.verified(c)
}

// verified tells whether a card holds the phone, the e-mail and the text.
func (p *peoplePlan) verified(c cardView) bool {
	if p.phone != "" && phoneStrength(c.fields, p.phone, p.region) == phone.None {
		return false
	}
	if p.email != "" && !holdsEmail(c.fields, p.email) {
		return false
	}
	return p.text == "" || strings.Contains(strings.ToLower(c.name), strings.ToLower(p.text))
}

// rows is how many cards to read at once.
func (p *peoplePlan) rows() int {
	if p.phone != "" || p.email != "" || p.doubtful {
		return kommo.MaxPage
	}
	return p.pageSize(p.limit)
}
