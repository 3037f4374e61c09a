package sandbox

import (
	"fmt"
	"strconv"
	"time"
)

func roofTypes() []string { return []string{"Asphalt shingle", "Metal", "Tile", "Flat", "Slate"} }

func industries() []string {
	return []string{"Food", "Health", "Housing", "Logistics", "Education", "Retail", "Industry"}
}

// fieldsDemo defines a field of every type that the entity may have (Kommo API
// facts: custom fields, availability).
func (p *seedPlan) fieldsDemo() {
	p.fields["leads"] = []seedField{
		{name: "Roof type", typ: "select", options: roofTypes()},
		{name: "Services", typ: "multiselect", options: []string{"Solar panels", "Battery", "Roof replacement", "Repair", "EV charger"}},
		{name: "Ownership", typ: "radiobutton", options: []string{"Owner", "Tenant", "Landlord"}},
		{name: "System size, kW", typ: "numeric"},
		{name: "Budget", typ: "monetary"},
		{name: "Financing", typ: "checkbox"},
		{name: "Install date", typ: "date"},
		{name: "Survey appointment", typ: "date_time"},
		{name: "Contract number", typ: "text"},
		{name: "Site notes", typ: "textarea"},
		{name: "Proposal", typ: "url"},
		{name: "Site address", typ: "streetaddress"},
		{name: "Billing address", typ: "smart_address"},
		{name: "Warranty anniversary", typ: "birthday"},
		{name: "Contract party", typ: "legal_entity"},
		{name: "Roof photo", typ: "file"},
		{name: "Equipment", typ: "chained_list"},
		{name: "utm_source", code: "UTM_SOURCE", typ: "tracking_data", predefined: true},
		{name: "utm_campaign", code: "UTM_CAMPAIGN", typ: "tracking_data", predefined: true},
	}
	everywhere := func(list string) []seedField {
		return []seedField{
			{name: list, typ: "select", options: map[string][]string{
				"Industry": industries(), "Preferred language": {"English", "Spanish", "Portuguese", "Russian"},
			}[list]},
			{name: "Interests", typ: "multiselect", options: []string{"Solar", "Roofing", "Storage", "Maintenance"}},
			{name: "Contact channel", typ: "radiobutton", options: []string{"Phone", "E-mail", "Messenger"}},
			{name: "Newsletter", typ: "checkbox"},
			{name: "Customer since", typ: "date"},
			{name: "Last review", typ: "date_time"},
			{name: "Remarks", typ: "textarea"},
			{name: "Website", typ: "url"},
			{name: "Street", typ: "streetaddress"},
			{name: "Postal address", typ: "smart_address"},
			{name: "Anniversary", typ: "birthday"},
			{name: "Legal details", typ: "legal_entity"},
			{name: "Credit limit", typ: "monetary"},
			{name: "Document", typ: "file"},
			{name: "External ID", code: "EXTERNAL_ID", typ: "text"},
		}
	}
	p.fields["contacts"] = append([]seedField{
		{name: "Position", code: "POSITION", typ: "text", predefined: true},
		{name: "Phone", code: "PHONE", typ: "multitext", predefined: true},
		{name: "Email", code: "EMAIL", typ: "multitext", predefined: true},
		{name: "IM", code: "IM", typ: "multitext", predefined: true},
		{name: "Household size", typ: "numeric"},
	}, everywhere("Preferred language")...)
	p.fields["companies"] = append([]seedField{
		{name: "Phone", code: "PHONE", typ: "multitext", predefined: true},
		{name: "Email", code: "EMAIL", typ: "multitext", predefined: true},
		{name: "Web", code: "WEB", typ: "url", predefined: true},
		{name: "Address", code: "ADDRESS", typ: "textarea", predefined: true},
		{name: "Employees", typ: "numeric"},
	}, everywhere("Industry")...)
}

// withTypes gives every fourth contact or company values of the rarer types, each
// type in turn, so that all of them occur.
func (p *seedPlan) withTypes(e seedEntity, entity string, n int) seedEntity {
	if n%4 != 2 {
		return e
	}
	d := &p.dice
	date := p.at(-int(d.between(30, 900)), 0, 0)
	values := []func() seedValue{
		func() seedValue { return several("Interests", "Solar", "Maintenance") },
		func() seedValue { return several("Contact channel", pick(d, []string{"Phone", "E-mail", "Messenger"})) },
		func() seedValue { return one("Newsletter", d.chance(50)) },
		func() seedValue { return one("Customer since", date) },
		func() seedValue { return one("Last review", date+10*hour) },
		func() seedValue { return one("Remarks", "Met at the home show.\nPrefers e-mail.") },
		func() seedValue { return one("Website", "https://www.example.com/"+strconv.Itoa(n)) },
		func() seedValue { return one("Street", "12 "+pick(d, streets())) },
		func() seedValue { return coded("Postal address", p.address()...) },
		func() seedValue { return one("Anniversary", date) },
		func() seedValue { return one("Credit limit", strconv.Itoa(500*d.below(40))) },
		func() seedValue { return p.document("Document", fmt.Sprintf("agreement-%d.pdf", n)) },
		func() seedValue { return one("External ID", fmt.Sprintf("ERP-%05d", n)) },
	}
	if entity == "contacts" {
		values = append(values,
			func() seedValue { return several("Preferred language", pick(d, []string{"English", "Spanish"})) },
			func() seedValue { return one("Household size", strconv.Itoa(1+d.below(6))) },
			func() seedValue { return one("Legal details", object{"name": e.name, "entity_type": int64(1)}) },
			func() seedValue { return coded("IM", "OTHER", "user"+strconv.Itoa(n)) })
	}
	// Each record shows four of them.
	for i := range 4 {
		if v := values[(n/4*4+i)%len(values)](); !e.holds(v.field) {
			e.values = append(e.values, v)
		}
	}
	return e
}

func (e *seedEntity) holds(field string) bool {
	for _, v := range e.values {
		if v.field == field {
			return true
		}
	}
	return false
}

func (p *seedPlan) address() []string {
	d := &p.dice
	at := pick(d, places())
	return []string{
		"address_line_1", strconv.FormatInt(d.between(10, 990), 10) + " " + pick(d, streets()),
		"city", at.city, "state", at.state, "zip", at.zip, "country", "US",
	}
}

func (p *seedPlan) document(field, name string) seedValue {
	return one(field, object{
		"file_uuid": p.dice.uuid(), "version_uuid": p.dice.uuid(), "file_name": name, "file_size": p.dice.between(20_000, 900_000),
	})
}

// leadValues are the field values of the n-th lead.
func (p *seedPlan) leadValues(n int, l *seedLead) []seedValue {
	d := &p.dice
	v := []seedValue{
		several("Roof type", pick(d, roofTypes())),
		several("Ownership", pick(d, []string{"Owner", "Owner", "Landlord", "Tenant"})),
	}
	if l.pipeline != 1 {
		v = append(v, one("System size, kW", strconv.FormatFloat(float64(d.between(40, 180))/10, 'f', -1, 64)),
			several("Services", "Solar panels", pick(d, []string{"Battery", "EV charger"})))
	} else {
		v = append(v, several("Services", pick(d, []string{"Repair", "Roof replacement"})))
	}
	v = append(v, one("Budget", strconv.Itoa(500*int(d.between(2, 90)))), one("Financing", d.chance(40)))
	if l.stage == seedWon {
		v = append(v, one("Contract number", fmt.Sprintf("SR-%04d", 1000+n)), one("Install date", dayOf(p.today, l.closed+21*day)))
	}
	rare := []func() seedValue{
		func() seedValue { return one("Survey appointment", p.at(int(d.between(-20, 14)), 9+d.below(8), 30)) },
		func() seedValue { return one("Site notes", "Ladder access from the north side.\nTwo skylights.") },
		func() seedValue { return one("Proposal", fmt.Sprintf("https://proposals.example.com/p/%d", 5000+n)) },
		func() seedValue {
			return one("Site address", strconv.FormatInt(d.between(10, 990), 10)+" "+pick(d, streets()))
		},
		func() seedValue { return coded("Billing address", p.address()...) },
		func() seedValue { return one("Warranty anniversary", p.at(-int(d.between(100, 1500)), 0, 0)) },
		func() seedValue {
			return one("Contract party", object{"name": "Sunridge Customer " + strconv.Itoa(n), "entity_type": int64(1)})
		},
		func() seedValue { return p.document("Roof photo", fmt.Sprintf("roof-%d.jpg", n)) },
		func() seedValue { return one("utm_source", pick(d, []string{"google", "facebook", "newsletter"})) },
		func() seedValue { return one("utm_campaign", pick(d, []string{"spring-solar", "storm-repair"})) },
	}
	return append(v, rare[n%len(rare)](), rare[(n+3)%len(rare)]())
}

// dayOf is midnight of the day of a unix time in the time zone of today.
func dayOf(today time.Time, unix int64) int64 {
	y, m, d := time.Unix(unix, 0).In(today.Location()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, today.Location()).Unix()
}
