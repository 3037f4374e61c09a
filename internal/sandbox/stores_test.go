package sandbox

import (
	"slices"
	"testing"
)

func TestTableKeepsIDOrder(t *testing.T) {
	tb := newTable[string](10)
	put := func(id int64, s string) { tb.put(id, &s) }
	put(tb.alloc(), "ten")
	put(3, "three")
	put(50, "fifty")
	put(3, "three again")
	if id := tb.alloc(); id != 51 {
		t.Errorf("alloc %d", id)
	}
	tb.del(50)
	tb.del(99)
	var ids []int64
	for id := range tb.all() {
		ids = append(ids, id)
	}
	if !slices.Equal(ids, []int64{3, 10}) || *tb.get(3) != "three again" || tb.has(50) || tb.row(50) != nil {
		t.Errorf("ids %v", ids)
	}
	for id := range tb.all() { // deleting while walking is allowed
		tb.del(id)
	}
	if tb.len() != 0 {
		t.Errorf("%d left", tb.len())
	}
}

func TestOneTableNameHasOneType(t *testing.T) {
	a := newAccount(1, "a.kommo.com", New().clock, Switches{})
	first := tableFor[int](a, "x", 1)
	if again := tableFor[int](a, "x", 1); again != first {
		t.Error("two tables under one name")
	}
	defer func() {
		if recover() == nil {
			t.Error("a second row type went unnoticed")
		}
	}()
	tableFor[string](a, "x", 1)
}

func TestLinksAreSeenFromBothEnds(t *testing.T) {
	g := newRig(t)
	lead, co1, co2 := ref{"leads", 1}, ref{"companies", 2}, ref{"companies", 3}
	c1, c2 := ref{"contacts", 4}, ref{"contacts", 5}
	g.state(func(a *account) {
		c := &call{s: g.s, a: a}
		c.linkEntities(lead, c1)
		c.linkEntities(c2, lead) // the other way round
		c.linkEntities(lead, co1)
		c.linkEntities(co2, lead) // takes the place of co1
		c.linkEntities(lead, c1)  // again: nothing happens
		if got := a.links.ids(lead, "companies"); !slices.Equal(got, []int64{3}) {
			t.Errorf("companies %v", got)
		}
		if got := a.links.ids(c2, "leads"); !slices.Equal(got, []int64{1}) {
			t.Errorf("leads of the contact %v", got)
		}
		if len(a.links.of(co1, "")) != 0 {
			t.Error("the old company still has the lead")
		}
		if !a.links.find(lead, c1).main || a.links.find(lead, c2).main {
			t.Error("the first contact is the main one")
		}
		if !c.unlinkEntities(c1, lead) || c.unlinkEntities(c1, lead) {
			t.Error("unlink tells whether there was a link")
		}
		if !a.links.find(lead, c2).main {
			t.Error("no main contact after the main one left")
		}
	})
	linked, unlinked := 0, 0
	for _, typ := range g.eventTypes(0) {
		switch typ {
		case "entity_linked":
			linked++
		case "entity_unlinked":
			unlinked++
		}
	}
	if linked != 8 || unlinked != 4 {
		t.Errorf("%d linked, %d unlinked", linked, unlinked)
	}
}

func TestEventIDsSortByTime(t *testing.T) {
	early, late := eventID(1_700_000_000), eventID(1_700_000_001)
	if len(early) != 26 || early >= late || early == eventID(1_700_000_000) {
		t.Errorf("%s %s", early, late)
	}
}

func TestSingularNames(t *testing.T) {
	for plural, want := range map[string]string{"leads": "lead", "contacts": "contact", "companies": "company", "customers": "customer"} {
		if got := singular(plural); got != want {
			t.Errorf("%s: %s", plural, got)
		}
	}
}
