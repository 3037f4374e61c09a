package crm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// Target names the card that a note or a task goes on: exactly one of the three.
type Target struct {
	LeadID    int64
	ContactID int64
	CompanyID int64
}

// card is one lead, contact or company.
type card struct {
	kind     string
	entity   kommo.Entity
	id       int64
	argument string // the argument that named it
}

// card is the one card named; several or none are refused.
func (t Target) card() (card, error) {
	all := []card{
		{KindLead, kommo.Leads, t.LeadID, "lead_id"},
		{KindContact, kommo.Contacts, t.ContactID, "contact_id"},
		{KindCompany, kommo.Companies, t.CompanyID, "company_id"},
	}
	given := slices.DeleteFunc(all, func(c card) bool { return c.id == 0 })
	if len(given) == 1 {
		return given[0], nil
	}
	const next = "Give exactly one of lead_id, contact_id and company_id."
	if len(given) == 0 {
		return card{}, problem.Invalid("lead_id", "No card was named.").WithNext(next)
	}
	names := make([]string, len(given))
	for i, c := range given {
		names[i] = c.argument
	}
	return card{}, problem.Invalid(given[1].argument, strings.Join(names, " and ")+" were given together; one card is meant.").WithNext(next)
}

// missing is the refusal for a card that Kommo does not have.
func (c card) missing(cause error) error { return c.unknown("; nothing was written.", cause) }

// unseen is the same where the card was only to be read.
func (c card) unseen(cause error) error {
	if errors.Is(cause, kommo.ErrNotFound) || refusedPath(cause, "entity_id") {
		return c.unknown(".", cause)
	}
	return cause
}

func (c card) unknown(end string, cause error) error {
	search := "search_contacts"
	if c.kind == KindLead {
		search = "search_leads"
	}
	return problem.Missing(c.argument, fmt.Sprintf("There is no %s %d, or this token may not see it%s", c.kind, c.id, end)).
		WithNext("Find the right id with " + search + ", then call again.").Wrap(cause)
}

// explained turns Kommo's refusal of a write on the card into one that names the
// argument, where the refusal says that there is no such card. Other errors pass.
func (c card) explained(err error) error {
	if errors.Is(err, kommo.ErrNotFound) || refusedPath(err, "entity_id") {
		return c.missing(err)
	}
	return err
}

// refusedPath tells whether Kommo refused the value at the path (Kommo API facts:
// errors).
func refusedPath(err error, path string) bool {
	e, ok := errors.AsType[*kommo.Error](err)
	return ok && e.Code == kommo.CodeInvalid &&
		slices.ContainsFunc(e.Fields, func(f kommo.FieldError) bool { return f.Path == path || strings.HasSuffix(f.Path, "."+path) })
}
