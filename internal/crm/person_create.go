package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// NewPerson is a contact or company to create.
type NewPerson struct {
	Kind           string // contact or company
	Name           string
	Phone          string
	Email          string
	CompanyID      int64  // of a contact: the company it belongs to
	CompanyName    string // likewise, by name; one of exactly that name is reused
	Responsible    string // empty: the user of the token
	Fields         map[string]any
	Tags           []string
	AllowDuplicate bool   // create although one like it exists
	Key            string // idempotency key; empty: none
}

// card is the kind of card that is made.
func (n NewPerson) card() card {
	if n.Kind == KindCompany {
		return card{kind: KindCompany, entity: kommo.Companies, argument: "company_id"}
	}
	return card{kind: KindContact, entity: kommo.Contacts, argument: "contact_id"}
}

// CreatePerson makes a contact or a company, unless one like it exists: one with
// the phone or e-mail, or a company of exactly that name. That one is answered
// under found and not changed. A contact is put into its company by a second
// request, whose failure is a warning. A lost answer is looked up among the
// newest records (Kommo API facts: contacts and companies).
func (s *Service) CreatePerson(ctx context.Context, n NewPerson) (Made, error) {
	if err := n.check(); err != nil {
		return Made{}, err
	}
	out, repeat, err := once(ctx, s, "create_"+n.Kind, n.Key, n, func(ctx context.Context) (Made, error) {
		return withNames(ctx, s, func(ctx context.Context) (Made, error) { return s.createPerson(ctx, n) })
	})
	out.Repeat = repeat
	return out, err
}

// check refuses what needs no request to be refused.
func (n NewPerson) check() error {
	switch {
	case n.Kind == KindCompany:
		if err := needText("name", n.Name); err != nil {
			return err
		}
	case strings.TrimSpace(n.Name+n.Phone+n.Email) == "":
		return problem.Invalid("name", "Neither name nor phone nor email was given.").WithNext("Give at least one of them, best the name.")
	}
	if n.CompanyID != 0 && strings.TrimSpace(n.CompanyName) != "" {
		return problem.Invalid("company_id", "The arguments company_id and company_name were given together.").WithNext("Give one of them.")
	}
	return checkEmail("email", n.Email)
}

func (s *Service) createPerson(ctx context.Context, n NewPerson) (Made, error) {
	w, warning, err := s.personWrite(ctx, n)
	if err != nil {
		return Made{}, err
	}
	known, err := s.knownPeople(ctx, n)
	if err != nil {
		return Made{}, err
	}
	out := Made{Created: []Record{}, Found: []Record{}, Warnings: warned(nil, warning)}
	if known.twin.ID != 0 && !s.madeBefore(ctx, known.twin, w.Name) {
		return s.foundTwin(n, known, out), nil
	}
	c := n.card()
	if out.ID, out.LookedUp, err = s.writeNewPerson(ctx, c, w); err != nil {
		return Made{}, err
	}
	out.URL = s.cardURL(c.kind, out.ID)
	out.Created = append(out.Created, s.record(c.kind, out.ID, w.Name))
	out.Warnings = append(out.Warnings, similarPhones(known.similar)...)
	if n.Kind == KindContact {
		s.intoCompany(ctx, n, known.company, &out)
	}
	return out, nil
}

// madeBefore tells whether the twin is what an earlier try of this job has made: it
// is then looked up as such.
func (s *Service) madeBefore(ctx context.Context, twin kommo.Contact, name string) bool {
	job, _ := jobOf(ctx)
	return !job.since.IsZero() && sameText(twin.Name, name) && !twin.CreatedAt.Time().Before(job.since.Add(-clockSkew))
}

// personWrite resolves the names in a new card.
func (s *Service) personWrite(ctx context.Context, n NewPerson) (w kommo.ContactWrite, warning string, err error) {
	w.Name = cmp.Or(strings.TrimSpace(n.Name), strings.TrimSpace(n.Phone), strings.TrimSpace(n.Email))
	region, err := s.region(ctx, n.Phone)
	if err != nil {
		return w, "", err
	}
	if err := checkPhone("phone", n.Phone, region); err != nil {
		return w, "", err
	}
	user, warning, err := s.owner(ctx, n.Responsible)
	if err != nil {
		return w, "", err
	}
	w.ResponsibleID = user.ID
	of := n.card().entity
	if w.Fields, err = s.fieldWrites(ctx, of, filled(n.Fields)); err != nil {
		return w, "", err
	}
	if err := s.ownArguments(ctx, of, w.Fields, "fields", map[string]string{kommo.CodePhone: "phone", kommo.CodeEmail: "email"}); err != nil {
		return w, "", err
	}
	if strings.TrimSpace(n.Phone) != "" {
		w.Fields = append(w.Fields, line(kommo.CodePhone, storedPhone(n.Phone, region)))
	}
	if strings.TrimSpace(n.Email) != "" {
		w.Fields = append(w.Fields, line(kommo.CodeEmail, strings.TrimSpace(n.Email)))
	}
	w.AddTags = kommo.TagNames(n.Tags)
	return w, warning, nil
}

// ownArguments refuses phone and e-mail among custom fields: they have arguments
// of their own, by which existing records are found.
func (s *Service) ownArguments(ctx context.Context, of kommo.Entity, writes []kommo.FieldValueWrite, within string, arguments map[string]string) error {
	if len(writes) == 0 {
		return nil
	}
	for code, argument := range arguments {
		f, err := s.names.Field(ctx, of, code)
		if err == nil && slices.ContainsFunc(writes, func(w kommo.FieldValueWrite) bool { return w.FieldID == f.ID }) {
			return problem.Invalid(within, f.Name+" has an argument of its own.").WithNext("Give it as " + argument + ".")
		}
	}
	return nil
}

// knowns are the records that exist before a card is made.
type knowns struct {
	twin    kommo.Contact // the one like it; of a company id, name and values count
	similar []kommo.Contact
	company kommo.Company // that a contact is to belong to
	region  string
}

// knownPeople looks for a card like the new one and for its company, at once.
func (s *Service) knownPeople(ctx context.Context, n NewPerson) (knowns, error) {
	var out knowns
	var found people
	var twins []likeCompany
	var companies []kommo.Company
	var err error
	if out.region, err = s.region(ctx, n.Phone); err != nil {
		return out, err
	}
	g, groupCtx := errgroup.WithContext(ctx)
	switch {
	case n.Kind == KindCompany && !n.AllowDuplicate:
		g.Go(func() (err error) { twins, err = s.companiesLike(groupCtx, n, out.region); return err })
	case n.Kind == KindContact:
		g.Go(func() (err error) { found, err = s.findPeople(groupCtx, n.Phone, n.Email); return err })
	}
	g.Go(func() (err error) { out.company, err = s.companyByID(groupCtx, n.CompanyID); return err })
	g.Go(func() (err error) { companies, err = s.companiesCalled(groupCtx, n.CompanyName); return err })
	if err := g.Wait(); err != nil {
		return out, err
	}
	out.similar = found.Similar
	switch {
	case n.AllowDuplicate:
	case n.Kind == KindCompany:
		out.twin, err = chooseLike(n, twins)
	default:
		out.twin, err = chooseTwin(n, found.Matches)
	}
	if err != nil {
		return out, err
	}
	if n.CompanyID == 0 && len(companies) > 0 {
		out.company, err = chooseCompany(companies, out.twin)
	}
	return out, err
}

const nextOfTwins = "Ask which of them is meant and work with its id, or call again with allow_duplicate true if it is yet another one."

// chooseTwin picks the one contact like the new one; none is the zero contact.
// Several are a question to the person.
func chooseTwin(n NewPerson, people []person) (kommo.Contact, error) {
	if len(people) > 1 {
		named := slices.DeleteFunc(slices.Clone(people), func(p person) bool { return !directory.SameName(p.Name, n.Name) })
		if len(named) == 1 {
			people = named
		}
	}
	switch len(people) {
	case 0:
		return kommo.Contact{}, nil
	case 1:
		return people[0].Contact, nil
	default:
		return kommo.Contact{}, problem.Unclear(argumentOf(n), fmt.Sprintf("%d contacts have this phone or e-mail already: nothing was written.", len(people)),
			personCandidates(people)...).WithNext(nextOfTwins)
	}
}

// argumentOf is the argument by which contacts were found.
func argumentOf(n NewPerson) string {
	if strings.TrimSpace(n.Phone) == "" {
		return "email"
	}
	return "phone"
}

// foundTwin answers the card that exists in place of a new one.
func (s *Service) foundTwin(n NewPerson, known knowns, out Made) Made {
	c, twin := n.card(), known.twin
	out.ID, out.URL = twin.ID, s.cardURL(c.kind, twin.ID)
	out.Found = append(out.Found, s.record(c.kind, twin.ID, twin.Name))
	out.Warnings = append(out.Warnings, fmt.Sprintf("This %s existed; nothing was written. allow_duplicate true makes another one.", c.kind))
	out.Warnings = append(out.Warnings, notWritten(n.Kind, twin, NewLead{ContactName: n.Name, ContactPhone: n.Phone, ContactEmail: n.Email}, known.region)...)
	if len(n.Fields)+len(n.Tags) > 0 || strings.TrimSpace(n.Responsible) != "" {
		out.Warnings = append(out.Warnings, "fields, tags and responsible were not written; update_contact does that.")
	}
	if company := known.company; n.CompanyID != 0 || strings.TrimSpace(n.CompanyName) != "" {
		if company.ID == 0 || !slices.ContainsFunc(twin.Embedded.Companies, func(l kommo.Linked) bool { return l.ID == company.ID }) {
			out.Warnings = append(out.Warnings, "It was not put into the company; link_records does that.")
		}
	}
	return out
}

func similarPhones(similar []kommo.Contact) []string {
	var out []string
	for _, c := range similar[:min(len(similar), 3)] {
		out = append(out, fmt.Sprintf("%s (contact %d) has a similar phone; it was not reused, since it is not certainly the same number.", c.Name, c.ID))
	}
	return out
}
