package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

func cardFilters() []string {
	return append([]string{
		"query", "filter[id]", "filter[name]", "filter[created_by]", "filter[updated_by]", "filter[responsible_user_id]",
		"filter[created_at]", "filter[created_at][from]", "filter[created_at][to]",
		"filter[updated_at]", "filter[updated_at][from]", "filter[updated_at][to]",
		"filter[closest_task_at]", "filter[closest_task_at][from]", "filter[closest_task_at][to]",
	}, fieldValueFilters()...)
}

// findCards returns the contacts or companies of the query in id order: those the
// user may see, from the bin or from outside it, that match filter and query. Cards
// of incoming leads stay out until the lead is accepted.
func (c *call) findCards(entity string) []*card {
	var rows []*card
	bin := c.with("only_deleted")
	search := c.q.get("query")
	for _, k := range cards(c.a, entity).all() {
		if k.Deleted != bin || k.Unsorted || !c.maySee(entity, k.Responsible) || !c.a.sw.FilteringOff && !c.matchCard(k) {
			continue
		}
		if search != "" && !matchQuery(search, k.searchText(c.a)) {
			continue
		}
		rows = append(rows, k)
	}
	return rows
}

func (c *call) matchCard(k *card) bool {
	q := c.q
	return matchIDs(q, k.ID, "filter", "id") &&
		matchText(q, k.Name, "filter", "name") &&
		matchIDs(q, k.CreatedBy, "filter", "created_by") &&
		matchIDs(q, k.UpdatedBy, "filter", "updated_by") &&
		matchIDs(q, k.Responsible, "filter", "responsible_user_id") &&
		matchTime(q, &k.CreatedAt, "filter", "created_at") &&
		matchTime(q, &k.UpdatedAt, "filter", "updated_at") &&
		matchTime(q, c.a.closest(k.ref()), "filter", "closest_task_at") &&
		c.a.matchFieldValues(q, k.Entity, k.Values)
}

// sortCards knows id, updated_at and name; created_at is ignored here, as observed
// (Kommo API facts: contacts and companies).
func sortCards(q query, rows []*card) {
	if name, desc := q.order(); name == "name" {
		slices.SortStableFunc(rows, func(x, y *card) int {
			if desc {
				x, y = y, x
			}
			return cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
		})
		return
	}
	sortRows(q, rows, "updated_at", map[string]func(*card) int64{
		"id":         func(k *card) int64 { return k.ID },
		"updated_at": func(k *card) int64 { return k.UpdatedAt },
	})
}

// searchText is what query looks through: id, names and filled fields.
func (k *card) searchText(a *account) []string {
	return append([]string{strconv.FormatInt(k.ID, 10), k.Name, k.FirstName, k.LastName}, a.fieldValuesText(k.Values)...)
}
