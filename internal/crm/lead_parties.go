package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// parties are the existing contact and company of a lead to be made; a zero id is
// none.
type parties struct {
	contact kommo.Contact
	company kommo.Company
	similar []kommo.Contact // they share the last digits of the phone only
	region  string
}

// findParties looks for the contact and the company at once, then chooses. It
// refuses where several fit and nothing tells which is meant.
func (s *Service) findParties(ctx context.Context, n NewLead) (parties, error) {
	var out parties
	var found people
	var companies []kommo.Company
	region, err := s.region(ctx, n.ContactPhone)
	if err != nil {
		return out, err
	}
	if err := checkPhone("contact_phone", n.ContactPhone, region); err != nil {
		return out, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { out.contact, err = s.contactByID(groupCtx, n.ContactID); return err })
	group.Go(func() (err error) { out.company, err = s.companyByID(groupCtx, n.CompanyID); return err })
	group.Go(func() (err error) { found, err = s.findPeople(groupCtx, n.ContactPhone, n.ContactEmail); return err })
	group.Go(func() (err error) { companies, err = s.companiesCalled(groupCtx, n.CompanyName); return err })
	if err := group.Wait(); err != nil {
		return out, err
	}
	if n.ContactID == 0 {
		if out.contact, err = chooseContact(found.Matches, n); err != nil {
			return out, err
		}
	}
	if n.CompanyID == 0 {
		out.company, err = chooseCompany(companies, out.contact)
	}
	out.region, out.similar = region, found.Similar
	return out, err
}

func (s *Service) contactByID(ctx context.Context, id int64) (kommo.Contact, error) {
	if id == 0 {
		return kommo.Contact{}, nil
	}
	contact, err := s.api.Contacts.Get(ctx, id)
	if errors.Is(err, kommo.ErrNotFound) {
		err = card{kind: KindContact, id: id, argument: "contact_id"}.missing(err)
	}
	return contact, err
}

func (s *Service) companyByID(ctx context.Context, id int64) (kommo.Company, error) {
	if id == 0 {
		return kommo.Company{}, nil
	}
	company, err := s.api.Companies.Get(ctx, id)
	if errors.Is(err, kommo.ErrNotFound) {
		err = card{kind: KindCompany, id: id, argument: "company_id"}.missing(err)
	}
	return company, err
}

// companiesCalled finds the companies of exactly that name, case, accents and
// spaces aside.
func (s *Service) companiesCalled(ctx context.Context, name string) ([]kommo.Company, error) {
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		return nil, nil
	}
	page, err := s.api.Companies.List(ctx, kommo.CardListFilter{
		CardFilter:  kommo.CardFilter{Query: name, Order: kommo.Order{By: "updated_at", Desc: true}},
		ListOptions: kommo.ListOptions{Limit: peoplePage},
	})
	return slices.DeleteFunc(page.Items, func(c kommo.Company) bool { return !directory.SameName(c.Name, name) }), err
}

// chooseContact picks the one contact that phone and e-mail mean; none is the zero
// contact. Phone and e-mail of two different people are a contradiction.
func chooseContact(found []person, n NewLead) (kommo.Contact, error) {
	byPhone := slices.DeleteFunc(slices.Clone(found), func(p person) bool { return !p.ByPhone })
	byEmail := slices.DeleteFunc(slices.Clone(found), func(p person) bool { return !p.ByEmail })
	both := slices.DeleteFunc(slices.Clone(byPhone), func(p person) bool { return !p.ByEmail })
	if len(both) == 0 && len(byPhone) > 0 && len(byEmail) > 0 {
		return kommo.Contact{}, problem.New(problem.Conflict,
			fmt.Sprintf("The phone belongs to %s and the e-mail to %s: nothing was written.", byPhone[0].Name, byEmail[0].Name)).
			WithField("contact_email").WithCandidates(personCandidates(found)...).
			WithNext("Ask which of them is meant and call again with contact_id, or leave phone or e-mail out.")
	}
	fit, argument := both, "contact_phone"
	if len(fit) == 0 {
		fit = byPhone
	}
	if len(fit) == 0 {
		fit, argument = byEmail, "contact_email"
	}
	if len(fit) > 1 {
		named := slices.DeleteFunc(slices.Clone(fit), func(p person) bool { return !directory.SameName(p.Name, n.ContactName) })
		if len(named) != 1 {
			return kommo.Contact{}, problem.Unclear(argument,
				fmt.Sprintf("%d contacts have this %s: nothing was written.", len(fit), strings.TrimPrefix(argument, "contact_")),
				personCandidates(fit)...).
				WithNext("Ask which of them is meant and call again with contact_id.")
		}
		fit = named
	}
	if len(fit) == 0 {
		return kommo.Contact{}, nil
	}
	return fit[0].Contact, nil
}

func personCandidates(found []person) []problem.Candidate {
	var out []problem.Candidate
	for _, p := range found {
		var facts []string
		if p.ByPhone {
			facts = append(facts, "has the phone")
		}
		if p.ByEmail {
			facts = append(facts, "has the e-mail")
		}
		facts = append(facts, fmt.Sprintf("leads: %d", len(p.Embedded.Leads)))
		out = append(out, problem.Candidate{ID: p.ID, Name: cmp.Or(p.Name, "(no name)"), Detail: strings.Join(facts, ", ")})
	}
	return out
}

// chooseCompany picks the one company of that name; among namesakes the one that
// the contact belongs to.
func chooseCompany(found []kommo.Company, contact kommo.Contact) (kommo.Company, error) {
	if len(found) > 1 {
		own := slices.DeleteFunc(slices.Clone(found), func(c kommo.Company) bool {
			return !slices.ContainsFunc(contact.Embedded.Companies, func(l kommo.Linked) bool { return l.ID == c.ID })
		})
		if len(own) == 1 {
			return own[0], nil
		}
		p := problem.Unclear("company_name", fmt.Sprintf("%d companies are called %s: nothing was written.", len(found), found[0].Name)).
			WithNext("Ask which of them is meant and call again with company_id.")
		for _, c := range found {
			p = p.WithCandidates(problem.Candidate{ID: c.ID, Name: c.Name})
		}
		return kommo.Company{}, p
	}
	if len(found) == 0 {
		return kommo.Company{}, nil
	}
	return found[0], nil
}

// addContact puts the contact into the lead: the one found, else a new one.
func (p *newLeadPlan) addContact(s *Service, n NewLead, found parties, fields []kommo.FieldValueWrite) {
	if c := found.contact; c.ID != 0 {
		p.contact = s.record(KindContact, c.ID, c.Name)
		p.lead.Embedded.Contacts = []kommo.ContactWrite{{ID: c.ID}}
		p.warnings = append(p.warnings, notWritten(KindContact, c, n, found.region)...)
		return
	}
	name := cmp.Or(strings.TrimSpace(n.ContactName), strings.TrimSpace(n.ContactPhone), strings.TrimSpace(n.ContactEmail))
	if name == "" {
		return
	}
	w := kommo.ContactWrite{Name: name, ResponsibleID: p.lead.ResponsibleID, Fields: fields}
	if strings.TrimSpace(n.ContactPhone) != "" {
		w.Fields = append(w.Fields, line(kommo.CodePhone, storedPhone(n.ContactPhone, found.region)))
	}
	if strings.TrimSpace(n.ContactEmail) != "" {
		w.Fields = append(w.Fields, line(kommo.CodeEmail, strings.TrimSpace(n.ContactEmail)))
	}
	p.contact = Record{Kind: KindContact, Name: name}
	p.lead.Embedded.Contacts = []kommo.ContactWrite{w}
	p.warnings = append(p.warnings, similarPhones(found.similar)...)
}

func line(code, text string) kommo.FieldValueWrite {
	return kommo.FieldValueWrite{FieldCode: code, Values: []kommo.ValueWrite{{Value: text, EnumCode: "WORK"}}}
}

// notWritten says what was given about an existing card and is not on its
// card: a card is never changed silently.
func notWritten(kind string, c kommo.Contact, n NewLead, region string) []string {
	var out []string
	const next = "; it was not written, update_contact does that."
	if name := strings.TrimSpace(n.ContactName); name != "" && !directory.SameName(name, c.Name) {
		out = append(out, fmt.Sprintf("The %s found is called %s, not %s; its name was left as it is.", kind, c.Name, name))
	}
	if tel := strings.TrimSpace(n.ContactPhone); tel != "" && !slices.ContainsFunc(fieldByCode(c.Fields, kommo.CodePhone).Texts(),
		func(held string) bool { return samePhone(held, tel, region) }) {
		out = append(out, "The "+kind+" found does not have the phone "+tel+next)
	}
	if email := foldEmail(n.ContactEmail); email != "" && !holdsEmail(c.Fields, email) {
		out = append(out, "The "+kind+" found does not have the e-mail "+strings.TrimSpace(n.ContactEmail)+next)
	}
	if len(n.ContactFields) > 0 {
		out = append(out, "contact_fields were not written, since the contact existed; update_contact does that.")
	}
	return out
}

// addCompany puts the company into the lead: the one found, else a new one.
func (p *newLeadPlan) addCompany(s *Service, n NewLead, found parties) {
	if c := found.company; c.ID != 0 {
		p.company = s.record(KindCompany, c.ID, c.Name)
		p.lead.Embedded.Companies = []kommo.CompanyWrite{{ID: c.ID}}
		return
	}
	if name := strings.TrimSpace(n.CompanyName); name != "" {
		p.company = Record{Kind: KindCompany, Name: name}
		p.lead.Embedded.Companies = []kommo.CompanyWrite{{Name: name, ResponsibleID: p.lead.ResponsibleID}}
	}
}
