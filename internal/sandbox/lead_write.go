package sandbox

import "strconv"

// maxPrice is the largest budget Kommo keeps.
const maxPrice = 2147483647

// leadFields are the keys both POST and PATCH take.
func leadFields() schema {
	return schema{
		{name: "name", kind: stringKind},
		{name: "price", kind: numberKind, check: func(_ *call, v any) string {
			if n, _ := (object{"v": v}).number("v"); n > maxPrice || n < -maxPrice {
				return codeInvalidType
			}
			return ""
		}},
		{name: "status_id", kind: intKind},
		{name: "pipeline_id", kind: intKind},
		{name: "created_by", kind: intKind, check: isUser(true)},
		{name: "updated_by", kind: intKind, check: isUser(true)},
		{name: "created_at", kind: intKind},
		{name: "updated_at", kind: intKind},
		{name: "closed_at", kind: intKind},
		{name: "loss_reason_id", kind: intKind},
		{name: "responsible_user_id", kind: intKind, check: isUser(false)},
		{name: "visitor_uid", kind: stringKind},
		customFieldValues("leads"),
		tagList("tags_to_add", "leads"),
	}
}

func leadCreateSchema() schema {
	return append(leadFields(), field{name: "_embedded", kind: objectKind, fields: schema{
		tagList("tags", "leads"),
		{name: "contacts", kind: listKind, item: &field{kind: objectKind, fields: schema{
			{name: "id", kind: intKind, required: true, check: exists("contacts")},
			{name: "is_main", kind: boolKind},
		}}},
		{name: "companies", kind: listKind, max: 1, item: &field{kind: objectKind, fields: schema{
			{name: "id", kind: intKind, required: true, check: exists("companies")},
		}}},
		{name: "source", kind: objectKind, fields: sourceSchema()},
	}})
}

func sourceSchema() schema {
	return schema{
		{name: "external_id", kind: scalarKind},
		{name: "type", kind: stringKind, check: oneOf("widget")},
	}
}

func leadPatchSchema() schema {
	return append(leadFields(), tagList("tags_to_delete", "leads"), embeddedTags("leads"))
}

// exists is a check: the entity is there.
func exists(entity string) func(*call, any) string {
	return func(c *call, v any) string {
		if id, _ := v.(int64); c.a.has(entity, id) {
			return ""
		}
		return codeNotSupported
	}
}

// checkLead adds what the schema cannot see: the pipeline, the stage within it, the
// loss reason and the field values. l is nil for a new lead. path is "" except for
// leads inside other bodies.
func (c *call) checkLead(l *lead, o object, path string, p *problems) {
	target, known := c.targetPipeline(l, o)
	if !known {
		p.add(join(path, "pipeline_id"), codeNotSupported)
	}
	if id, sent := o.int("status_id"); sent && known && target.status(id) == nil {
		p.add(join(path, "status_id"), codeNotSupported)
	}
	if id, sent := o.int("loss_reason_id"); sent && !lossReasons(c.a).has(id) {
		p.add(join(path, "loss_reason_id"), codeNotSupported)
	}
	c.checkFieldValues("leads", o, path, p)
}

// targetPipeline is where the lead is after the write: the pipeline sent, else its
// own, else the main one.
func (c *call) targetPipeline(l *lead, o object) (*pipeline, bool) {
	if id, sent := o.int("pipeline_id"); sent {
		p := pipelines(c.a).get(id)
		return p, p != nil && !p.Archived
	}
	if l != nil {
		p := pipelines(c.a).get(l.PipelineID)
		return p, p != nil
	}
	p := mainPipeline(c.a)
	return p, p != nil
}

// targetStatus is the stage after the write.
func (c *call) targetStatus(l *lead, o object) (pipelineID, statusID int64) {
	p, _ := c.targetPipeline(l, o)
	if id, sent := o.int("status_id"); sent {
		return p.ID, id
	}
	if l != nil && l.PipelineID == p.ID {
		return p.ID, l.StatusID
	}
	return p.ID, p.first().ID
}

// lossReasonRefused is the 400 for a reason on a lead that is not lost. By default
// the stage after the write counts; the strict switch judges by the stage before it
// and refuses even null (Kommo API facts: status rules).
func (c *call) lossReasonRefused(b batch, target func(*item) *lead) *answer {
	errs := map[string]string{}
	for i, it := range b {
		if !it.has("loss_reason_id") {
			continue
		}
		l, key := target(it), strconv.Itoa(i)
		_, status := c.targetStatus(l, it.object)
		null := it.null("loss_reason_id")
		if l != nil {
			key = strconv.FormatInt(l.ID, 10)
			if c.a.sw.StrictLossReason {
				status, null = l.StatusID, false
			}
		}
		if status != statusLost && !null {
			errs[key] = "Loss reason can be specified only for lost lead"
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return new(invalidIDs(errs))
}

// addLead stores a new lead from a checked body and links what it embeds by id.
// Leads inside other bodies come through here too.
func (c *call) addLead(o object) *lead {
	l := &lead{ID: leads(c.a).alloc(), Responsible: c.actor(), CreatedBy: c.actor(), CreatedAt: c.now()}
	leads(c.a).put(l.ID, l)
	if by, sent := o.int("created_by"); sent {
		l.CreatedBy = by
	}
	if at, sent := o.int("created_at"); sent {
		l.CreatedAt = at
	}
	l.PipelineID, l.StatusID = c.targetStatus(nil, o)
	if l.closed() {
		l.ClosedAt = new(c.now())
	}
	c.setLead(l, o)
	if l.Name == "" {
		l.Name = "Lead #" + strconv.FormatInt(l.ID, 10)
	}
	c.log("lead_added", "leads", l.ID, nil, nil)
	l.Values = c.applyFieldValues("leads", l.ID, l.Values, o)
	l.Tags = c.applyTags("leads", l.ID, l.Tags, o)
	c.linkNewLead(l, o.obj("_embedded"))
	c.touchLead(l, o)
	return l
}

func (c *call) linkNewLead(l *lead, emb object) {
	for _, k := range emb.objects("contacts") {
		id, byID := k.int("id")
		if !byID {
			continue
		}
		c.linkEntities(l.ref(), ref{"contacts", id})
		if isMain, _ := k.bool("is_main"); isMain {
			c.a.links.setMain(l.ref(), id)
		}
	}
	for _, k := range emb.objects("companies") {
		if id, byID := k.int("id"); byID {
			c.linkEntities(l.ref(), ref{"companies", id})
		}
	}
	if s := emb.obj("source"); s != nil {
		l.Source, _ = s.str("external_id")
	}
}

// updateLead applies a checked PATCH and logs an event for each change.
func (c *call) updateLead(l *lead, o object) {
	was := *l
	c.moveLead(l, o)
	c.setLead(l, o)
	c.logLeadChanges(&was, l)
	l.Values = c.applyFieldValues("leads", l.ID, l.Values, o)
	l.Tags = c.applyTags("leads", l.ID, l.Tags, o)
	if by, sent := o.int("created_by"); sent {
		l.CreatedBy = by
	}
	if at, sent := o.int("created_at"); sent {
		l.CreatedAt = at
	}
	c.touchLead(l, o)
}

// moveLead changes the stage: closing sets closed_at, reopening clears it and the
// loss reason.
func (c *call) moveLead(l *lead, o object) {
	wasClosed := l.closed()
	wasStatus := l.StatusID
	l.PipelineID, l.StatusID = c.targetStatus(l, o)
	switch {
	case l.closed() && (!wasClosed || wasStatus != l.StatusID):
		l.ClosedAt = new(c.now())
	case !l.closed():
		l.ClosedAt = nil
	}
	if l.StatusID != statusLost {
		l.LossReasonID = nil
	}
}

// setLead writes the plain fields that were sent; null leaves text and numbers as
// they are and clears what can be null.
func (c *call) setLead(l *lead, o object) {
	if v, sent := o.str("name"); sent {
		l.Name = v
	}
	if v, sent := o.number("price"); sent {
		l.Price = v
	}
	if v, sent := o.int("responsible_user_id"); sent {
		l.Responsible = v
	}
	if v, sent := o.str("visitor_uid"); sent {
		l.VisitorUID = v
	}
	if v, sent := o.int("closed_at"); sent && l.closed() {
		l.ClosedAt = &v
	}
	if v, sent := o.int("loss_reason_id"); sent {
		l.LossReasonID = &v
	} else if o.null("loss_reason_id") {
		l.LossReasonID = nil
	}
}

// touchLead sets updated_at and updated_by, to now unless they were sent.
func (c *call) touchLead(l *lead, o object) {
	l.UpdatedAt, l.UpdatedBy = c.now(), c.actor()
	if at, sent := o.int("updated_at"); sent {
		l.UpdatedAt = at
	}
	if by, sent := o.int("updated_by"); sent {
		l.UpdatedBy = by
	}
}

func (c *call) logLeadChanges(was, l *lead) {
	if was.StatusID != l.StatusID || was.PipelineID != l.PipelineID {
		c.log("lead_status_changed", "leads", l.ID,
			valueOf("lead_status", object{"id": was.StatusID, "pipeline_id": was.PipelineID}),
			valueOf("lead_status", object{"id": l.StatusID, "pipeline_id": l.PipelineID}))
	}
	if was.Responsible != l.Responsible {
		c.logResponsible("leads", l.ID, was.Responsible, l.Responsible)
	}
	if was.Name != l.Name {
		c.logName("leads", l.ID, was.Name, l.Name)
	}
	if was.Price != l.Price {
		c.log("sale_field_changed", "leads", l.ID,
			valueOf("sale_field_value", object{"sale": was.Price}), valueOf("sale_field_value", object{"sale": l.Price}))
	}
}
