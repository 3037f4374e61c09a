package sandbox

import (
	"fmt"
	"slices"
)

// note is one entry of a card's feed.
type note struct {
	ID, EntityID, Responsible int64
	Entity                    string // plural
	Type                      string
	Params                    object
	CreatedBy, UpdatedBy      int64
	CreatedAt, UpdatedAt      int64
	Pinned                    bool
}

func notes(a *account) *table[note] { return tableFor[note](a, "notes", 414_264_001) }

// Notes hang on the type ("/leads/notes") and on the record ("/leads/5/notes").
// There is no DELETE: 405 with an empty body (Kommo API facts: notes).
func noteRoutes() []route {
	ofType := "/{entity:leads|contacts|companies|customers}/notes"
	ofOne := "/{entity:leads|contacts|companies|customers}/{eid:int}/notes"
	var out []route
	for _, at := range []string{ofType, ofOne} {
		one := at + "/{id:int}"
		out = append(out,
			route{Method: "GET", Path: at, Do: listNotes, With: []string{"is_pinned"}, Order: []string{"id", "updated_at"}, Query: noteFilters()},
			route{Method: "GET", Path: one, Do: getNote, With: []string{"is_pinned"}},
			route{Method: "POST", Path: at, Do: createNotes},
			route{Method: "PATCH", Path: at, Do: patchNotes},
			route{Method: "PATCH", Path: one, Do: patchNote},
			route{Method: "POST", Path: one + "/pin", Do: pinNote(true)},
			route{Method: "POST", Path: one + "/unpin", Do: pinNote(false)})
	}
	return out
}

func noteFilters() []string {
	return []string{
		"filter[id]", "filter[note_type]", "filter[entity_id]",
		"filter[updated_at]", "filter[updated_at][from]", "filter[updated_at][to]",
	}
}

func notePath(n *note) string { return fmt.Sprintf("/%s/%d/notes/%d", n.Entity, n.EntityID, n.ID) }

// notesPath is the collection that the call names.
func (c *call) notesPath() string {
	if id := c.args["eid"]; id != "" {
		return "/" + c.args["entity"] + "/" + id + "/notes"
	}
	return "/" + c.args["entity"] + "/notes"
}

type noteView struct {
	ID                int64  `json:"id"`
	EntityID          int64  `json:"entity_id"`
	CreatedBy         int64  `json:"created_by"`
	UpdatedBy         int64  `json:"updated_by"`
	CreatedAt         int64  `json:"created_at"`
	UpdatedAt         int64  `json:"updated_at"`
	ResponsibleUserID int64  `json:"responsible_user_id"`
	GroupID           int64  `json:"group_id"`
	NoteType          string `json:"note_type"`
	Params            object `json:"params"`
	AccountID         int64  `json:"account_id"`
	IsPinned          *bool  `json:"is_pinned,omitempty"`
	Links             links  `json:"_links"`
}

func (c *call) readNote(n *note, self func(string) links) noteView {
	v := noteView{
		ID: n.ID, EntityID: n.EntityID, CreatedBy: n.CreatedBy, UpdatedBy: n.UpdatedBy, CreatedAt: n.CreatedAt,
		UpdatedAt: n.UpdatedAt, ResponsibleUserID: n.Responsible, GroupID: c.a.groupOf(n.Responsible),
		NoteType: n.Type, Params: readParams(n), AccountID: c.a.id, Links: self(notePath(n)),
	}
	if c.with("is_pinned") {
		v.IsPinned = new(n.Pinned)
	}
	return v
}

// note finds the note of the call's path; nil when it is another record's.
func (c *call) note() *note {
	n := notes(c.a).get(c.id("id"))
	if n == nil || n.Entity != c.args["entity"] || c.args["eid"] != "" && n.EntityID != c.id("eid") {
		return nil
	}
	return n
}

func listNotes(c *call) answer {
	types := c.q.list("filter", "note_type")
	var rows []*note
	for _, n := range notes(c.a).all() {
		if n.Entity != c.args["entity"] || c.args["eid"] != "" && n.EntityID != c.id("eid") || !c.maySeeRef(n.ref()) {
			continue
		}
		if c.args["eid"] == "" && !matchIDs(c.q, n.EntityID, "filter", "entity_id") {
			continue
		}
		if matchIDs(c.q, n.ID, "filter", "id") && (len(types) == 0 || slices.Contains(types, n.Type)) &&
			matchSince(c.q, n.UpdatedAt, "filter", "updated_at") {
			rows = append(rows, n)
		}
	}
	sortRows(c.q, rows, "updated_at", map[string]func(*note) int64{
		"id":         func(n *note) int64 { return n.ID },
		"updated_at": func(n *note) int64 { return n.UpdatedAt },
	})
	return list(c, paging{}, "notes", c.notesPath(), rows, func(n *note) noteView { return c.readNote(n, c.selfItem) })
}

func (n *note) ref() ref { return ref{n.Entity, n.EntityID} }

func getNote(c *call) answer {
	n := c.note()
	if n == nil {
		return noContent()
	}
	if !c.maySeeRef(n.ref()) {
		return forbidden()
	}
	return ok(c.readNote(n, c.self))
}

// pinNote answers 204 without a body.
func pinNote(pin bool) handler {
	return func(c *call) answer {
		n := c.note()
		if n == nil {
			return problem(404, "Note not found")
		}
		if !c.mayEditRef(n.ref()) {
			return forbidden()
		}
		n.Pinned = pin
		return noContent()
	}
}

// maySeeRef and mayEditRef judge a record that others hang on.
func (c *call) maySeeRef(r ref) bool {
	switch row := c.a.row(r.entity, r.id).(type) {
	case *lead:
		return c.maySeeLead(row)
	case *card:
		return c.maySee(row.Entity, row.Responsible)
	}
	return true
}

func (c *call) mayEditRef(r ref) bool {
	switch row := c.a.row(r.entity, r.id).(type) {
	case *lead:
		return c.mayEditLead(row)
	case *card:
		return c.mayEdit(row.Entity, row.Responsible)
	}
	return true
}

// alive tells whether the record is there and not in the bin.
func (a *account) alive(r ref) bool {
	switch row := a.row(r.entity, r.id).(type) {
	case *lead:
		return !row.Deleted
	case *card:
		return !row.Deleted
	}
	return a.has(r.entity, r.id)
}

// responsibleOf is the responsible user of a lead, contact or company, 0 otherwise.
func (a *account) responsibleOf(r ref) int64 {
	switch row := a.row(r.entity, r.id).(type) {
	case *lead:
		return row.Responsible
	case *card:
		return row.Responsible
	}
	return 0
}
