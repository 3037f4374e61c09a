package sandbox

import (
	"strconv"
)

const (
	maxComplex       = 50
	maxComplexValues = 40
)

// complexRoutes: a lead with its contact and company in one request (Kommo API
// facts: leads, complex).
func complexRoutes() []route {
	return []route{{Method: "POST", Path: "/leads/complex", Do: createComplex}}
}

func complexSchema() schema {
	return append(leadFields(), field{name: "_embedded", kind: objectKind, fields: schema{
		tagList("tags", "leads"),
		embeddedCard("contacts"),
		embeddedCard("companies"),
		{name: "source", kind: objectKind, fields: sourceSchema()},
		{name: "metadata", kind: objectKind, check: func(_ *call, v any) string {
			if category, _ := v.(object).str("category"); category == "forms" || category == "sip" {
				return ""
			}
			return codeNotSupported
		}},
	}})
}

// embeddedCard is at most one contact or company, by id or as a whole.
func embeddedCard(entity string) field {
	s := append(withRequestID(cardFields(entity)), field{name: "id", kind: intKind, check: exists(entity)})
	if entity == "contacts" {
		s = append(s, field{name: "is_main", kind: boolKind})
	}
	return field{name: entity, kind: listKind, max: 1, item: &field{kind: objectKind, fields: s}}
}

type complexRow struct {
	ID        int64    `json:"id"`
	ContactID *int64   `json:"contact_id"`
	CompanyID *int64   `json:"company_id"`
	RequestID []string `json:"request_id"`
	Merged    bool     `json:"merged"`
}

// createComplex answers a bare array, without the usual envelope; request_id is a
// list there.
func createComplex(c *call) answer {
	if !c.mayAdd("leads") {
		return forbidden()
	}
	b, bad := c.parseMany(complexSchema(), maxComplex)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		c.checkComplex(it)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if bad := c.lossReasonRefused(b, func(*item) *lead { return nil }); bad != nil {
		return *bad
	}
	stored := c.a.duplicates(b)
	out := []complexRow{}
	for _, it := range b {
		row := c.complexLead(it.object, stored[it])
		row.RequestID = []string{it.requestID}
		out = append(out, row)
	}
	return ok(out)
}

func (c *call) checkComplex(it *item) {
	emb := it.obj("_embedded")
	if emb.obj("metadata") != nil {
		c.makeIncoming(it.object)
	}
	c.checkLead(nil, it.object, "", &it.p)
	tooMany := func(o object, path string) {
		if len(o.list("custom_fields_values")) > maxComplexValues {
			it.p.add(join(path, "custom_fields_values"), codeTooMany)
		}
	}
	tooMany(it.object, "")
	for _, entity := range []string{"contacts", "companies"} {
		for i, o := range emb.objects(entity) {
			path := join("_embedded."+entity, strconv.Itoa(i))
			if !o.has("id") {
				c.checkFieldValues(entity, o, path, &it.p)
				tooMany(o, path)
			}
		}
	}
}

// makeIncoming puts the lead into the stage of incoming leads, whatever stage was
// sent.
func (c *call) makeIncoming(o object) {
	delete(o, "status_id")
	p, known := c.targetPipeline(nil, o)
	if !known || !p.Unsorted {
		return
	}
	for _, s := range p.Statuses {
		if s.Type == 1 {
			o["status_id"] = s.ID
		}
	}
}

// complexLead stores one lead with what it embeds. A new contact and company are
// linked to each other too. l is the duplicate to merge into, or nil.
func (c *call) complexLead(o object, l *lead) complexRow {
	emb := o.obj("_embedded")
	if l != nil {
		return c.mergeLead(l, o)
	}
	contact, company := c.complexCard(emb, "contacts"), c.complexCard(emb, "companies")
	l = c.addLead(o)
	row := complexRow{ID: l.ID}
	if company != nil {
		c.linkEntities(l.ref(), company.ref())
		row.CompanyID = &company.ID
	}
	if contact != nil {
		c.linkEntities(l.ref(), contact.ref())
		row.ContactID = &contact.ID
	}
	if contact != nil && company != nil && (c.isNew(emb, "contacts") || c.isNew(emb, "companies")) {
		c.linkEntities(contact.ref(), company.ref())
	}
	if meta := emb.obj("metadata"); meta != nil {
		for _, k := range []*card{contact, company} {
			if k != nil && c.isNew(emb, k.Entity) {
				k.Unsorted = true
			}
		}
		c.addIncoming(l, contact, company, meta)
	}
	return row
}

func (c *call) isNew(emb object, entity string) bool {
	list := emb.objects(entity)
	_, byID := list[0].int("id")
	return !byID
}

// complexCard is the contact or company that the lead embeds: the one of the id, or
// a new one; nil when there is none.
func (c *call) complexCard(emb object, entity string) *card {
	list := emb.objects(entity)
	if len(list) == 0 {
		return nil
	}
	if id, byID := list[0].int("id"); byID {
		return cards(c.a, entity).get(id)
	}
	return c.addCard(entity, list[0])
}
