package sandbox

import "fmt"

// card is a contact or a company as it is kept; cardView is how it reads. The two
// differ only in the names and links that a contact has.
type card struct {
	ID, Responsible      int64
	Entity               string // "contacts" or "companies"
	Name                 string
	FirstName, LastName  string // contacts only
	CreatedBy, UpdatedBy int64
	CreatedAt, UpdatedAt int64
	Deleted, Unsorted    bool
	Values               []fieldValue
	Tags                 []int64
}

func contacts(a *account) *table[card] { return tableFor[card](a, "contacts", 52_330_001) }

func companies(a *account) *table[card] { return tableFor[card](a, "companies", 53_870_001) }

// cards is the table of one of the two kinds.
func cards(a *account, entity string) *table[card] {
	if entity == "companies" {
		return companies(a)
	}
	return contacts(a)
}

func (k *card) ref() ref { return ref{k.Entity, k.ID} }

func cardPath(entity string, id int64) string { return fmt.Sprintf("/%s/%d", entity, id) }

func cardRoutes() []route {
	out := chatRoutes()
	for entity, with := range map[string][]string{
		"contacts":  {"leads", "catalog_elements", "customers", "social_profiles", "only_deleted"},
		"companies": {"leads", "contacts", "catalog_elements", "customers", "only_deleted"},
	} {
		do := func(h func(*call, string) answer) handler {
			return func(c *call) answer { return h(c, entity) }
		}
		one := "/" + entity + "/{id:int}"
		out = append(out,
			route{Method: "GET", Path: "/" + entity, Do: do(listCards), With: with, Order: []string{"id", "updated_at", "name"}, Query: cardFilters()},
			route{Method: "GET", Path: one, Do: do(getCard), With: with},
			route{Method: "POST", Path: "/" + entity, Do: do(createCards)},
			route{Method: "PATCH", Path: "/" + entity, Do: do(patchCards)},
			route{Method: "PATCH", Path: one, Do: do(patchCard)})
	}
	return out
}

func listCards(c *call, entity string) answer {
	rows := c.findCards(entity)
	sortCards(c.q, rows)
	return list(c, paging{}, entity, "/"+entity, rows, func(k *card) any {
		return c.readCard(k, c.selfItem)
	})
}

// getCard answers 204 for an unknown card, and for one in the bin unless the bin is
// asked for.
func getCard(c *call, entity string) answer {
	k := cards(c.a, entity).get(c.id("id"))
	if k == nil || k.Deleted != c.with("only_deleted") {
		return noContent()
	}
	if !c.maySee(entity, k.Responsible) {
		return forbidden()
	}
	return ok(c.readCard(k, c.self))
}

// cardWritten is the row of a write answer; recordings show the two flags on
// contacts in both POST and PATCH (Kommo API facts: transport).
type cardWritten struct {
	ID         int64   `json:"id"`
	Name       *string `json:"name,omitempty"`
	UpdatedAt  int64   `json:"updated_at,omitempty"`
	IsDeleted  *bool   `json:"is_deleted,omitempty"`
	IsUnsorted *bool   `json:"is_unsorted,omitempty"`
	RequestID  string  `json:"request_id,omitempty"`
	Links      links   `json:"_links"`
}

func (c *call) cardWritten(k *card) cardWritten {
	out := cardWritten{ID: k.ID, Links: c.self(cardPath(k.Entity, k.ID))}
	if k.Entity == "contacts" {
		out.IsDeleted, out.IsUnsorted = new(bool), &k.Unsorted
	}
	return out
}

func createCards(c *call, entity string) answer {
	if !c.mayAdd(entity) {
		return forbidden()
	}
	b, bad := c.parseMany(cardCreateSchema(entity), maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkFieldValues(entity, it.object, "", &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []cardWritten
	for _, it := range b {
		row := c.cardWritten(c.addCard(entity, it.object))
		row.RequestID = it.requestID
		out = append(out, row)
	}
	return ok(writeBody(c, entity, "/"+entity, out))
}

func patchCards(c *call, entity string) answer {
	s := append(cardPatchSchema(entity), field{name: "id", kind: intKind, required: true})
	b, bad := c.parseMany(s, maxBatch)
	if bad != nil {
		return *bad
	}
	target := func(it *item) *card {
		id, _ := it.int("id")
		return cards(c.a, entity).get(id)
	}
	for _, it := range b {
		if k := target(it); it.has("id") && (k == nil || k.Deleted) {
			it.p.add("id", codeNotSupported)
		}
	}
	out, bad := c.patchCardsOf(b, target)
	if bad != nil {
		return *bad
	}
	return ok(writeBody(c, entity, "/"+entity, out))
}

func patchCard(c *call, entity string) answer {
	k := cards(c.a, entity).get(c.id("id"))
	if k == nil || k.Deleted {
		return invalidField("id", codeNotSupported)
	}
	it, bad := c.parseOne(cardPatchSchema(entity))
	if bad != nil {
		return *bad
	}
	out, bad := c.patchCardsOf(batch{it}, func(*item) *card { return k })
	if bad != nil {
		return *bad
	}
	// A single PATCH answers the bare object.
	return ok(out[0])
}

// patchCardsOf checks every item, then applies all, or nothing when one is refused.
func (c *call) patchCardsOf(b batch, target func(*item) *card) ([]cardWritten, *answer) {
	for _, it := range b {
		k := target(it)
		if k != nil {
			it.keepsResponsible(k.Responsible)
		}
		if k != nil && len(it.p.list) == 0 {
			if !c.mayEdit(k.Entity, k.Responsible) {
				return nil, new(forbidden())
			}
			c.checkFieldValues(k.Entity, it.object, "", &it.p)
		}
	}
	if bad := b.refused(); bad != nil {
		return nil, bad
	}
	var out []cardWritten
	for _, it := range b {
		k := target(it)
		c.updateCard(k, it.object)
		row := c.cardWritten(k)
		row.Name, row.UpdatedAt = &k.Name, k.UpdatedAt
		if it.sentID {
			row.RequestID = it.requestID
		}
		out = append(out, row)
	}
	return out, nil
}

// trashCard puts the card into the bin, where only with=only_deleted finds it.
func (c *call) trashCard(k *card) {
	k.Deleted, k.UpdatedAt, k.UpdatedBy = true, c.now(), c.actor()
	c.log(singular(k.Entity)+"_deleted", k.Entity, k.ID, nil, nil)
}
