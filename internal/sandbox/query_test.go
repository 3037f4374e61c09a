package sandbox

import (
	"slices"
	"testing"
)

func TestQueryAcceptsEverySpellingOfAList(t *testing.T) {
	for _, raw := range []string{
		"filter[id]=7,8", "filter[id][]=7&filter[id][]=8", "filter[id][0]=7&filter[id][1]=8",
		"filter%5Bid%5D%5B0%5D=7&filter%5Bid%5D%5B1%5D=8", "filter[id][]=7%2C8", "filter[id][3]=7&filter[id][1]=8",
	} {
		if got := parseQuery(raw).ids("filter", "id"); !slices.Equal(got, []int64{7, 8}) {
			t.Errorf("%s: %v", raw, got)
		}
	}
	if got := parseQuery("filter[id]=7&filter[id]=8").ids("filter", "id"); !slices.Equal(got, []int64{8}) {
		t.Errorf("the last scalar wins, got %v", got)
	}
	if got := parseQuery("filter[id]=abc").ids("filter", "id"); !slices.Equal(got, []int64{-1}) {
		t.Errorf("no number: %v", got)
	}
}

func TestQueryRanges(t *testing.T) {
	q := parseQuery("filter[price][from]=0&filter[price][to]=500&filter[updated_at][from]=1686653168.179")
	s, has := q.span("filter", "price")
	if !has || !s.contains(0) || !s.contains(500) || s.contains(501) || s.contains(-1) {
		t.Errorf("closed range %+v", s)
	}
	s, has = q.span("filter", "updated_at")
	if !has || s.contains(1686653168) || !s.contains(1e12) {
		t.Errorf("open range %+v", s)
	}
	if _, has := q.span("filter", "closed_at"); has {
		t.Error("a range that was not sent")
	}
}

func TestQueryIsRepeatedAsKommoRewritesIt(t *testing.T) {
	for raw, want := range map[string]string{
		"page=1&limit=20&order=created_at":                         "page=1&limit=20&order=created_at",
		"filter[id][]=5&filter[id][]=6&with=role,group":            "filter%5Bid%5D%5B0%5D=5&filter%5Bid%5D%5B1%5D=6&with=role%2Cgroup",
		"filter[updated_at][from]=1686121459.916&limit=250&page=3": "filter%5Bupdated_at%5D%5Bfrom%5D=1686121459.916&limit=250&page=3",
		"": "",
	} {
		if got := parseQuery(raw).encode(); got != want {
			t.Errorf("%s\n got %s\nwant %s", raw, got, want)
		}
	}
}

func TestQuerySurvivesNonsense(t *testing.T) {
	q := parseQuery("filter[id=1&&=&%zz=1&a[b]c=2&with=null")
	if got := q.get("with"); got != "null" {
		t.Errorf("with %q", got)
	}
	_ = q.encode()
}

func TestPagingLinks(t *testing.T) {
	g := newRig(t)
	g.made("leads", "/leads", `[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"},{"name":"e"}]`)
	r := g.get("/leads?limit=2&page=2&filter[price][from]=0").want(200)
	base := "https://demo.kommo.com/api/v4/leads"
	q := func(page string) string { return "?limit=2&page=" + page + "&filter%5Bprice%5D%5Bfrom%5D=0" }
	r.eq(2, "_page")
	r.eq(base+q("2"), "_links", "self", "href")
	r.eq(base+q("3"), "_links", "next", "href")
	r.eq(base+q("1"), "_links", "prev", "href")
	r.eq(base+q("1"), "_links", "first", "href")
	r.eq("https://demo.kommo.com/api/v4/leads/40885003"+q("2"), "_embedded", "leads", 0, "_links", "self", "href")
	if _, has := r.json()["_total_items"]; has {
		t.Error("leads have no total")
	}
	last := g.get("/leads?limit=2&page=3").want(200)
	if _, has := last.json()["_links"].(map[string]any)["next"]; has || len(last.rows("leads")) != 1 {
		t.Errorf("last page %s", last.raw)
	}
	if body := g.get("/leads?limit=2&page=4").want(204).raw; len(body) != 0 {
		t.Errorf("204 with a body %q", body)
	}
	g.get("/leads").want(200).eq(base+"?page=1&limit=50", "_links", "self", "href")
}

func TestLimitAboveTheMaximumIsLoweredSilently(t *testing.T) {
	for _, tc := range []struct {
		p    paging
		raw  string
		want int
	}{
		{paging{}, "", 50},
		{paging{}, "limit=250", 250},
		{paging{}, "limit=500", 250},
		{paging{}, "limit=0", 50},
		{paging{}, "limit=x", 50},
		{paging{max: 100, over: 50}, "limit=100", 100},
		{paging{max: 100, over: 50}, "limit=101", 50},
	} {
		if _, got := tc.p.page(parseQuery(tc.raw)); got != tc.want {
			t.Errorf("%+v %q: %d, want %d", tc.p, tc.raw, got, tc.want)
		}
	}
}

func TestRouterPrefersLiterals(t *testing.T) {
	hit := ""
	mark := func(name string) handler { return func(*call) answer { hit = name; return noContent() } }
	rt := newRouter([]route{
		{Method: "GET", Path: "/leads/{id:int}/notes", Do: mark("of one")},
		{Method: "GET", Path: "/leads/notes/{id:int}", Do: mark("one note")},
		{Method: "GET", Path: "/{entity:leads|contacts}/{uid}", Do: mark("any")},
		{Method: "GET", Path: "/leads/{id:int}", Do: mark("one lead")},
		{Method: "GET", Path: "/leads/pipelines", Do: mark("pipelines")},
	})
	for path, want := range map[string]string{
		"/api/v4/leads/7/notes": "of one", "/api/v4/leads/notes/7": "one note", "/api/v4/leads/7": "one lead",
		"/api/v4/leads/pipelines": "pipelines", "/api/v4/leads/abc": "any", "/api/v4/contacts/7/": "any",
	} {
		r, _, _ := rt.find("GET", path)
		if r == nil {
			t.Errorf("%s: no route", path)
			continue
		}
		r.Do(nil)
		if hit != want {
			t.Errorf("%s: %s, want %s", path, hit, want)
		}
	}
	if r, _, other := rt.find("POST", "/api/v4/leads/7"); r != nil || !other {
		t.Error("POST found, or GET not known")
	}
	if r, _, other := rt.find("GET", "/api/v4/companies/7"); r != nil || other {
		t.Error("companies found")
	}
}
