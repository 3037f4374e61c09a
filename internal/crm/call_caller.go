package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
)

// caller is a contact or company that has the number.
type caller struct {
	card

	name        string
	responsible int64
	leadIDs     []int64
	active      []kommo.Lead
}

// findCallers looks for contacts, then for companies, with the number. manner
// says how surely it is theirs. A number that agrees in its last ten digits only
// counts if no card has the very number: Kommo itself compares no more (Kommo
// API facts: calls).
func (s *Service) findCallers(ctx context.Context, p *callPlan) (out []caller, manner string, err error) {
	found, err := s.findPeople(ctx, p.Phone, "")
	if err != nil {
		return nil, "", err
	}
	for _, m := range found.Matches {
		out = append(out, contactCaller(m.Contact))
	}
	if len(out) > 0 {
		return out, "has this number", nil
	}
	exact, similar, err := s.findCompaniesByPhone(ctx, p)
	if err != nil || len(exact) > 0 {
		return exact, "has this number", err
	}
	for _, c := range found.Similar {
		if p.mayBeLine(c.Fields) {
			out = append(out, contactCaller(c))
		}
	}
	return append(out, similar...), "has a number with the same last digits", nil
}

// mayBeLine tells whether a card that shares only the last digits may have the
// caller's line: not if its number is certainly another one, of another country.
func (p *callPlan) mayBeLine(fields []kommo.FieldValue) bool {
	for _, f := range fields {
		if !f.Is(kommo.CodePhone) {
			continue
		}
		for _, text := range f.Texts() {
			n := phone.Parse(text, p.region)
			certainlyOther := n.Valid && p.number.Valid && !slices.Contains(n.Variants, p.number.E164)
			if phone.Match(text, p.Phone, p.region) == phone.Same && !certainlyOther {
				return true
			}
		}
	}
	return false
}

func contactCaller(c kommo.Contact) caller {
	return caller{
		card: card{kind: KindContact, entity: kommo.Contacts, id: c.ID}, name: c.Name,
		responsible: c.ResponsibleID, leadIDs: linkedIDs(c.Embedded.Leads),
	}
}

// findCompaniesByPhone is findPeople for companies; it costs a request only if
// no contact has the number.
func (s *Service) findCompaniesByPhone(ctx context.Context, p *callPlan) (exact, similar []caller, err error) {
	for _, query := range phone.Search(p.Phone, p.region) {
		page, err := s.api.Companies.List(ctx, kommo.CardListFilter{
			CardFilter:  kommo.CardFilter{Query: query, With: []string{"leads"}},
			ListOptions: kommo.ListOptions{Limit: peoplePage},
		})
		if err != nil {
			return nil, nil, err
		}
		for _, c := range page.Items {
			one := caller{
				card: card{kind: KindCompany, entity: kommo.Companies, id: c.ID}, name: c.Name,
				responsible: c.ResponsibleID, leadIDs: linkedIDs(c.Embedded.Leads),
			}
			switch strength := phoneStrength(c.Fields, p.Phone, p.region); {
			case strength == phone.Exact:
				exact = append(exact, one)
			case strength == phone.Same && p.mayBeLine(c.Fields):
				similar = append(similar, one)
			}
		}
		if len(exact) > 0 {
			break
		}
	}
	return exact, similar, nil
}

// mostLeads is how many leads of a caller are looked at, the newest first: their
// ids travel in one address.
const mostLeads = 100

// readActive reads the leads of all callers in one request and keeps the active
// ones: neither won nor lost, and not in the bin, from which nothing is listed.
func (s *Service) readActive(ctx context.Context, callers []caller) error {
	var ids []int64
	for _, c := range callers {
		ids = append(ids, c.leadIDs...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Reverse(ids)
	ids = ids[:min(len(ids), mostLeads)]
	leads, err := s.callerLeads(ctx, ids)
	if err != nil {
		return err
	}
	for i := range callers {
		for _, l := range leads {
			if slices.Contains(callers[i].leadIDs, l.ID) && !l.Closed() && !l.Deleted {
				callers[i].active = append(callers[i].active, l)
			}
		}
	}
	return nil
}

// callerLeads reads leads in one request. Where the account ignores filters, which
// shows in rows nobody asked for, they are read one by one (Kommo API facts:
// leads, gating).
func (s *Service) callerLeads(ctx context.Context, ids []int64) ([]kommo.Lead, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	page, err := s.api.Leads.List(ctx, kommo.LeadFilter{
		CardFilter: kommo.CardFilter{IDs: ids}, ListOptions: kommo.ListOptions{Limit: kommo.MaxPage},
	})
	if err != nil {
		return nil, err
	}
	asked := func(l kommo.Lead) bool { return slices.Contains(ids, l.ID) }
	if !slices.ContainsFunc(page.Items, func(l kommo.Lead) bool { return !asked(l) }) {
		return page.Items, nil
	}
	return s.leadsOneByOne(ctx, ids)
}

// leadsOneByOne reads at most ten leads, the first of ids.
func (s *Service) leadsOneByOne(ctx context.Context, ids []int64) ([]kommo.Lead, error) {
	const most = 10
	ids = ids[:min(len(ids), most)]
	out := make([]kommo.Lead, len(ids))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, id := range ids {
		group.Go(func() (err error) {
			if out[i], err = s.api.Leads.Get(groupCtx, id); kommo.HasCode(err, kommo.CodeNotFound) {
				out[i], err = kommo.Lead{Deleted: true}, nil // in the bin
			}
			return err
		})
	}
	err := group.Wait()
	return out, err
}

// callerNames lists who has the number: "Rosa Delgado and Luis Delgado".
func callerNames(callers []caller) string {
	const most = 3
	var list []string
	for _, c := range callers[:min(len(callers), most)] {
		list = append(list, c.name)
	}
	if more := len(callers) - most; more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, " and ")
}
