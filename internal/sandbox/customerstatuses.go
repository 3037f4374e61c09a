package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// customerStatus is a stage of customers.
type customerStatus struct {
	ID, Sort    int64
	Name, Color string
	Default     bool // cannot be deleted
}

const maxCustomerStatuses = 30

// customerStatuses are four in a new account.
func customerStatuses(a *account) *table[customerStatus] {
	t := tableFor[customerStatus](a, "customer_statuses", 25_008_378)
	if t.len() == 0 {
		for i, name := range []string{"Upcoming", "Due", "Bought", "Not bought"} {
			id := t.alloc()
			t.put(id, &customerStatus{ID: id, Sort: int64(i+1) * 10, Name: name, Color: statusColors()[i], Default: i == 0})
		}
	}
	return t
}

func firstCustomerStatus(a *account) int64 { return sortedCustomerStatuses(a)[0].ID }

func sortedCustomerStatuses(a *account) []*customerStatus {
	var rows []*customerStatus
	for _, s := range customerStatuses(a).all() {
		rows = append(rows, s)
	}
	slices.SortStableFunc(rows, func(x, y *customerStatus) int { return cmp.Compare(x.Sort, y.Sort) })
	return rows
}

func customerStatusRoutes() []route {
	const all = "/customers/statuses"
	return []route{
		{Method: "GET", Path: all, Do: listCustomerStatuses},
		{Method: "GET", Path: all + "/{id:int}", Do: ofCustomerStatus(getCustomerStatus)},
		{Method: "POST", Path: all, Do: createCustomerStatuses, Admin: true},
		{Method: "PATCH", Path: all + "/{id:int}", Do: ofCustomerStatus(patchCustomerStatus), Admin: true},
		{Method: "DELETE", Path: all + "/{id:int}", Do: ofCustomerStatus(deleteCustomerStatus), Admin: true},
	}
}

func ofCustomerStatus(do func(*call, *customerStatus) answer) handler {
	return func(c *call) answer {
		s := customerStatuses(c.a).get(c.id("id"))
		if s == nil {
			return problem(http.StatusNotFound, "Status not found")
		}
		return do(c, s)
	}
}

func (c *call) readCustomerStatus(s *customerStatus) object {
	return object{
		"id": s.ID, "name": s.Name, "sort": s.Sort, "is_default": s.Default, "conditions": []any{}, "color": s.Color, "type": 0,
		"account_id": c.a.id, "_links": c.self("/customers/statuses/" + strconv.FormatInt(s.ID, 10)),
	}
}

func listCustomerStatuses(c *call) answer {
	var rows []object
	for _, s := range sortedCustomerStatuses(c.a) {
		rows = append(rows, c.readCustomerStatus(s))
	}
	return ok(whole(c, "statuses", "/customers/statuses", rows))
}

func getCustomerStatus(c *call, s *customerStatus) answer { return ok(c.readCustomerStatus(s)) }

func customerStatusSchema(create bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: create, notBlank: true},
		{name: "sort", kind: intKind},
		{name: "color", kind: stringKind, check: func(_ *call, v any) string {
			if text, _ := v.(string); !slices.Contains(statusColors(), strings.ToLower(text)) {
				return codeNotSupported
			}
			return ""
		}},
	}
}

func (s *customerStatus) set(o object) {
	if v, sent := o.str("name"); sent {
		s.Name = v
	}
	if v, sent := o.int("sort"); sent {
		s.Sort = v
	}
	if v, sent := o.str("color"); sent {
		s.Color = v
	}
}

// createCustomerStatuses answers whole statuses, as the stages of pipelines do.
func createCustomerStatuses(c *call) answer {
	b, bad := c.parseMany(customerStatusSchema(true), maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	all := customerStatuses(c.a)
	if all.len()+len(b) > maxCustomerStatuses {
		return problem(http.StatusUnprocessableEntity, "Statuses limit exceeded")
	}
	out := []object{}
	for _, it := range b {
		s := &customerStatus{ID: all.alloc(), Sort: int64(all.len()+1) * 10, Color: statusColors()[0]}
		s.set(it.object)
		all.put(s.ID, s)
		row := c.readCustomerStatus(s)
		row["request_id"] = it.requestID
		out = append(out, row)
	}
	return ok(whole(c, "statuses", "/customers/statuses", out))
}

func patchCustomerStatus(c *call, s *customerStatus) answer {
	it, bad := c.parseOne(customerStatusSchema(false))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	s.set(it.object)
	return ok(c.readCustomerStatus(s))
}

// deleteCustomerStatus moves its customers to the first one.
func deleteCustomerStatus(c *call, s *customerStatus) answer {
	if s.Default {
		return invalidField("id", codeNotSupported)
	}
	customerStatuses(c.a).del(s.ID)
	for _, k := range customers(c.a).all() {
		if k.StatusID == s.ID {
			k.StatusID = firstCustomerStatus(c.a)
		}
	}
	return noContent()
}
