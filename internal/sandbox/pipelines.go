package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

type pipeline struct {
	ID       int64
	Name     string
	Sort     int64
	Main     bool
	Unsorted bool
	Archived bool
	Statuses []*status // in sort order, system ones included
}

func pipelines(a *account) *table[pipeline] { return tableFor[pipeline](a, "pipelines", 7_028_001) }

const maxPipelines = 50

// status returns the stage, or nil.
func (p *pipeline) status(id int64) *status {
	for _, s := range p.Statuses {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// first is the first stage that is not the one of incoming leads.
func (p *pipeline) first() *status {
	for _, s := range p.Statuses {
		if s.Type == 0 {
			return s
		}
	}
	return nil
}

// mainPipeline is the one new leads go to.
func mainPipeline(a *account) *pipeline {
	for _, p := range pipelines(a).all() {
		if p.Main {
			return p
		}
	}
	return nil
}

// addPipeline makes a pipeline with the system stages and the given ones. It is for
// seeds and for POST.
func addPipeline(a *account, name string, isMain bool, stages ...string) *pipeline {
	t := pipelines(a)
	p := &pipeline{ID: t.alloc(), Name: name, Sort: int64(t.len() + 1), Unsorted: true}
	t.put(p.ID, p)
	if isMain {
		makeMain(a, p)
	}
	p.Statuses = append(p.Statuses,
		&status{ID: a.statusID(), Name: "Incoming leads", Sort: 10, Color: "#c1c1c1", Type: 1},
		&status{ID: statusWon, Name: "Closed - won", Sort: 10000, Color: "#CCFF66"},
		&status{ID: statusLost, Name: "Closed - lost", Sort: 11000, Color: "#D5D8DB"})
	for i, s := range stages {
		p.addStatus(a, s, int64(20+10*i), "")
	}
	return p
}

// makeMain keeps exactly one pipeline main.
func makeMain(a *account, p *pipeline) {
	for _, other := range pipelines(a).all() {
		other.Main = other == p
	}
}

func pipelineRoutes() []route {
	return []route{
		{Method: "GET", Path: "/leads/pipelines", Do: listPipelines},
		{Method: "GET", Path: "/leads/pipelines/{id:int}", Do: getPipeline},
		{Method: "POST", Path: "/leads/pipelines", Do: createPipelines, Admin: true},
		{Method: "PATCH", Path: "/leads/pipelines/{id:int}", Do: patchPipeline, Admin: true},
		{Method: "DELETE", Path: "/leads/pipelines/{id:int}", Do: deletePipeline, Admin: true},
	}
}

type pipelineView struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	Sort           int64  `json:"sort"`
	IsMain         bool   `json:"is_main"`
	IsUnsortedOn   bool   `json:"is_unsorted_on"`
	IsArchive      bool   `json:"is_archive"`
	AccountID      int64  `json:"account_id"`
	RequestID      string `json:"request_id,omitempty"`
	Links          links  `json:"_links"`
	EmbeddedStages object `json:"_embedded"`
}

func pipelinePath(id int64) string { return fmt.Sprintf("/leads/pipelines/%d", id) }

func (c *call) readPipeline(p *pipeline, self func(string) links) pipelineView {
	stages := make([]statusView, 0, len(p.Statuses))
	for _, s := range p.Statuses {
		stages = append(stages, c.readStatus(p, s, self))
	}
	return pipelineView{
		ID: p.ID, Name: p.Name, Sort: p.Sort, IsMain: p.Main, IsUnsortedOn: p.Unsorted, IsArchive: p.Archived,
		AccountID: c.a.id, Links: self(pipelinePath(p.ID)), EmbeddedStages: object{"statuses": stages},
	}
}

// listPipelines always answers all of them: page and limit are ignored. Its links
// have no query (Kommo API facts: pipelines).
func listPipelines(c *call) answer {
	var rows []*pipeline
	for _, p := range pipelines(c.a).all() {
		rows = append(rows, p)
	}
	slices.SortStableFunc(rows, func(x, y *pipeline) int { return cmp.Compare(x.Sort, y.Sort) })
	out := make([]pipelineView, 0, len(rows))
	for _, p := range rows {
		out = append(out, c.readPipeline(p, c.selfItem))
	}
	body := whole(c, "pipelines", "/leads/pipelines", out)
	body.Links = c.selfItem("/leads/pipelines")
	return ok(body)
}

func pipelineMissing() answer { return problem(http.StatusNotFound, "Pipeline not found") }

func getPipeline(c *call) answer {
	p := pipelines(c.a).get(c.id("id"))
	if p == nil {
		return pipelineMissing()
	}
	return ok(c.readPipeline(p, c.self))
}

func createPipelines(c *call) answer {
	b, bad := c.parseMany(schema{
		{name: "name", kind: stringKind, required: true, notBlank: true},
		{name: "sort", kind: intKind, required: true},
		{name: "is_main", kind: boolKind, required: true},
		{name: "is_unsorted_on", kind: boolKind, required: true},
		{name: "_embedded", kind: objectKind, required: true, fields: schema{
			{name: "statuses", kind: listKind, required: true, min: 1, max: maxStatuses, item: &field{
				kind: objectKind, fields: append(statusFields(true), field{name: "id", kind: intKind, check: oneOf[int64](statusWon, statusLost)}),
			}},
		}},
	}, maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if pipelines(c.a).len()+len(b) > maxPipelines {
		return problem(http.StatusUnprocessableEntity, "Pipelines limit exceeded")
	}
	var out []pipelineView
	for _, it := range b {
		v := c.readPipeline(c.newPipeline(it.object), c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return ok(whole(c, "pipelines", "/leads/pipelines", out))
}

func (c *call) newPipeline(o object) *pipeline {
	name, _ := o.str("name")
	p := addPipeline(c.a, name, false)
	for _, so := range o.obj("_embedded").objects("statuses") {
		name, _ := so.str("name")
		color, _ := so.str("color")
		if id, system := so.int("id"); system {
			p.status(id).Name = name // won and lost are renamed by their ids
			continue
		}
		sort, _ := so.int("sort")
		p.addStatus(c.a, name, sort, color)
	}
	p.renumber()
	c.setPipeline(p, o)
	return p
}

func (c *call) setPipeline(p *pipeline, o object) {
	if v, sent := o.str("name"); sent {
		p.Name = v
	}
	if v, sent := o.int("sort"); sent {
		p.Sort = v
	}
	if v, sent := o.bool("is_unsorted_on"); sent {
		p.Unsorted = v
	}
	// There is always one main pipeline, so that only true changes anything.
	if v, _ := o.bool("is_main"); v {
		makeMain(c.a, p)
	}
}

func patchPipeline(c *call) answer {
	p := pipelines(c.a).get(c.id("id"))
	if p == nil {
		return pipelineMissing()
	}
	it, bad := c.parseOne(schema{
		{name: "name", kind: stringKind, notBlank: true},
		{name: "sort", kind: intKind},
		{name: "is_main", kind: boolKind},
		{name: "is_unsorted_on", kind: boolKind},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.setPipeline(p, it.object)
	return ok(c.readPipeline(p, c.self))
}

// deletePipeline refuses an unknown id with 400, the last pipeline with 400 and one
// that holds leads with 422.
func deletePipeline(c *call) answer {
	p := pipelines(c.a).get(c.id("id"))
	if p == nil || pipelines(c.a).len() == 1 {
		return invalidField("id", codeNotSupported)
	}
	for _, l := range leads(c.a).all() {
		if l.PipelineID == p.ID && !l.Deleted {
			return problem(http.StatusUnprocessableEntity, "Only pipelines without leads can be deleted")
		}
	}
	pipelines(c.a).del(p.ID)
	if p.Main {
		for _, other := range pipelines(c.a).all() {
			makeMain(c.a, other)
			break
		}
	}
	return noContent()
}
