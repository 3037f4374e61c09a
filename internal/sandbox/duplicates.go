package sandbox

import (
	"slices"
	"strings"
)

// duplicates finds, for each item of a complex request, the lead that duplicate
// control would merge it into. It is off unless the switch is on, and compares with
// what was stored before the request, never within it (Kommo API facts: duplicate
// control).
func (a *account) duplicates(b batch) map[*item]*lead {
	out := map[*item]*lead{}
	if !a.sw.DuplicateControl {
		return out
	}
	for _, it := range b {
		for _, o := range it.obj("_embedded").objects("contacts") {
			if !o.has("id") {
				out[it] = a.duplicateOf(a.keysOfBody(o), it.object)
			}
		}
	}
	return out
}

// duplicateOf is the newest of at most three open leads of the same pipeline whose
// main contact has one of the phones or e-mails; more than three merge nothing.
func (a *account) duplicateOf(keys []string, o object) *lead {
	pipelineID, sent := o.int("pipeline_id")
	if !sent {
		pipelineID = mainPipeline(a).ID
	}
	var found []*lead
	for _, l := range leads(a).all() {
		if l.Deleted || l.closed() || l.PipelineID != pipelineID {
			continue
		}
		for _, k := range a.links.of(l.ref(), "contacts") {
			main := contacts(a).get(k.other(l.ref()).id)
			if k.main && main != nil && slices.ContainsFunc(a.keysOf(main), func(s string) bool { return slices.Contains(keys, s) }) {
				found = append(found, l)
			}
		}
	}
	if len(found) == 0 || len(found) > 3 {
		return nil
	}
	return found[len(found)-1]
}

// keysOf are the card's phones (last ten digits) and e-mails.
func (a *account) keysOf(k *card) []string {
	var out []string
	for _, v := range k.Values {
		f := customFields(a).get(v.FieldID)
		if f == nil || f.Type != "multitext" {
			continue
		}
		for _, e := range v.Values {
			out = append(out, keyOf(f, textOf(e["value"]))...)
		}
	}
	return out
}

func (a *account) keysOfBody(o object) []string {
	var out []string
	for _, v := range o.objects("custom_fields_values") {
		f, _, _ := a.fieldNamed("contacts", v)
		if f == nil || f.Type != "multitext" {
			continue
		}
		for _, e := range v.objects("values") {
			out = append(out, keyOf(f, textOf(e["value"]))...)
		}
	}
	return out
}

func keyOf(f *customField, text string) []string {
	switch {
	case f.Code == nil || text == "":
		return nil
	case *f.Code == "PHONE":
		return []string{lastDigits(text)}
	case *f.Code == "EMAIL":
		return []string{strings.ToLower(text)}
	}
	return nil
}

// lastDigits are the ten by which Kommo compares phones.
func lastDigits(phone string) string {
	d := onlyDigits(phone)
	return d[max(0, len(d)-10):]
}

// mergeLead writes the new lead over the stored one; phones and e-mails of its
// contact are appended.
func (c *call) mergeLead(l *lead, o object) complexRow {
	delete(o, "status_id")
	emb := o.obj("_embedded")
	delete(o, "_embedded")
	c.updateLead(l, o)
	row := complexRow{ID: l.ID, Merged: true}
	for _, k := range c.a.links.of(l.ref(), "contacts") {
		contact := contacts(c.a).get(k.other(l.ref()).id)
		if k.main && contact != nil {
			for _, sent := range emb.objects("contacts") {
				c.mergeCard(contact, sent)
			}
			row.ContactID = &contact.ID
		}
	}
	if ids := c.a.links.ids(l.ref(), "companies"); len(ids) > 0 {
		row.CompanyID = &ids[0]
	}
	return row
}

func (c *call) mergeCard(k *card, sent object) {
	for _, v := range sent.objects("custom_fields_values") {
		f, _, _ := c.a.fieldNamed(k.Entity, v)
		if f == nil || f.Type != "multitext" {
			continue
		}
		had := valuesOf(k.Values, f.ID)
		for _, e := range c.a.storeValues(f, v.objects("values")) {
			same := func(x object) bool { return slices.Equal(keyOf(f, textOf(x["value"])), keyOf(f, textOf(e["value"]))) }
			if !slices.ContainsFunc(had, same) {
				had = append(slices.Clip(had), e)
			}
		}
		k.Values = withValues(k.Values, f.ID, had)
	}
	delete(sent, "custom_fields_values")
	c.updateCard(k, sent)
}
