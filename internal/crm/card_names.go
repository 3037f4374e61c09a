package crm

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// cardKey names a lead, contact or company.
type cardKey struct {
	entity kommo.Entity
	id     int64
}

// cardNames names the cards that rows of other records belong to, with one
// request a kind. A name that cannot be read is left out: id and link are there.
func (s *Service) cardNames(ctx context.Context, keys []cardKey) map[cardKey]string {
	ids := map[kommo.Entity][]int64{}
	seen := map[cardKey]bool{}
	for _, key := range keys {
		if key.id != 0 && !seen[key] {
			seen[key] = true
			ids[key.entity] = append(ids[key.entity], key.id)
		}
	}
	var leads []kommo.Lead
	var contacts []kommo.Contact
	var companies []kommo.Company
	var g errgroup.Group
	g.Go(func() (err error) { leads, err = s.readLeads(ctx, ids[kommo.Leads]); return err })
	g.Go(func() (err error) { contacts, err = s.readContacts(ctx, ids[kommo.Contacts]); return err })
	g.Go(func() (err error) { companies, err = s.readCompanies(ctx, ids[kommo.Companies]); return err })
	_ = g.Wait() // the rows are worth showing without names
	out := map[cardKey]string{}
	for _, l := range leads {
		out[cardKey{kommo.Leads, l.ID}] = l.Name
	}
	for _, c := range contacts {
		out[cardKey{kommo.Contacts, c.ID}] = c.Name
	}
	for _, c := range companies {
		out[cardKey{kommo.Companies, c.ID}] = c.Name
	}
	return out
}
