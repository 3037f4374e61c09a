package bulk_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/bulk"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is the demo account with the bulk tools.
type office struct {
	*testing.T

	clock *testclock.Clock
	box   *sandbox.Sandbox
	api   *kommo.Client
	jobs  *crm.Service
	tools []registry.Tool
}

func newOffice(t *testing.T, opts ...sandbox.Option) *office {
	t.Helper()
	a := toolstest.Open(t, toolstest.Options{Sandbox: opts})
	o := &office{T: t, clock: a.Clock, box: a.Box, api: a.API, jobs: a.Jobs}
	p := a.Provider
	o.tools = registry.Configure([]registry.Tool{
		bulk.UpdateLeads(p), bulk.MoveLeads(p), bulk.TagLeads(p), bulk.AssignLeads(p), bulk.AddNoteToLeads(p),
	}, registry.Options{Now: a.Clock.Now})
	return o
}

// call runs a tool; more are further arguments as JSON members.
func (o *office) call(name, args string, more ...string) (crm.BulkResult, registry.Result) {
	o.Helper()
	tool, err := registry.Find(o.tools, name)
	if err != nil {
		o.Fatal(err)
	}
	res := tool.Call(o.Context(), json.RawMessage("{"+strings.Join(append(more, args), ",")+"}"))
	if err := tool.Verify(res); err != nil {
		o.Errorf("%s: %v", name, err)
	}
	var out crm.BulkResult
	if err := json.Unmarshal(res.Structured, &out); err != nil {
		o.Fatal(err)
	}
	o.Logf("%s %s: %.300s", name, args, res.Text)
	return out, res
}

// both previews and carries out.
func (o *office) both(name, args string) (preview, done crm.BulkResult) {
	o.Helper()
	preview, res := o.call(name, args)
	if preview.Status != crm.BulkPreview || preview.Confirm == "" {
		o.Fatalf("no preview: %s", res.Text)
	}
	if w := o.writes(); len(w) != 0 {
		o.Fatalf("the preview wrote: %v", w)
	}
	done, res = o.call(name, args, token(preview.Confirm))
	if res.IsError {
		o.Fatal(res.Text)
	}
	return preview, done
}

func token(t string) string { return `"confirm_token":"` + t + `"` }

// writes are the requests that are no GET, with the number of items they hold.
func (o *office) writes() []string {
	o.Helper()
	var out []string
	for _, a := range o.box.Arrivals() {
		if a.Method == "GET" {
			continue
		}
		var items []json.RawMessage
		if err := json.Unmarshal(a.Body, &items); err != nil {
			o.Fatalf("%s %s: %v", a.Method, a.Path, err)
		}
		raw, _ := json.Marshal(len(items))
		out = append(out, a.Method+" "+a.Path+" "+string(raw))
	}
	return out
}

func (o *office) wrote(want ...string) {
	o.Helper()
	if got := o.writes(); !slices.Equal(got, want) {
		o.Errorf("wrote %v, want %v", got, want)
	}
	for _, v := range o.box.Violations() {
		o.Error(v)
	}
}

// open are the ids of n open leads.
func (o *office) open(n int) []int64 {
	o.Helper()
	list, err := o.jobs.SearchLeads(o.Context(), crm.LeadSearch{Stage: []string{"open"}, Limit: n})
	if err != nil || len(list.Items) < n {
		o.Fatalf("%d open leads, %v", len(list.Items), err)
	}
	ids := make([]int64, n)
	for i, row := range list.Items[:n] {
		ids[i] = row.ID
	}
	slices.Sort(ids)
	return ids
}

func (o *office) lead(id int64) kommo.Lead {
	o.Helper()
	l, err := o.api.Leads.Get(o.Context(), id)
	if err != nil {
		o.Fatal(err)
	}
	return l
}

func list(ids []int64) string {
	raw, _ := json.Marshal(ids)
	return `"lead_ids":` + string(raw)
}
