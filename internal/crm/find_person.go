package crm

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// peoplePage is how many hits of one search are verified. Kommo looks for ten
// digits anywhere in a card, so that more than a handful is no telephone number.
const peoplePage = 50

// person is a contact that holds the phone or the e-mail that was asked for.
type person struct {
	kommo.Contact // with the leads it is linked to

	ByPhone bool
	ByEmail bool
}

// people are the contacts that a phone and an e-mail lead to, most recently
// updated first. Similar ones share only the last digits of the phone, or an
// extension sets them apart: worth a word to the person, never to be reused.
type people struct {
	Matches []person
	Similar []kommo.Contact
}

// findPeople looks contacts up by phone, e-mail or both, at once. Kommo's query
// is a loose substring search over all filled fields, so that every hit is
// verified here: phones by phone.Match, e-mails without regard to case (Kommo
// API facts: query). Texts that are no telephone number find nobody.
func (s *Service) findPeople(ctx context.Context, tel, email string) (people, error) {
	region, err := s.region(ctx, tel)
	if err != nil {
		return people{}, err
	}
	queries := phone.Search(tel, region)
	if email = foldEmail(email); email != "" {
		queries = append(queries, email)
	}
	hits := make([][]kommo.Contact, len(queries))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, query := range queries {
		group.Go(func() error {
			page, err := s.api.Contacts.List(groupCtx, kommo.CardListFilter{
				CardFilter:  kommo.CardFilter{Query: query, With: []string{"leads"}, Order: kommo.Order{By: "updated_at", Desc: true}},
				ListOptions: kommo.ListOptions{Limit: peoplePage},
			})
			hits[i] = page.Items
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return people{}, err
	}
	return verifiedPeople(slices.Concat(hits...), tel, email, region), nil
}

// region is the country in which numbers without a country code are read. Only
// a phone needs it.
func (s *Service) region(ctx context.Context, tel string) (string, error) {
	if tel == "" {
		return "", nil
	}
	account, err := s.names.Account(ctx)
	return account.Country, err
}

func verifiedPeople(hits []kommo.Contact, tel, email, region string) people {
	var found people
	seen := map[int64]bool{}
	for _, c := range hits {
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		strength := phoneStrength(c.Fields, tel, region)
		p := person{Contact: c, ByPhone: strength == phone.Exact, ByEmail: holdsEmail(c.Fields, email)}
		switch {
		case p.ByPhone || p.ByEmail:
			found.Matches = append(found.Matches, p)
		case strength == phone.Same:
			found.Similar = append(found.Similar, c)
		}
	}
	slices.SortStableFunc(found.Matches, func(a, b person) int { return cmp.Compare(b.UpdatedAt, a.UpdatedAt) })
	return found
}

// phoneStrength is the best match of a phone among those of a card.
func phoneStrength(fields []kommo.FieldValue, tel, region string) phone.Strength {
	best := phone.None
	if tel == "" {
		return best
	}
	for _, f := range fields {
		if !f.Is(kommo.CodePhone) {
			continue
		}
		for _, text := range f.Texts() {
			best = max(best, phone.Match(text, tel, region))
		}
	}
	return best
}

// holdsEmail tells whether a card has the e-mail, which is folded already.
func holdsEmail(fields []kommo.FieldValue, email string) bool {
	return email != "" && slices.ContainsFunc(fields, func(f kommo.FieldValue) bool {
		return f.Is(kommo.CodeEmail) && slices.ContainsFunc(f.Texts(), func(text string) bool { return foldEmail(text) == email })
	})
}

// foldEmail brings an e-mail address into the form in which addresses are
// compared.
func foldEmail(text string) string { return strings.ToLower(strings.TrimSpace(text)) }
