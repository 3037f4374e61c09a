package base_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
)

type leadRow struct {
	ID          int64
	URL         string
	Name        string
	Price       float64
	Pipeline    string
	Stage       string
	Responsible string
	UpdatedAt   string `json:"updated_at"`
	NextTaskAt  string `json:"next_task_at"`
	Tags        []string
}

type leadList struct {
	Items      []leadRow
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor"`
	Scanned    int
	Note, Hint string
}

func TestSearchLeadsBudget(t *testing.T) {
	r := newReader(t, 0)
	var cold, warm leadList
	first := r.call(base.SearchLeads, `{}`, &cold)
	n, paths := r.requests(func() { r.call(base.SearchLeads, `{}`, &warm) })
	if n != 1 {
		t.Errorf("a warm search costs %d requests: %q", n, paths)
	}
	if len(cold.Items) != 20 || !cold.HasMore || cold.NextCursor == "" {
		t.Errorf("%d rows, more %v", len(cold.Items), cold.HasMore)
	}
	if len(first.Text) > 7500 {
		t.Errorf("20 rows take %d bytes", len(first.Text))
	}
	var raw struct{ Items []json.RawMessage }
	if err := json.Unmarshal(first.Structured, &raw); err != nil {
		t.Fatal(err)
	}
	longest := 0
	for _, row := range raw.Items {
		longest = max(longest, len(row))
	}
	if longest > 350 {
		t.Errorf("a row takes %d bytes", longest)
	}
	t.Logf("20 rows: %d bytes, longest row %d", len(first.Text), longest)
	if !slices.IsSortedFunc(cold.Items, func(a, b leadRow) int { return strings.Compare(b.UpdatedAt, a.UpdatedAt) }) {
		t.Error("the last changed do not come first")
	}
}

// pages walks a search to its end and returns every id once seen.
func (r *reader) pages(args string) (ids []int64) {
	r.t.Helper()
	cursor := ""
	for range 60 {
		full := args
		if cursor != "" {
			full = strings.TrimSuffix(args, "}") + fmt.Sprintf(`,"cursor":%q}`, cursor)
		}
		var page leadList
		r.call(base.SearchLeads, full, &page)
		for _, row := range page.Items {
			ids = append(ids, row.ID)
		}
		if page.HasMore != (page.NextCursor != "") {
			r.t.Fatalf("has_more %v with the cursor %q", page.HasMore, page.NextCursor)
		}
		if !page.HasMore {
			return ids
		}
		cursor = page.NextCursor
	}
	r.t.Fatal("the pages never end")
	return nil
}

func TestSearchLeadsPagesCoverEveryRowOnce(t *testing.T) {
	r := newReader(t, 0)
	for _, args := range []string{`{"limit":7}`, `{"limit":100,"sort":"created_asc"}`, `{"limit":3,"attention":"no_task"}`, `{"limit":5,"tags":"hot"}`} {
		all := r.pages(args)
		sorted := slices.Clone(all)
		slices.Sort(sorted)
		if once := slices.Compact(sorted); len(once) != len(all) || len(all) == 0 {
			t.Errorf("%s: %d rows, %d of them different", args, len(all), len(once))
		}
		if strings.Contains(args, "limit\":7") && len(all) != 200 {
			t.Errorf("%s: %d of 200 leads", args, len(all))
		}
	}
}

func TestSearchLeadsFilters(t *testing.T) {
	off := sandbox.WithSwitches(sandbox.Switches{FilteringOff: true})
	for name, r := range map[string]*reader{"filters on": newReader(t, 0), "filters off": newReader(t, 0, off)} {
		t.Run(name, func(t *testing.T) { r.t = t; filterCases(t, r, name == "filters off") })
	}
}

func filterCases(t *testing.T, r *reader, off bool) {
	t.Helper()
	for _, tt := range []struct {
		args string
		ok   func(leadRow) bool
	}{
		{`{"query":"Holloway","limit":100}`, nil},
		{`{"pipeline":"roof repair","limit":100}`, func(l leadRow) bool { return l.Pipeline == "Roof repair" }},
		{`{"stage":"negotiation","limit":100}`, func(l leadRow) bool { return l.Stage == "Negotiation" }},
		{`{"stage":["Roof repair / Negotiation"],"limit":100}`, func(l leadRow) bool { return l.Stage == "Negotiation" && l.Pipeline == "Roof repair" }},
		{`{"stage":"won","pipeline":["Roof repair","Commercial"],"limit":100}`, func(l leadRow) bool { return l.Stage == "Closed - won" && l.Pipeline != "Residential solar" }},
		{`{"responsible":"Marcus Reed","limit":100}`, func(l leadRow) bool { return l.Responsible == "Marcus Reed" }},
		{`{"responsible":"me","limit":100}`, func(l leadRow) bool { return l.Responsible == "Olivia Bennett" }},
		{`{"price_min":10000.5,"price_max":20000,"limit":100}`, func(l leadRow) bool { return l.Price >= 10000.5 && l.Price <= 20000 }},
		{`{"tags":["HOT"],"limit":100}`, func(l leadRow) bool { return slices.Contains(l.Tags, "hot") }},
		{`{"attention":"no_task","limit":100}`, func(l leadRow) bool { return l.NextTaskAt == "" && !strings.HasPrefix(l.Stage, "Closed") }},
		{`{"attention":"overdue","limit":100}`, func(l leadRow) bool { return l.NextTaskAt != "" && !strings.HasPrefix(l.Stage, "Closed") }},
		{`{"attention":"stale","limit":100}`, func(l leadRow) bool { return !strings.HasPrefix(l.Stage, "Closed") }},
		{`{"closed":"last_30_days","limit":100}`, func(l leadRow) bool { return strings.HasPrefix(l.Stage, "Closed") }},
		{`{"created":"last_30_days","limit":100}`, nil},
		{`{"updated":"last_30_days","limit":100}`, nil},
		{`{"fields":{"Roof type":"Tile"},"limit":100}`, nil},
		{`{"fields":{"Financing":true,"Budget":"5000..20000"},"limit":100}`, nil},
		{`{"fields":{"System size, kW":"5..9"},"limit":100}`, nil},
		{`{"fields":{"Install date":"last_30_days"},"limit":100}`, nil},
		{`{"fields":{"Contract number":null},"limit":100}`, func(l leadRow) bool { return l.Stage != "Closed - won" }},
	} {
		var got leadList
		r.call(base.SearchLeads, tt.args, &got)
		if len(got.Items) == 0 || len(got.Items) > 150 {
			t.Errorf("%s: %d rows", tt.args, len(got.Items))
		}
		for _, row := range got.Items {
			if tt.ok != nil && !tt.ok(row) {
				t.Errorf("%s brings %+v", tt.args, row)
				break
			}
		}
		if off && !strings.Contains(tt.args, `"query"`) && !strings.Contains(got.Note, "filtering switched off") {
			t.Errorf("%s: the note is %q", tt.args, got.Note)
		}
	}
}

func TestSearchLeadsOfAContact(t *testing.T) {
	r := newReader(t, 0)
	var found struct{ Items []struct{ ID int64 } }
	r.call(base.SearchContacts, `{"query":"Grace Holloway"}`, &found)
	var got leadList
	args := fmt.Sprintf(`{"contact_id":%d}`, found.Items[0].ID)
	n, paths := r.requests(func() { r.call(base.SearchLeads, args, &got) })
	if len(got.Items) != 2 || n != 5 { // account, pipelines and users are cold
		t.Errorf("%d leads in %d requests: %q", len(got.Items), n, paths)
	}
	e := r.refused(base.SearchLeads, `{"contact_id":1}`)
	if e.Error.Code != "not_found" || e.Error.Field != "contact_id" {
		t.Errorf("%+v", e)
	}
}

func TestSearchLeadsTeaches(t *testing.T) {
	r := newReader(t, 0)
	for args, want := range map[string][2]string{
		`{"stage":"Negotiatoin"}`:              {"not_found", "stage"},
		`{"pipeline":"Wholesale"}`:             {"not_found", "pipeline"},
		`{"responsible":"Ana"}`:                {"ambiguous", "responsible"},
		`{"fields":{"Rooftype":"Tile"}}`:       {"not_found", "fields.Rooftype"},
		`{"fields":{"Roof type":"Straw"}}`:     {"not_found", "fields.Roof type"},
		`{"created":"recently"}`:               {"invalid_argument", "created"},
		`{"price_min":5,"price_max":2}`:        {"invalid_argument", "price_min"},
		`{"cursor":"abc"}`:                     {"invalid_argument", "cursor"},
		`{"attention":"none"}`:                 {"invalid_argument", "attention"},
		`{"fields":{"Roof type":{"x":1}}}`:     {"invalid_argument", "fields.Roof type"},
		`{"fields":{"System size, kW":"big"}}`: {"invalid_argument", "fields.System size, kW"},
	} {
		e := r.refused(base.SearchLeads, args)
		if e.Error.Code != want[0] || e.Error.Field != want[1] {
			t.Errorf("%s: %+v", args, e.Error)
		}
	}
	for args, want := range map[string]string{
		`{"query":"zzzzqqq"}`:                   "query",
		`{"tags":"nonexistent"}`:                "no tag",
		`{"attention":"no_task","stage":"won"}`: "open leads only",
		`{"query":"zz","price_min":99999999}`:   "price_min",
	} {
		var got leadList
		r.call(base.SearchLeads, args, &got)
		if len(got.Items) != 0 || got.Items == nil || !strings.Contains(got.Hint, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
