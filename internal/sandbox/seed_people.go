package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

// seedPhone is the n-th number of the ranges kept for fiction, written in one of
// the ways people write numbers.
func seedPhone(n int) string {
	area := []string{"202", "303", "415", "512", "617", "704"}[n/100%6]
	last := fmt.Sprintf("01%02d", n%100)
	switch n % 4 {
	case 0:
		return "+1 " + area + " 555 " + last
	case 1:
		return "(" + area + ") 555-" + last
	case 2:
		return "+1" + area + "555" + last
	default:
		return area + "-555-" + last
	}
}

func seedMail(name string, n int) string {
	return strings.ReplaceAll(strings.ToLower(name), " ", ".") + strconv.Itoa(n) + "@example.com"
}

// companiesDemo adds n companies.
func (p *seedPlan) companiesDemo(n int) {
	names := companyNames()
	for i := range n {
		at, d := p.ago(p.dice.below(360)), &p.dice
		place := pick(d, places())
		c := seedEntity{
			name: names[i%len(names)], responsible: p.seller(), created: at, updated: at, company: -1,
			values: []seedValue{
				coded("Phone", "WORK", seedPhone(300+i)),
				coded("Email", "WORK", fmt.Sprintf("office%d@example.com", i+1)),
				one("Web", fmt.Sprintf("https://company%d.example.com", i+1)),
				one("Address", fmt.Sprintf("%d %s, %s, %s %s", 100+i*7, pick(d, streets()), place.city, place.state, place.zip)),
			},
		}
		if i%2 == 0 {
			c.values = append(c.values, several("Industry", pick(d, industries())), one("Employees", strconv.FormatInt(d.between(3, 400), 10)))
		}
		if i%5 == 0 {
			c.tags = append(c.tags, "partner")
			c.values = append(c.values, one("Legal details", object{
				"name": c.name + " LLC", "entity_type": int64(2), "vat_id": strconv.Itoa(541_000_000 + i), "address": place.city,
			}))
		}
		p.companies = append(p.companies, p.withTypes(c, "companies", i))
	}
}

// knownContacts are the people that demos and tests call by name. The first has
// two open leads, the second to fifth have foreign numbers, two share a phone, and
// one has no lead.
func knownContacts() []seedEntity {
	person := func(first, last string, values ...seedValue) seedEntity {
		return seedEntity{name: first + " " + last, first: first, last: last, company: -1, values: values}
	}
	return []seedEntity{
		person("Grace", "Holloway", coded("Phone", "MOB", "+1 202 555 0101"), coded("Email", "PRIV", "grace.holloway@example.com")),
		person("Thiago", "Almeida", coded("Phone", "MOB", "+55 11 95555-0142"), coded("Email", "WORK", "thiago.almeida@example.com")),
		person("Ximena", "Robles", coded("Phone", "MOB", "+52 1 55 5555 0143"), coded("Email", "WORK", "ximena.robles@example.com")),
		person("Íñigo", "Peñalver", coded("Phone", "MOB", "+34 600 000 144"), coded("Email", "WORK", "inigo.penalver@example.com")),
		person("Dmitri", "Sokolov", coded("Phone", "MOB", "8 (900) 000-01-45"), coded("Email", "OTHER", "dmitri.sokolov@example.com")),
		person("Rosa", "Delgado", coded("Phone", "HOME", "(202) 555-0150", "MOB", "+1 202 555 0151"), coded("Email", "PRIV", "rosa.delgado@example.com")),
		person("Luis", "Delgado", coded("Phone", "HOME", "+12025550150")),
		person("Nora", "Quill", coded("Phone", "WORK", "+1 202 555 0160"), coded("Email", "WORK", "nora.quill@example.com")),
		person("Peter", "Kowalski", coded("Phone", "MOB", "202.555.0161"), coded("Email", "WORK", "peter.kowalski@example.com")),
	}
}

// knownPeople is how many there are of them.
const knownPeople = 9

// withoutLead is the index of the contact that never gets a lead.
const withoutLead = 7

// contactsDemo adds n contacts, the known ones first.
func (p *seedPlan) contactsDemo(n int) {
	list, d := knownContacts(), &p.dice
	firsts, lasts := firstNames(), lastNames()
	for i := len(list); i < n; i++ {
		first, last := firsts[(i*7)%len(firsts)], lasts[(i*11+i/len(lasts))%len(lasts)]
		c := seedEntity{name: first + " " + last, first: first, last: last, company: -1}
		c.values = append(c.values, coded("Phone", pick(d, []string{"WORK", "MOB", "HOME"}), seedPhone(100+i)))
		if !d.chance(15) {
			c.values = append(c.values, coded("Email", pick(d, []string{"WORK", "PRIV"}), seedMail(c.name, i)))
		}
		if len(p.companies) > 0 && d.chance(35) {
			c.company = d.below(len(p.companies))
			c.values = append(c.values, one("Position", pick(d, []string{"Owner", "Facilities manager", "Office manager", "CFO"})))
		}
		list = append(list, c)
	}
	for i, c := range list[:n] {
		c.responsible, c.created = p.seller(), p.ago(d.below(365))
		c.updated = c.created
		if i%6 == 1 {
			c.tags = append(c.tags, pick(d, []string{"homeowner", "landlord", "newsletter"}))
		}
		p.contacts = append(p.contacts, p.withTypes(c, "contacts", i))
	}
}
