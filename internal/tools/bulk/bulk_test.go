package bulk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

func TestUpdateByFilterInBatches(t *testing.T) {
	o := newOffice(t)
	preview, done := o.both("update_leads", `"stage":["open"],"price":4321,"fields":{"Roof type":"Flat"}`)
	if preview.Count <= 50 || preview.Count > 100 || len(preview.Sample) != 5 || preview.Sample[0].After["price"] != float64(4321) {
		t.Fatalf("%+v", preview)
	}
	if done.Status != crm.BulkDone || done.Count != preview.Count || len(done.Changed) != preview.Count || done.Continue != "" {
		t.Errorf("%+v", done)
	}
	o.wrote("PATCH /api/v4/leads 50", fmt.Sprintf("PATCH /api/v4/leads %d", preview.Count-50))
	for _, id := range done.Changed {
		if l := o.lead(id); l.Amount() != 4321 || l.Closed() {
			t.Fatalf("lead %d: price %v, closed %v", id, l.Amount(), l.Closed())
		}
	}
	again, _ := o.call("update_leads", `"stage":["open"],"price":4321,"fields":{"Roof type":"Flat"}`)
	if again.Status != crm.BulkNothing || again.Unchanged != preview.Count || again.Confirm != "" {
		t.Errorf("%+v", again)
	}
}

// TestRequests: a preview by filter costs a page, a job a batch, beside the names.
func TestRequests(t *testing.T) {
	o := newOffice(t)
	ids := o.open(3) // warms the names
	before := len(o.box.Arrivals())
	_, done := o.both("tag_leads", list(ids)+`,"add_tags":["Bulk"]`)
	var sent []string
	for _, a := range o.box.Arrivals()[before:] {
		sent = append(sent, a.Method+" "+a.Path)
	}
	if want := []string{"GET /api/v4/leads", "PATCH /api/v4/leads"}; !slices.Equal(sent, want) || done.Count != 3 {
		t.Errorf("sent %v", sent)
	}
}

func TestMoveKeepsPipelines(t *testing.T) {
	o := newOffice(t)
	ids := o.open(10)
	was := map[int64]int64{}
	for _, id := range ids {
		was[id] = o.lead(id).PipelineID
	}
	_, done := o.both("move_leads", list(ids)+`,"to_stage":"won"`)
	if len(done.Changed) != 10 {
		t.Fatalf("%+v", done)
	}
	for _, id := range ids {
		if l := o.lead(id); l.StatusID != kommo.StatusWon || l.PipelineID != was[id] {
			t.Errorf("lead %d: %d in %d", id, l.StatusID, l.PipelineID)
		}
	}
	o.wrote("PATCH /api/v4/leads 10")
}

// TestMoveToLostInTwoSteps: where Kommo judges a reason by the stage before the
// write, the stage goes first.
func TestMoveToLostInTwoSteps(t *testing.T) {
	o := newOffice(t, sandbox.WithSwitches(sandbox.Switches{StrictLossReason: true}))
	ids := o.open(2)
	reason := o.reason()
	_, done := o.both("move_leads", list(ids)+`,"to_stage":"lost","loss_reason":"`+reason+`"`)
	if len(done.Changed) != 2 || o.lead(ids[0]).LossReasonID == nil || o.lead(ids[1]).StatusID != kommo.StatusLost {
		t.Errorf("%+v", done)
	}
	o.wrote("PATCH /api/v4/leads 2", "PATCH /api/v4/leads 2", "PATCH /api/v4/leads 2")
}

func (o *office) reason() string {
	o.Helper()
	page, err := o.api.LossReasons.List(o.Context())
	if err != nil || len(page) == 0 {
		o.Fatalf("%v", err)
	}
	return page[0].Name
}

func TestTagsAndAssign(t *testing.T) {
	o := newOffice(t)
	ids := o.open(4)
	o.both("tag_leads", list(ids)+`,"add_tags":["Spring"]`)
	half := list(ids[:2])
	out, _ := o.call("tag_leads", half+`,"remove_tags":["spring"]`)
	if out, _ = o.call("tag_leads", half+`,"remove_tags":["spring"]`, token(out.Confirm)); out.Count != 2 {
		t.Errorf("%+v", out)
	}
	tagged, err := o.jobs.SearchLeads(t.Context(), crm.LeadSearch{Tags: []string{"Spring"}, Limit: 10})
	if err != nil || len(tagged.Items) != 2 {
		t.Errorf("%d leads have the tag, %v", len(tagged.Items), err)
	}
	preview, _ := o.call("assign_leads", list(ids)+`,"to_responsible":"me"`)
	if preview.Status == crm.BulkPreview {
		o.call("assign_leads", list(ids)+`,"to_responsible":"me"`, token(preview.Confirm))
	}
	again, _ := o.call("assign_leads", list(ids)+`,"to_responsible":"me"`)
	if again.Status != crm.BulkNothing || again.Unchanged != 4 {
		t.Errorf("%+v", again)
	}
}

func TestNotes(t *testing.T) {
	o := newOffice(t)
	ids := o.open(3)
	_, done := o.both("add_note_to_leads", list(ids)+`,"text":"Closed on Monday."`)
	if !slices.Equal(done.Changed, ids) {
		t.Errorf("%+v", done)
	}
	o.wrote("POST /api/v4/leads/notes 3")
	for _, id := range ids {
		page, err := o.api.Notes.ListOf(t.Context(), kommo.Leads, id, kommo.NoteFilter{Order: kommo.Order{By: "id", Desc: true}})
		if err != nil || page.Items[0].Text() != "Closed on Monday." {
			t.Errorf("lead %d has no note: %v", id, err)
		}
	}
}

// TestThePreviewedLeadsAndNoOthers: a lead that fits the filter only later is not
// touched.
func TestThePreviewedLeadsAndNoOthers(t *testing.T) {
	o := newOffice(t)
	ids := o.open(3)
	if _, err := o.api.Leads.UpdateMany(t.Context(), []kommo.LeadWrite{{ID: ids[0], Name: "Quokka 1"}, {ID: ids[1], Name: "Quokka 2"}}); err != nil {
		t.Fatal(err)
	}
	preview, _ := o.call("update_leads", `"query":"Quokka","price":77`)
	if _, err := o.api.Leads.Update(t.Context(), ids[2], kommo.LeadWrite{Name: "Quokka 3"}); err != nil {
		t.Fatal(err)
	}
	done, _ := o.call("update_leads", `"query":"Quokka","price":77`, token(preview.Confirm))
	if preview.Count != 2 || !slices.Equal(done.Changed, ids[:2]) || o.lead(ids[2]).Amount() == 77 {
		t.Errorf("%+v", done)
	}
}

func TestWhichLeads(t *testing.T) {
	o := newOffice(t)
	ids := o.open(1)
	before := len(o.box.Arrivals())
	for args, field := range map[string]string{
		`"price":5`: "lead_ids",
		list(ids) + `,"stage":["open"],"price":5`:   "lead_ids",
		`"stage":["open"]`:                          "",
		`"stage":["no such stage"],"price":5`:       "stage",
		list(ids) + `,"fields":{"No such field":1}`: "fields",
	} {
		_, res := o.call("update_leads", args)
		if !res.IsError || field != "" && !strings.Contains(string(res.Structured), `"field":"`+field) {
			t.Errorf("%s: %s", args, res.Text)
		}
	}
	if _, res := o.call("move_leads", list(ids)+`,"to_stage":"nowhere"`); !res.IsError || !strings.Contains(string(res.Structured), `"field":"to_stage"`) {
		t.Error(res.Text)
	}
	if _, res := o.call("assign_leads", list(ids)+`,"to_responsible":"Nobody Atall"`); !strings.Contains(string(res.Structured), `"field":"to_responsible"`) {
		t.Error(res.Text)
	}
	for _, a := range o.box.Arrivals()[before:] {
		if a.Method != "GET" {
			t.Errorf("%s %s", a.Method, a.Path)
		}
	}
	out, _ := o.call("update_leads", `"lead_ids":[1,`+fmt.Sprint(ids[0])+`],"price":987654`)
	if out.Count != 1 || !slices.Equal(out.Missing, []int64{1}) {
		t.Errorf("%+v", out)
	}
}

// TestFiltersOff: an account that ignores filters answers everything; only what
// was named is touched all the same.
func TestFiltersOff(t *testing.T) {
	o := newOffice(t, sandbox.WithSwitches(sandbox.Switches{FilteringOff: true}))
	ids := o.open(2)
	_, done := o.both("update_leads", list(ids)+`,"price":11`)
	if !slices.Equal(done.Changed, ids) {
		t.Errorf("%+v", done)
	}
	preview, _ := o.call("update_leads", `"price_min":11,"price_max":11,"price":12`)
	if preview.Count != 2 {
		t.Errorf("%+v", preview)
	}
}

func TestTooWide(t *testing.T) {
	o := newOffice(t)
	o.open(1)
	before := len(o.box.Arrivals())
	o.box.Inject(sandbox.Fault{
		Kind: sandbox.FaultStatus, Status: 200, Times: -1, Method: "GET", PathPrefix: "/leads",
		Body: `{"_links":{"next":{"href":"x"}},"_embedded":{"leads":[{"id":1,"name":"A","status_id":1}]}}`,
	})
	_, res := o.call("update_leads", `"updated":"this_week","price":12`)
	if !res.IsError || !strings.Contains(res.Text, "nothing was written") || len(o.box.Arrivals())-before != 20 {
		t.Errorf("%d requests: %s", len(o.box.Arrivals())-before, res.Text)
	}
}

func TestDefinitions(t *testing.T) {
	o := newOffice(t)
	if chosen, err := registry.Select(o.tools, registry.Choice{Toolsets: []string{"bulk"}}); err != nil || len(chosen) != 5 {
		t.Errorf("%d tools, %v", len(chosen), err)
	}
	for _, tool := range o.tools {
		if tool.Bytes() > 2000 {
			t.Errorf("%s takes %d bytes", tool.Name(), tool.Bytes())
		}
	}
}
