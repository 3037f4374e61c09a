package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// likeCompany is an existing company with the name, the phone or the e-mail of a
// new one.
type likeCompany struct {
	kommo.Company

	byName, byPhone, byEmail bool
}

// companiesLike finds them with a search for each, at once. Kommo's query is a
// loose one, so that every hit is verified here.
func (s *Service) companiesLike(ctx context.Context, n NewPerson, region string) ([]likeCompany, error) {
	queries := append([]string{strings.Join(strings.Fields(n.Name), " ")}, phone.Search(n.Phone, region)...)
	email := foldEmail(n.Email)
	if email != "" {
		queries = append(queries, email)
	}
	hits := make([][]kommo.Company, len(queries))
	g, groupCtx := errgroup.WithContext(ctx)
	for i, query := range queries {
		g.Go(func() error {
			page, err := s.api.Companies.List(groupCtx, kommo.CardListFilter{
				CardFilter:  kommo.CardFilter{Query: query, Order: kommo.Order{By: "updated_at", Desc: true}},
				ListOptions: kommo.ListOptions{Limit: peoplePage},
			})
			hits[i] = page.Items
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []likeCompany
	for _, c := range slices.Concat(hits...) {
		like := likeCompany{c, directory.SameName(c.Name, n.Name), phoneStrength(c.Fields, n.Phone, region) == phone.Exact, holdsEmail(c.Fields, email)}
		known := slices.ContainsFunc(out, func(l likeCompany) bool { return l.ID == c.ID })
		if !known && (like.byName || like.byPhone || like.byEmail) {
			out = append(out, like)
		}
	}
	return out, nil
}

// chooseLike picks the one company that is meant: of several the one that has the
// name and the phone or e-mail. Else they are a question to the person.
func chooseLike(n NewPerson, found []likeCompany) (kommo.Contact, error) {
	if len(found) > 1 {
		sure := slices.DeleteFunc(slices.Clone(found), func(l likeCompany) bool { return !l.byName || !l.byPhone && !l.byEmail })
		if len(sure) == 1 {
			found = sure
		}
	}
	switch len(found) {
	case 0:
		return kommo.Contact{}, nil
	case 1:
		c := found[0]
		return kommo.Contact{ID: c.ID, Name: c.Name, Fields: c.Fields, Embedded: c.Embedded}, nil
	}
	argument, what := "name", "are called "+found[0].Name
	if slices.ContainsFunc(found, func(l likeCompany) bool { return !l.byName }) {
		argument, what = argumentOf(n), "have this name, phone or e-mail"
	}
	p := problem.Unclear(argument, fmt.Sprintf("%d companies %s already: nothing was written.", len(found), what)).WithNext(nextOfTwins)
	for _, l := range found {
		p = p.WithCandidates(problem.Candidate{ID: l.ID, Name: l.Name, Detail: l.why()})
	}
	return kommo.Contact{}, p
}

func (l likeCompany) why() string {
	var facts []string
	for _, f := range []struct {
		holds bool
		fact  string
	}{{l.byName, "has the name"}, {l.byPhone, "has the phone"}, {l.byEmail, "has the e-mail"}} {
		if f.holds {
			facts = append(facts, f.fact)
		}
	}
	return strings.Join(facts, ", ")
}
