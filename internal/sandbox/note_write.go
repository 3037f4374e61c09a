package sandbox

// noteWritten is the row of a write answer.
type noteWritten struct {
	ID        int64  `json:"id"`
	EntityID  int64  `json:"entity_id"`
	UpdatedAt int64  `json:"updated_at,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Links     links  `json:"_links"`
}

func createNotes(c *call) answer {
	b, bad := c.parseMany(noteFields(true), maxBatch)
	if bad != nil {
		return *bad
	}
	denied := false
	for _, it := range b {
		r := c.noteTarget(it)
		typ, _ := it.str("note_type")
		c.checkParams(typ, it.object, false, &it.p)
		denied = denied || !c.mayEditRef(r)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if denied {
		return forbidden()
	}
	var out []noteWritten
	for _, it := range b {
		n := c.addNote(c.noteTarget(it), it.object)
		out = append(out, noteWritten{ID: n.ID, EntityID: n.EntityID, RequestID: it.requestID, Links: c.self(notePath(n))})
	}
	return ok(writeBody(c, "notes", c.notesPath(), out))
}

// noteTarget is the record the note goes on: of the path, else of entity_id, which
// is then required. A record that is not there is reported.
func (c *call) noteTarget(it *item) ref {
	r := ref{c.args["entity"], c.id("eid")}
	if c.args["eid"] == "" {
		id, sent := it.int("entity_id")
		if !sent {
			if !it.has("entity_id") {
				it.p.add("entity_id", codeMissing)
			}
			return ref{}
		}
		r.id = id
	}
	if !c.a.alive(r) {
		it.p.add("entity_id", codeNotSupported)
	}
	return r
}

// addNote stores a checked note and logs the event of its type.
func (c *call) addNote(r ref, o object) *note {
	n := &note{
		ID: notes(c.a).alloc(), Entity: r.entity, EntityID: r.id, Responsible: c.a.responsibleOf(r),
		CreatedBy: c.actor(), UpdatedBy: c.actor(), CreatedAt: c.now(), UpdatedAt: c.now(),
	}
	n.Type, _ = o.str("note_type")
	n.Params = storedParams(n.Type, nil, o.obj("params"))
	if by, sent := o.int("created_by"); sent {
		n.CreatedBy, n.UpdatedBy = by, by
	}
	if at, sent := o.int("created_at"); sent {
		n.CreatedAt, n.UpdatedAt = at, at
	}
	c.setNote(n, o)
	notes(c.a).put(n.ID, n)
	c.a.logEvent(event{
		Type: noteEvent(n.Type), EntityType: singular(r.entity), EntityID: r.id, CreatedBy: n.CreatedBy,
		CreatedAt: n.CreatedAt, ValueAfter: valueOf("note", object{"id": n.ID}),
	})
	return n
}

func (c *call) setNote(n *note, o object) {
	if v, sent := o.int("responsible_user_id"); sent {
		n.Responsible = v
	}
	if by, sent := o.int("updated_by"); sent {
		n.UpdatedBy = by
	}
	if at, sent := o.int("updated_at"); sent {
		n.UpdatedAt = at
	}
}

func patchNotes(c *call) answer {
	b, bad := c.parseMany(append(noteFields(false), field{name: "id", kind: intKind, required: true}), maxBatch)
	if bad != nil {
		return *bad
	}
	target := func(it *item) *note {
		id, _ := it.int("id")
		n := notes(c.a).get(id)
		if n == nil || n.Entity != c.args["entity"] || c.args["eid"] != "" && n.EntityID != c.id("eid") {
			return nil
		}
		return n
	}
	for _, it := range b {
		if it.has("id") && target(it) == nil {
			it.p.add("id", codeNotSupported)
		}
	}
	out, bad := c.patchNotesOf(b, target)
	if bad != nil {
		return *bad
	}
	return ok(writeBody(c, "notes", c.notesPath(), out))
}

func patchNote(c *call) answer {
	n := c.note()
	if n == nil {
		return problem(404, "Note not found")
	}
	it, bad := c.parseOne(noteFields(false))
	if bad != nil {
		return *bad
	}
	out, bad := c.patchNotesOf(batch{it}, func(*item) *note { return n })
	if bad != nil {
		return *bad
	}
	return ok(out[0])
}

func (c *call) patchNotesOf(b batch, target func(*item) *note) ([]noteWritten, *answer) {
	for _, it := range b {
		n := target(it)
		if n == nil {
			continue
		}
		if !c.mayEditRef(n.ref()) {
			return nil, new(forbidden())
		}
		typ, sent := it.str("note_type")
		if sent && typ != n.Type {
			it.p.add("note_type", codeNotSupported)
		}
		c.checkParams(n.Type, it.object, true, &it.p)
	}
	if bad := b.refused(); bad != nil {
		return nil, bad
	}
	var out []noteWritten
	for _, it := range b {
		n := target(it)
		n.UpdatedAt, n.UpdatedBy = c.now(), c.actor()
		n.Params = storedParams(n.Type, n.Params, it.obj("params"))
		c.setNote(n, it.object)
		row := noteWritten{ID: n.ID, EntityID: n.EntityID, UpdatedAt: n.UpdatedAt, Links: c.self(notePath(n))}
		if it.sentID {
			row.RequestID = it.requestID
		}
		out = append(out, row)
	}
	return out, nil
}
