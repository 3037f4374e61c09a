package sandbox

import "slices"

// entityLink is one link between two entities. It is stored once and seen from
// both ends. Meta is what the API shows: main_contact for contacts,
// quantity, catalog_id, price_id for catalog elements; nil otherwise.
type entityLink struct {
	a, b ref
	main bool // of a contact on a lead
	meta object
}

// other is the far end of the link seen from r.
func (l *entityLink) other(r ref) ref {
	if l.a == r {
		return l.b
	}
	return l.a
}

// linkStore holds the links of an account in the order they were made.
type linkStore struct {
	byRef map[ref][]*entityLink
}

// of returns the links of r to entities of that kind ("" for all), oldest first.
func (s *linkStore) of(r ref, entity string) []*entityLink {
	var out []*entityLink
	for _, l := range s.byRef[r] {
		if entity == "" || l.other(r).entity == entity {
			out = append(out, l)
		}
	}
	return out
}

// ids returns the ids of the entities of that kind linked with r.
func (s *linkStore) ids(r ref, entity string) []int64 {
	var out []int64
	for _, l := range s.of(r, entity) {
		out = append(out, l.other(r).id)
	}
	return out
}

// find returns the link between the two, or nil.
func (s *linkStore) find(a, b ref) *entityLink {
	for _, l := range s.byRef[a] {
		if l.other(a) == b {
			return l
		}
	}
	return nil
}

// add links the two, or returns the link there is; made tells which.
func (s *linkStore) add(a, b ref) (l *entityLink, made bool) {
	if l := s.find(a, b); l != nil {
		return l, false
	}
	if s.byRef == nil {
		s.byRef = map[ref][]*entityLink{}
	}
	l = &entityLink{a: a, b: b}
	s.byRef[a] = append(s.byRef[a], l)
	s.byRef[b] = append(s.byRef[b], l)
	return l, true
}

// remove unlinks the two; false when they were not linked.
func (s *linkStore) remove(a, b ref) bool {
	l := s.find(a, b)
	if l == nil {
		return false
	}
	for _, r := range []ref{a, b} {
		s.byRef[r] = slices.DeleteFunc(s.byRef[r], func(x *entityLink) bool { return x == l })
	}
	return true
}

// setMain makes the contact the lead's main one, and no other.
func (s *linkStore) setMain(lead ref, contact int64) {
	for _, l := range s.of(lead, "contacts") {
		l.main = l.other(lead).id == contact
	}
}

// keepMain makes the oldest contact of a lead its main one when it has none. Either
// of the two refs is the lead; other pairs are left alone.
func (s *linkStore) keepMain(a, b ref) {
	if a.entity != "leads" {
		a, b = b, a
	}
	if a.entity != "leads" || b.entity != "contacts" {
		return
	}
	contacts := s.of(a, "contacts")
	if len(contacts) > 0 && !slices.ContainsFunc(contacts, func(l *entityLink) bool { return l.main }) {
		contacts[0].main = true
	}
}
