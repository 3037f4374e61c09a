package sandbox

import (
	"fmt"
	"net/http"
)

// segment is a group of customers.
type segment struct {
	ID                   int64
	Name, Color          string
	CreatedAt, UpdatedAt int64
	Values               []fieldValue
}

func customerSegments(a *account) *table[segment] { return tableFor[segment](a, "segments", 51_001) }

const maxSegments = 100

func segmentRoutes() []route {
	return []route{
		{Method: "GET", Path: "/customers/segments", Do: listSegments},
		{Method: "GET", Path: "/customers/segments/{id:int}", Do: getSegment},
		{Method: "POST", Path: "/customers/segments", Do: createSegments, Admin: true},
		{Method: "PATCH", Path: "/customers/segments/{id:int}", Do: patchSegment, Admin: true},
		{Method: "DELETE", Path: "/customers/segments/{id:int}", Do: deleteSegment, Admin: true},
	}
}

func (c *call) readSegment(s *segment, self func(string) links) object {
	count := 0
	for _, k := range customers(c.a).all() {
		for _, id := range k.Segments {
			if id == s.ID {
				count++
			}
		}
	}
	return object{
		"id": s.ID, "name": s.Name, "color": s.Color, "created_at": s.CreatedAt, "updated_at": s.UpdatedAt, "account_id": c.a.id,
		"customers_count": count, "available_products_price_types": []any{},
		"custom_fields_values": c.a.fieldValuesView(segmentFields, s.Values), "_links": self(fmt.Sprintf("/customers/segments/%d", s.ID)),
	}
}

func listSegments(c *call) answer {
	var rows []*segment
	for _, s := range customerSegments(c.a).all() {
		rows = append(rows, s)
	}
	return list(c, paging{}, "segments", "/customers/segments", rows, func(s *segment) object { return c.readSegment(s, c.selfItem) })
}

func segmentMissing() answer { return problem(http.StatusNotFound, "Segment not found") }

func getSegment(c *call) answer {
	s := customerSegments(c.a).get(c.id("id"))
	if s == nil {
		return segmentMissing()
	}
	return ok(c.readSegment(s, c.self))
}

func segmentSchema(create bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: create, notBlank: true},
		{name: "color", kind: stringKind},
		{name: "available_products_price_types", kind: listKind},
		customFieldValues(segmentFields),
	}
}

func (c *call) setSegment(s *segment, o object) {
	if v, sent := o.str("name"); sent {
		s.Name = v
	}
	if v, sent := o.str("color"); sent {
		s.Color = v
	}
	s.Values, s.UpdatedAt = c.applyFieldValues(segmentFields, s.ID, s.Values, o), c.now()
}

func createSegments(c *call) answer {
	b, bad := c.parseMany(segmentSchema(true), maxSegments)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkFieldValues(segmentFields, it.object, "", &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if customerSegments(c.a).len()+len(b) > maxSegments {
		return problem(http.StatusUnprocessableEntity, "Segments limit exceeded")
	}
	out := []object{}
	for _, it := range b {
		s := &segment{ID: customerSegments(c.a).alloc(), Color: "#28dbe6", CreatedAt: c.now()}
		customerSegments(c.a).put(s.ID, s)
		c.setSegment(s, it.object)
		row := c.readSegment(s, c.self)
		row["request_id"] = it.requestID
		out = append(out, row)
	}
	return ok(whole(c, "segments", "/customers/segments", out))
}

func patchSegment(c *call) answer {
	s := customerSegments(c.a).get(c.id("id"))
	if s == nil {
		return segmentMissing()
	}
	it, bad := c.parseOne(segmentSchema(false))
	if bad != nil {
		return *bad
	}
	c.checkFieldValues(segmentFields, it.object, "", &it.p)
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.setSegment(s, it.object)
	return ok(c.readSegment(s, c.self))
}

func deleteSegment(c *call) answer {
	if !customerSegments(c.a).has(c.id("id")) {
		return segmentMissing()
	}
	customerSegments(c.a).del(c.id("id"))
	return noContent()
}
