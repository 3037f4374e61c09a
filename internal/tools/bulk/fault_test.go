package bulk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// broken previews, breaks Kommo and carries out.
func (o *office) broken(name, args string, faults ...sandbox.Fault) crm.BulkResult {
	o.Helper()
	preview, _ := o.call(name, args)
	for _, f := range faults {
		o.box.Inject(f)
	}
	out, res := o.call(name, args, token(preview.Confirm))
	if res.IsError {
		o.Fatal(res.Text)
	}
	return out
}

// TestLostAnswerIsReadBack: what arrived is told apart from what did not.
func TestLostAnswerIsReadBack(t *testing.T) {
	for name, tt := range map[string]struct {
		fault   sandbox.Fault
		arrived bool
	}{
		"carried out, gateway time-out": {sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504}, true},
		"carried out, cut off":          {sandbox.Fault{Kind: sandbox.FaultTruncatedBody}, true},
		"carried out, connection broke": {sandbox.Fault{Kind: sandbox.FaultReset, ApplyFirst: true}, true},
		"not carried out":               {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502}, false},
		"not carried out, a web page":   {sandbox.Fault{Kind: sandbox.FaultHTMLBody}, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			ids := o.open(60)
			tt.fault.Method, tt.fault.PathPrefix, tt.fault.Times = "PATCH", "/leads", 1
			out := o.broken("update_leads", list(ids)+`,"price":31`, tt.fault)
			want := 60
			if !tt.arrived {
				want = 10
			}
			if out.Status != crm.BulkDone || len(out.Changed) != want || len(out.Failed) != 60-want || len(out.Unknown) != 0 {
				t.Errorf("%d changed, %d failed, %d unknown", len(out.Changed), len(out.Failed), len(out.Unknown))
			}
			for i, id := range ids {
				if (o.lead(id).Amount() == 31) != slices.Contains(out.Changed, id) {
					t.Fatalf("lead %d of %d is misreported", i, len(ids))
				}
			}
			o.wrote("PATCH /api/v4/leads 50", "PATCH /api/v4/leads 10")
		})
	}
}

// TestNobodyKnows: a batch that cannot be read back is unknown, and ends the job.
func TestNobodyKnows(t *testing.T) {
	o := newOffice(t)
	ids := o.open(60)
	out := o.broken("update_leads", list(ids)+`,"price":32`,
		sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Method: "PATCH"},
		sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502, Method: "GET"})
	if out.Status != crm.BulkStopped || !slices.Equal(out.Unknown, ids[:50]) || out.Remaining != 10 || out.Continue == "" || len(out.Warnings) == 0 {
		t.Fatalf("%+v", out)
	}
	out, _ = o.call("update_leads", list(ids)+`,"price":32`, token(out.Continue))
	if out.Status != crm.BulkDone || !slices.Equal(out.Changed, ids[50:]) {
		t.Errorf("%+v", out)
	}
	o.wrote("PATCH /api/v4/leads 50", "PATCH /api/v4/leads 10")
}

// TestNotesAreNeverSentTwice: found ones count, others may still appear.
func TestNotesAreNeverSentTwice(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		o := newOffice(t)
		ids := o.open(3)
		f := sandbox.Fault{Kind: sandbox.FaultStatus, Status: 504, Method: "POST"}
		if arrived {
			f.Kind = sandbox.FaultLostAnswer
		}
		out := o.broken("add_note_to_leads", list(ids)+`,"text":"Happy new year"`, f)
		told := out.Unknown
		if arrived {
			told = out.Changed
		}
		if !slices.Equal(told, ids) || len(out.Changed)+len(out.Failed)+len(out.Unknown) != 3 {
			t.Errorf("arrived %v: %+v", arrived, out)
		}
		o.wrote("POST /api/v4/leads/notes 3")
	}
}

// TestOneBadLead: the others of its batch are written.
func TestOneBadLead(t *testing.T) {
	o := newOffice(t)
	ids := o.open(52)
	out := o.broken("update_leads", list(ids)+`,"price":33`, sandbox.Fault{
		Kind: sandbox.FaultStatus, Status: 400, Method: "PATCH",
		Body: `{"title":"Bad Request","status":400,"validation-errors":[{"request_id":"3","errors":[{"code":"NotSupportedChoice","path":"price","detail":"No."}]}]}`,
	})
	if len(out.Changed) != 51 || len(out.Failed) != 1 || out.Failed[0].ID != ids[3] || !strings.Contains(out.Failed[0].Reason, "price") {
		t.Errorf("%+v", out)
	}
	o.wrote("PATCH /api/v4/leads 50", "PATCH /api/v4/leads 49", "PATCH /api/v4/leads 2")
}

// TestRefusalWithoutNames: the batch is halved until the bad lead is alone.
func TestRefusalWithoutNames(t *testing.T) {
	o := newOffice(t)
	ids := o.open(4)
	bad := fmt.Sprintf(`"id":%d,`, ids[2])
	preview, _ := o.call("update_leads", list(ids)+`,"price":34`)
	o.refuse(bad, 400)
	out, _ := o.call("update_leads", list(ids)+`,"price":34`, token(preview.Confirm))
	if len(out.Changed) != 3 || len(out.Failed) != 1 || out.Failed[0].ID != ids[2] || out.Failed[0].Reason == "" {
		t.Errorf("%+v", out)
	}
	o.wrote("PATCH /api/v4/leads 4", "PATCH /api/v4/leads 2", "PATCH /api/v4/leads 2", "PATCH /api/v4/leads 1", "PATCH /api/v4/leads 1")
}

// TestLeadsOfOthers: a token that may not edit some of the leads changes the rest.
func TestLeadsOfOthers(t *testing.T) {
	o := newOffice(t)
	ids := o.open(4)
	o.refuse(fmt.Sprintf(`"id":%d,`, ids[0]), 403)
	out := o.broken("update_leads", list(ids)+`,"price":35`)
	if len(out.Changed) != 3 || len(out.Failed) != 1 || out.Failed[0].ID != ids[0] {
		t.Errorf("%+v", out)
	}
}

// TestAllRefused: a job that no lead of a batch takes is not tried to the end.
func TestAllRefused(t *testing.T) {
	o := newOffice(t)
	ids := o.open(80)
	o.refuse(`"id"`, 400)
	out := o.broken("update_leads", list(ids)+`,"price":36`)
	if out.Status != crm.BulkStopped || len(out.Failed) != 50 || out.Remaining != 30 || out.Continue == "" {
		t.Errorf("%d failed: %+v", len(out.Failed), out.Next)
	}
}

// TestKommoDown: with nothing written the call fails with the cause.
func TestKommoDown(t *testing.T) {
	o := newOffice(t)
	ids := o.open(60)
	preview, _ := o.call("update_leads", list(ids)+`,"price":37`)
	o.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 402, Method: "PATCH", Body: `{"title":"Payment Required","status":402}`})
	if _, res := o.call("update_leads", list(ids)+`,"price":37`, token(preview.Confirm)); !res.IsError || !strings.Contains(string(res.Structured), "payment_required") {
		t.Error(res.Text)
	}
	preview, _ = o.call("update_leads", list(ids)+`,"price":37`)
	o.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 402, Method: "PATCH", After: 1, Body: `{"title":"Payment Required","status":402}`})
	out, _ := o.call("update_leads", list(ids)+`,"price":37`, token(preview.Confirm))
	if out.Status != crm.BulkStopped || len(out.Changed) != 50 || out.Remaining != 10 || !strings.Contains(out.Next, "not paid") {
		t.Errorf("%+v", out)
	}
}

// TestTimeEnds: a call with little time does one batch and says how to go on.
func TestTimeEnds(t *testing.T) {
	o := newOffice(t)
	ids := o.open(60)
	price := 38.0
	_, plan, question, err := o.jobs.PreviewBulk(t.Context(), crm.BulkLeads{LeadIDs: ids}, crm.BulkChange{Price: &price})
	if err != nil || !strings.Contains(question, "60 leads") {
		t.Fatalf("%q, %v", question, err)
	}
	var told []int
	ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
	defer cancel()
	out, left, err := o.jobs.RunBulk(ctx, plan, func(done, total int, _ string) { told = append(told, done, total) })
	if err != nil || out.Status != crm.BulkStopped || len(out.Changed) != 50 || out.Remaining != 10 || left == nil || !slices.Equal(told, []int{50, 60}) {
		t.Fatalf("%+v, %v, progress %v", out, err, told)
	}
	out, left, err = o.jobs.RunBulk(t.Context(), left, func(done, total int, _ string) { told = append(told, done, total) })
	if err != nil || out.Status != crm.BulkDone || len(out.Changed) != 10 || left != nil || !slices.Equal(told[2:], []int{60, 60}) {
		t.Errorf("%+v, %v, progress %v", out, err, told)
	}
}

// TestPlanOfAnotherAccount is refused.
func TestPlanOfAnotherAccount(t *testing.T) {
	a, b := newOffice(t), newOffice(t)
	price := 39.0
	_, plan, _, err := a.jobs.PreviewBulk(t.Context(), crm.BulkLeads{LeadIDs: a.open(1)}, crm.BulkChange{Price: &price})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.jobs.RunBulk(t.Context(), plan, func(int, int, string) {}); err == nil || len(a.writes())+len(b.writes()) != 0 {
		t.Errorf("%v", err)
	}
}

// refuse makes Kommo refuse every PATCH whose body holds a text.
func (o *office) refuse(text string, status int) {
	o.box.Inject(sandbox.Fault{
		Kind: sandbox.FaultStatus, Status: status, Times: -1, Method: "PATCH", Match: o.bodyHas(text),
		Body: fmt.Sprintf(`{"title":"Refused","status":%d,"detail":"Something is wrong"}`, status),
	})
}

// bodyHas looks into the request that has just arrived.
func (o *office) bodyHas(text string) func(*http.Request) bool {
	return func(*http.Request) bool {
		arrived := o.box.Arrivals()
		return bytes.Contains(arrived[len(arrived)-1].Body, []byte(text))
	}
}

// cancelledAt carries a previewed job out in a call that its client cancels when the
// n-th write arrives.
func (o *office) cancelledAt(n int, name, args, confirm string) {
	o.Helper()
	ctx, cancel := context.WithCancel(o.Context())
	defer cancel()
	o.box.Inject(sandbox.Fault{Times: -1, Match: func(r *http.Request) bool {
		if r.Method != http.MethodGet {
			if n--; n == 0 {
				cancel()
			}
		}
		return false
	}})
	tool, err := registry.Find(o.tools, name)
	if err != nil {
		o.Fatal(err)
	}
	res := tool.Call(ctx, json.RawMessage("{"+args+","+token(confirm)+"}"))
	o.box.ClearFaults()
	if !res.IsError || !strings.Contains(res.Text, "confirm_token") {
		o.Fatalf("the cancelled call says %s", res.Text)
	}
}

// more makes n leads, which are more than the account has.
func (o *office) more(n int) (ids []int64) {
	o.Helper()
	for len(ids) < n {
		made, err := o.api.Leads.Create(o.Context(), make([]kommo.LeadWrite, min(kommo.ChunkSize, n-len(ids))))
		if err != nil {
			o.Fatal(err)
		}
		for _, m := range made {
			ids = append(ids, m.ID)
		}
	}
	o.box.ForgetArrivals()
	return ids
}

// TestCancelledJobGoesOn: the same token writes what is left, reports all of it, and
// no lead gets a second note.
func TestCancelledJobGoesOn(t *testing.T) {
	o := newOffice(t)
	ids := o.more(130)
	args := list(ids) + `,"text":"Prices change in January."`
	preview, _ := o.call("add_note_to_leads", args)
	o.cancelledAt(2, "add_note_to_leads", args, preview.Confirm)
	done, res := o.call("add_note_to_leads", args, token(preview.Confirm))
	if done.Status != crm.BulkDone || len(done.Failed) != 0 {
		t.Fatalf("gone on: %s", res.Text)
	}
	all := slices.Sorted(slices.Values(slices.Concat(done.Changed, done.Unknown)))
	if !slices.Equal(all, ids) || len(done.Changed) < 80 {
		t.Errorf("%d changed, %d unknown of %d", len(done.Changed), len(done.Unknown), len(ids))
	}
	for _, id := range done.Changed {
		notes, err := o.api.Notes.ListOf(t.Context(), kommo.Leads, id, kommo.NoteFilter{Types: []string{kommo.NoteCommon}})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, note := range notes.Items {
			if note.Text() == "Prices change in January." {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("lead %d has %d notes", id, n)
		}
	}
	if _, res := o.call("add_note_to_leads", args, token(preview.Confirm)); !res.IsError {
		t.Errorf("a replay passed: %s", res.Text)
	}
}
