package base_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// counted is what lists say of their length.
type counted struct {
	Items      []struct{ ID int64 }
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor"`
	Total      *int
	AtLeast    int `json:"at_least"`
	Note       string
}

// walk reads a list to its end and checks on each page that a total is that of
// all rows and a lower bound is neither too high nor less than what was shown.
func (r *reader) walk(tool func(crm.Provider) registry.Tool, args string) (n int, first counted) {
	r.t.Helper()
	var pages []counted
	for cursor := ""; ; {
		var page counted
		r.call(tool, strings.TrimSuffix(args, "}")+cursor+"}", &page)
		pages = append(pages, page)
		n += len(page.Items)
		if !page.HasMore {
			break
		}
		cursor = fmt.Sprintf(`,"cursor":%q`, page.NextCursor)
	}
	shown := 0
	for i, page := range pages {
		shown += len(page.Items)
		switch {
		case page.Total != nil && (*page.Total != n || page.AtLeast != 0):
			r.t.Errorf("%s, page %d: total %d and at_least %d of %d", args, i+1, *page.Total, page.AtLeast, n)
		case page.Total == nil && (page.AtLeast > n || page.AtLeast < shown):
			r.t.Errorf("%s, page %d: at least %d of %d, %d shown", args, i+1, page.AtLeast, n, shown)
		case page.Total == nil && i == len(pages)-1:
			r.t.Errorf("%s: the last page does not say the total", args)
		}
	}
	return n, pages[0]
}

func (r *reader) countLeads(keep func(kommo.Lead) bool) (n int) {
	r.t.Helper()
	s, err := r.open(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for l, err := range s.API().Leads.All(r.t.Context(), kommo.LeadFilter{}) {
		if err != nil {
			r.t.Fatal(err)
		}
		if keep(l) {
			n++
		}
	}
	return n
}

func TestTotalsAreExactOrLowerBounds(t *testing.T) {
	for name, opts := range map[string][]sandbox.Option{
		"filters on": nil, "filters off": {sandbox.WithSwitches(sandbox.Switches{FilteringOff: true})},
	} {
		r := newReader(t, 0, opts...)
		hot := r.countLeads(func(l kommo.Lead) bool {
			return slices.ContainsFunc(l.Embedded.Tags, func(t kommo.Tag) bool { return t.Name == "hot" })
		})
		won := r.countLeads(func(l kommo.Lead) bool { return l.StatusID == kommo.StatusWon })
		n, first := r.walk(base.SearchLeads, `{"tags":"hot","limit":3}`)
		if n != hot || hot <= 3 {
			t.Errorf("%s: %d leads are hot, want %d", name, n, hot)
		}
		// Tags are looked for here in pages of 250: the first already shows them all.
		if first.Total == nil || *first.Total != hot {
			t.Errorf("%s: the first page says %v of %d", name, first.Total, hot)
		}
		n, first = r.walk(base.SearchLeads, `{"stage":"won","limit":7}`)
		if n != won {
			t.Errorf("%s: %d leads are won, want %d", name, n, won)
		}
		if off := name == "filters off"; off != (first.Total != nil) || off != strings.Contains(first.Note, "switched off") {
			t.Errorf("%s: total %v, note %q", name, first.Total, first.Note)
		}
	}
}

func TestEveryListCounts(t *testing.T) {
	r := newReader(t, 0)
	if n, _ := r.walk(base.SearchLeads, `{"limit":50}`); n != r.countLeads(func(kommo.Lead) bool { return true }) {
		t.Errorf("%d leads", n)
	}
	for args, tool := range map[string]func(crm.Provider) registry.Tool{
		`{"limit":40}`:                                  base.SearchContacts,
		`{"kind":"company","limit":9}`:                  base.SearchContacts,
		`{"phone":"+34600000144","limit":5}`:            base.SearchContacts,
		`{"limit":30}`:                                  base.ListTasks,
		`{"due":"week","limit":4}`:                      base.ListTasks,
		`{"completed":true,"limit":60}`:                 base.ListTasks,
		`{"stage":"won","attention":"stale"}`:           base.SearchLeads,
		`{"query":"no lead has such a name","limit":1}`: base.SearchLeads,
	} {
		r.walk(tool, args)
	}
}

func TestRangesAreEchoedInAbsoluteTimes(t *testing.T) {
	r := newReader(t, 0)
	var got counted
	r.call(base.SearchLeads, `{"created":"2026-01-01..2026-01-31","closed":"2026-02-01..","fields":{"Install date":"2026-03-01..2026-03-02"}}`, &got)
	for _, span := range []string{
		"Ranges, end excluded: created 2026-01-01T00:00:00-05:00..2026-02-01T00:00:00-05:00", "closed 2026-02-01T00:00:00-05:00..",
		"Install date 2026-03-01T00:00:00-05:00..2026-03-03T00:00:00-05:00",
	} {
		if !strings.Contains(got.Note, span) {
			t.Errorf("%q is missing in %q", span, got.Note)
		}
	}
}

// Kommo is not known to ignore filters of tasks; if it does, it is noticed.
func TestTasksThatDoNotFitAreLeftOutAndSaid(t *testing.T) {
	r := newReader(t, 0)
	var all, open crm.TaskList
	r.call(base.ListTasks, `{"completed":true,"limit":1}`, &all)
	stranger := fmt.Sprintf(`{"_links":{},"_embedded":{"tasks":[{"id":%d,"is_completed":true,"text":"Done","complete_till":1,"result":[]}]}}`, all.Items[0].ID)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: stranger, Times: 1, PathPrefix: "/api/v4/tasks"})
	r.call(base.ListTasks, `{}`, &open)
	if len(open.Items) != 0 || !strings.Contains(open.Note, "do not fit the filters") {
		t.Errorf("%d rows, note %q", len(open.Items), open.Note)
	}
}

// What a report counts as open is what a search for open leads finds.
func TestOpenLeadsAreThoseOfTheReport(t *testing.T) {
	r := newReader(t, 0)
	for _, pipeline := range []string{"Residential solar", "Roof repair", "Commercial projects"} {
		var report crm.PipelineReport
		r.call(base.ReportPipeline, fmt.Sprintf(`{"pipeline":%q}`, pipeline), &report)
		n, _ := r.walk(base.SearchLeads, fmt.Sprintf(`{"pipeline":%q,"stage":"open","limit":50}`, pipeline))
		if n != report.Open.Count || n == 0 {
			t.Errorf("%s: %d leads are found, %d counted", pipeline, n, report.Open.Count)
		}
	}
}
