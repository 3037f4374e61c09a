package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// The stages every pipeline has.
const (
	statusWon  = 142
	statusLost = 143
)

type status struct {
	ID           int64
	Name         string
	Sort         int64
	Color        string
	Type         int64 // 1 = incoming leads
	Editable     bool
	Descriptions []statusDescription
}

type statusDescription struct {
	ID          int64  `json:"id"`
	Level       string `json:"level"`
	Description string `json:"description"`
	// Not unix seconds here, but "YYYY-MM-DD HH:MM:SS".
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

const (
	maxStatuses    = 100 // of a pipeline, system ones included
	maxDescription = 1000
)

// statusColors are those that may be written; reads may show others.
func statusColors() []string {
	return []string{
		"#fffeb2", "#fffd7f", "#fff000", "#ffeab2", "#ffdc7f", "#ffce5a", "#ffdbdb", "#ffc8c8", "#ff8f92", "#d6eaff", "#c1e0ff",
		"#98cbff", "#ebffb1", "#deff81", "#87f2c0", "#f9deff", "#f3beff", "#ccc8f9", "#eb93ff", "#f2f3f4", "#e6e8ea",
	}
}

// statusID allocates a stage id, unique in the account.
func (a *account) statusID() int64 { return tableFor[status](a, "status-ids", 58_962_001).alloc() }

// addStatus puts a stage of the account's own among the others by its sort.
func (p *pipeline) addStatus(a *account, name string, sort int64, color string) *status {
	if color == "" {
		palette := statusColors()
		color = palette[len(p.Statuses)*5%len(palette)]
	}
	s := &status{ID: a.statusID(), Name: name, Sort: sort, Color: color, Editable: true}
	p.Statuses = append(p.Statuses, s)
	p.order()
	return s
}

func (p *pipeline) order() {
	rank := func(s *status) int64 {
		if s.Editable {
			return min(max(s.Sort, 11), 9999) // between incoming leads and won
		}
		return s.Sort
	}
	slices.SortStableFunc(p.Statuses, func(x, y *status) int { return cmp.Compare(rank(x), rank(y)) })
}

// renumber gives own stages the sorts 20, 30, … as the server does after a write.
func (p *pipeline) renumber() {
	p.order()
	n := int64(20)
	for _, s := range p.Statuses {
		if s.Editable {
			s.Sort = n
			n += 10
		}
	}
}

func statusRoutes() []route {
	base := "/leads/pipelines/{pipeline:int}/statuses"
	with := []string{"descriptions"}
	return []route{
		{Method: "GET", Path: base, Do: inPipeline(listStatuses), With: with},
		{Method: "GET", Path: base + "/{id:int}", Do: inPipeline(getStatus), With: with},
		{Method: "POST", Path: base, Do: inPipeline(createStatuses), Admin: true},
		{Method: "PATCH", Path: base + "/{id:int}", Do: inPipeline(patchStatus), Admin: true},
		{Method: "DELETE", Path: base + "/{id:int}", Do: inPipeline(deleteStatus), Admin: true},
	}
}

func inPipeline(do func(*call, *pipeline) answer) handler {
	return func(c *call) answer {
		p := pipelines(c.a).get(c.id("pipeline"))
		if p == nil {
			return pipelineMissing()
		}
		return do(c, p)
	}
}

type statusView struct {
	ID           int64                `json:"id"`
	Name         string               `json:"name"`
	Sort         int64                `json:"sort"`
	IsEditable   bool                 `json:"is_editable"`
	PipelineID   int64                `json:"pipeline_id"`
	Color        string               `json:"color"`
	Type         int64                `json:"type"`
	AccountID    int64                `json:"account_id"`
	Descriptions *[]statusDescription `json:"descriptions,omitempty"` // with=descriptions
	RequestID    string               `json:"request_id,omitempty"`
	Links        links                `json:"_links"`
}

func (c *call) readStatus(p *pipeline, s *status, self func(string) links) statusView {
	v := statusView{
		ID: s.ID, Name: s.Name, Sort: s.Sort, IsEditable: s.Editable, PipelineID: p.ID, Color: s.Color, Type: s.Type,
		AccountID: c.a.id, Links: self(fmt.Sprintf("%s/statuses/%d", pipelinePath(p.ID), s.ID)),
	}
	if c.with("descriptions") {
		list := append([]statusDescription{}, s.Descriptions...)
		v.Descriptions = &list
	}
	return v
}

func listStatuses(c *call, p *pipeline) answer {
	out := make([]statusView, 0, len(p.Statuses))
	for _, s := range p.Statuses {
		out = append(out, c.readStatus(p, s, c.selfItem))
	}
	body := whole(c, "statuses", pipelinePath(p.ID)+"/statuses", out)
	body.Links = c.selfItem(pipelinePath(p.ID) + "/statuses")
	return ok(body)
}

func statusMissing() answer { return problem(http.StatusNotFound, "Status not found") }

func getStatus(c *call, p *pipeline) answer {
	s := p.status(c.id("id"))
	if s == nil {
		return statusMissing()
	}
	return ok(c.readStatus(p, s, c.self))
}

// statusFields are the keys of a stage; create makes name and sort required.
func statusFields(create bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: create, notBlank: true},
		{name: "sort", kind: intKind},
		{name: "color", kind: stringKind, check: oneOf(statusColors()...)},
		{name: "descriptions", kind: listKind, item: &field{kind: objectKind, fields: schema{
			{name: "id", kind: intKind},
			{name: "level", kind: stringKind, check: oneOf("newbie", "candidate", "master")},
			{name: "description", kind: stringKind, check: func(_ *call, v any) string {
				if s, _ := v.(string); utf8.RuneCountInString(s) > maxDescription {
					return codeTooLong
				}
				return ""
			}},
		}}},
	}
}

func createStatuses(c *call, p *pipeline) answer {
	s := statusFields(true)
	s[1].required = true
	b, bad := c.parseMany(s, maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if len(p.Statuses)+len(b) > maxStatuses {
		return problem(http.StatusUnprocessableEntity, "Statuses limit exceeded")
	}
	made := make([]*status, 0, len(b))
	for _, it := range b {
		name, _ := it.str("name")
		sort, _ := it.int("sort")
		color, _ := it.str("color")
		st := p.addStatus(c.a, name, sort, color)
		c.describe(st, it.object)
		made = append(made, st)
	}
	p.renumber()
	var out []statusView
	for i, st := range made {
		v := c.readStatus(p, st, c.self)
		v.RequestID = b[i].requestID
		out = append(out, v)
	}
	return ok(whole(c, "statuses", pipelinePath(p.ID)+"/statuses", out))
}

func patchStatus(c *call, p *pipeline) answer {
	s := p.status(c.id("id"))
	if s == nil {
		return statusMissing()
	}
	it, bad := c.parseOne(statusFields(false))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	if v, sent := it.str("name"); sent {
		s.Name = v
	}
	// Of a system stage only the name and the descriptions change.
	if v, sent := it.str("color"); sent && s.Editable {
		s.Color = v
	}
	if v, sent := it.int("sort"); sent && s.Editable {
		s.Sort = v
		p.renumber()
	}
	c.describe(s, it.object)
	return ok(c.readStatus(p, s, c.self))
}

// describe applies descriptions: no id creates, id with text edits, id without text
// deletes.
func (c *call) describe(s *status, o object) {
	now := c.a.clock().UTC().Format(time.DateTime)
	for _, d := range o.objects("descriptions") {
		id, byID := d.int("id")
		text, _ := d.str("description")
		levelName, _ := d.str("level")
		i := slices.IndexFunc(s.Descriptions, func(x statusDescription) bool { return x.ID == id })
		switch {
		case !byID:
			n := tableFor[statusDescription](c.a, "status-descriptions", 4_001).alloc()
			s.Descriptions = append(s.Descriptions, statusDescription{n, levelName, text, now, now})
		case i >= 0 && text == "":
			s.Descriptions = slices.Delete(s.Descriptions, i, i+1)
		case i >= 0:
			s.Descriptions[i].Description, s.Descriptions[i].UpdatedAt = text, now
		}
	}
}

// deleteStatus moves the stage's leads to the first one. System stages stay.
func deleteStatus(c *call, p *pipeline) answer {
	s := p.status(c.id("id"))
	own := 0
	for _, x := range p.Statuses {
		if x.Editable {
			own++
		}
	}
	if s == nil || !s.Editable || own == 1 {
		return invalidField("id", codeNotSupported)
	}
	p.Statuses = slices.DeleteFunc(p.Statuses, func(x *status) bool { return x == s })
	p.renumber()
	for _, l := range leads(c.a).all() {
		if l.PipelineID == p.ID && l.StatusID == s.ID {
			c.updateLead(l, object{"status_id": p.first().ID})
		}
	}
	return noContent()
}
