package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// planPeople narrows to the leads of a contact, a company, or both.
func (s *Service) planPeople(ctx context.Context, p *leadPlan, contactID, companyID int64) error {
	if contactID == 0 && companyID == 0 {
		return nil
	}
	var lists [][]int64
	if contactID != 0 {
		c, err := s.api.Contacts.Get(ctx, contactID, "leads")
		if err != nil {
			return notFound("contact_id", "contact", err, "search_contacts")
		}
		lists = append(lists, linkedIDs(c.Embedded.Leads))
	}
	if companyID != 0 {
		c, err := s.api.Companies.Get(ctx, companyID, "leads")
		if err != nil {
			return notFound("company_id", "company", err, "search_contacts with kind company")
		}
		lists = append(lists, linkedIDs(c.Embedded.Leads))
	}
	ids := lists[0]
	for _, other := range lists[1:] {
		ids = slices.DeleteFunc(ids, func(id int64) bool { return !slices.Contains(other, id) })
	}
	p.only(ids)
	return nil
}

func (p *leadPlan) only(ids []int64) {
	if len(ids) == 0 {
		p.nothing = "This contact or company has no leads. get_contact shows the card, create_lead_with_contact makes a lead for it."
		return
	}
	if len(ids) > maxIDs {
		slices.Sort(ids)
		ids = ids[len(ids)-maxIDs:]
		p.partial = true
		p.remark = fmt.Sprintf("The card has more leads than can be asked for at once: only the %d newest were looked at.", maxIDs)
	}
	p.filter.IDs = ids
	p.check(func(l kommo.Lead) bool { return slices.Contains(ids, l.ID) })
}

func linkedIDs(links []kommo.Linked) []int64 {
	out := make([]int64, 0, len(links))
	for _, l := range links {
		out = append(out, l.ID)
	}
	return out
}
