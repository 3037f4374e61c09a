package sandbox

import (
	"fmt"
	"net/http"
)

type source struct {
	ID, PipelineID int64
	Name           string
	ExternalID     string
	OriginCode     *string
	Default        bool
	Services       []any
}

func sources(a *account) *table[source] { return tableFor[source](a, "sources", 22_594_001) }

func (s *source) sourceInfo() (string, sourceInfo) {
	return s.ExternalID, sourceInfo{ID: s.ID, Name: s.Name}
}

const (
	maxSources       = 100
	maxExternalID    = 40
	maxOriginCode    = 20
	maxSourcesPerReq = 100
)

// Sources are for administrators, and an integration sees its own only; the sandbox
// counts all callers as one integration (Kommo API facts: sources).
func sourceRoutes() []route {
	return []route{
		{Method: "GET", Path: "/sources", Do: listSources, Admin: true, Query: []string{"filter[external_id]"}},
		{Method: "GET", Path: "/sources/{id:int}", Do: getSource, Admin: true},
		{Method: "POST", Path: "/sources", Do: createSources, Admin: true},
		{Method: "PATCH", Path: "/sources", Do: patchSources, Admin: true},
		{Method: "PATCH", Path: "/sources/{id:int}", Do: patchSource, Admin: true},
		{Method: "DELETE", Path: "/sources", Do: deleteSources, Admin: true},
		{Method: "DELETE", Path: "/sources/{id:int}", Do: deleteSource, Admin: true},
	}
}

type sourceView struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	PipelineID int64   `json:"pipeline_id"`
	ExternalID string  `json:"external_id"`
	OriginCode *string `json:"origin_code"`
	Default    bool    `json:"default"`
	Services   []any   `json:"services"`
	RequestID  string  `json:"request_id,omitempty"`
	Links      links   `json:"_links"`
}

func (c *call) readSource(s *source, self func(string) links) sourceView {
	services := s.Services
	if services == nil {
		services = []any{}
	}
	return sourceView{
		ID: s.ID, Name: s.Name, PipelineID: s.PipelineID, ExternalID: s.ExternalID, OriginCode: s.OriginCode,
		Default: s.Default, Services: services, Links: self(fmt.Sprintf("/sources/%d", s.ID)),
	}
}

func listSources(c *call) answer {
	var rows []sourceView
	for _, s := range sources(c.a).all() {
		if matchText(c.q, s.ExternalID, "filter", "external_id") {
			rows = append(rows, c.readSource(s, c.selfItem))
		}
	}
	if len(rows) == 0 {
		return noContent()
	}
	return ok(whole(c, "sources", "/sources", rows))
}

func sourceMissing() answer { return problem(http.StatusNotFound, "Source not found") }

func getSource(c *call) answer {
	s := sources(c.a).get(c.id("id"))
	if s == nil {
		return sourceMissing()
	}
	return ok(c.readSource(s, c.self))
}

func sourceFields(create bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: create, notBlank: true},
		{name: "external_id", kind: stringKind, required: create, notBlank: true, check: atMost(maxExternalID)},
		{name: "pipeline_id", kind: intKind, check: exists("pipelines")},
		{name: "default", kind: boolKind},
		{name: "origin_code", kind: stringKind, check: atMost(maxOriginCode)},
		{name: "services", kind: listKind, item: &field{kind: objectKind, fields: schema{
			{name: "type", kind: stringKind, required: true, check: oneOf("whatsapp")},
			{name: "params", kind: objectKind},
			{name: "pages", kind: listKind},
		}}},
	}
}

// atMost is a check: a text of at most n characters.
func atMost(n int) func(*call, any) string {
	return func(_ *call, v any) string {
		if s, _ := v.(string); len([]rune(s)) > n {
			return codeTooLong
		}
		return ""
	}
}

func createSources(c *call) answer {
	b, bad := c.parseMany(sourceFields(true), maxSourcesPerReq)
	if bad != nil {
		return *bad
	}
	taken := map[string]bool{}
	for _, s := range sources(c.a).all() {
		taken[s.ExternalID] = true
	}
	for _, it := range b {
		ext, _ := it.str("external_id")
		if taken[ext] {
			it.p.add("external_id", codeSourceExists)
		}
		taken[ext] = true
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	if sources(c.a).len()+len(b) > maxSources {
		return problem(http.StatusBadRequest, "Sources limit exceeded")
	}
	var out []sourceView
	for _, it := range b {
		s := addSource(c.a, "", "", 0)
		s.ExternalID, _ = it.str("external_id")
		c.setSource(s, it.object)
		v := c.readSource(s, c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return ok(whole(c, "sources", "/sources", out))
}

// addSource is for seeds and for POST. Pipeline 0 is the main one.
func addSource(a *account, name, externalID string, pipelineID int64) *source {
	if p := mainPipeline(a); pipelineID == 0 && p != nil {
		pipelineID = p.ID
	}
	s := &source{ID: sources(a).alloc(), Name: name, ExternalID: externalID, PipelineID: pipelineID}
	sources(a).put(s.ID, s)
	return s
}

func (c *call) setSource(s *source, o object) {
	if v, sent := o.str("name"); sent {
		s.Name = v
	}
	if v, sent := o.int("pipeline_id"); sent {
		s.PipelineID = v
	}
	if v, sent := o.str("origin_code"); sent {
		s.OriginCode = &v
	} else if o.null("origin_code") {
		s.OriginCode = nil
	}
	if o.has("services") {
		s.Services = o.list("services")
	}
	if v, sent := o.bool("default"); sent {
		if v {
			for _, other := range sources(c.a).all() {
				other.Default = false
			}
		}
		s.Default = v
	}
}

func patchSources(c *call) answer {
	b, bad := c.parseMany(append(sourceFields(false), field{name: "id", kind: intKind, required: true, check: exists("sources")}), maxSourcesPerReq)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []sourceView
	for _, it := range b {
		id, _ := it.int("id")
		s := sources(c.a).get(id)
		c.setSource(s, it.object)
		v := c.readSource(s, c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return ok(whole(c, "sources", "/sources", out))
}

func patchSource(c *call) answer {
	s := sources(c.a).get(c.id("id"))
	if s == nil {
		return sourceMissing()
	}
	it, bad := c.parseOne(sourceFields(false))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.setSource(s, it.object)
	return ok(c.readSource(s, c.self))
}

// deleteSources takes [{"id":1}] in the body of a DELETE.
func deleteSources(c *call) answer {
	b, bad := c.parseMany(append(sourceFields(false), field{name: "id", kind: intKind, required: true}), maxSourcesPerReq)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	for _, it := range b {
		if id, _ := it.int("id"); !sources(c.a).has(id) {
			return sourceMissing()
		}
	}
	for _, it := range b {
		id, _ := it.int("id")
		sources(c.a).del(id)
	}
	return noContent()
}

func deleteSource(c *call) answer {
	if !sources(c.a).has(c.id("id")) {
		return sourceMissing()
	}
	sources(c.a).del(c.id("id"))
	return noContent()
}
