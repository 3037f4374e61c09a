package base_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// creates are the creates with a card each, and how many equal records exist.
func (w *writer) creates(lead int64) map[string]struct {
	args, path string
	count      func() int
} {
	type create = struct {
		args, path string
		count      func() int
	}
	return map[string]create{
		"create_lead_with_contact": {
			`{"name":"Lost lead","price":10,"contact_name":"Lost Person","contact_phone":"+19075550142"}`, "/leads/complex",
			func() int { return w.count(func(l kommo.Lead) bool { return l.Name == "Lost lead" }) },
		},
		"add_note": {fmt.Sprintf(`{"lead_id":%d,"text":"Lost note"}`, lead), "/leads/notes", func() int {
			notes, err := kommo.Collect(w.api.Notes.AllOf(w.t.Context(), kommo.Leads, lead, kommo.NoteFilter{}))
			w.must(err)
			n := 0
			for _, note := range notes {
				if note.Text() == "Lost note" {
					n++
				}
			}
			return n
		}},
		"create_task": {fmt.Sprintf(`{"lead_id":%d,"text":"Lost task","due":"2031-01-02"}`, lead), "/tasks", func() int {
			tasks, err := kommo.Collect(w.api.Tasks.All(w.t.Context(), kommo.TaskFilter{EntityType: kommo.Leads, EntityIDs: []int64{lead}}))
			w.must(err)
			n := 0
			for _, task := range tasks {
				if task.Text == "Lost task" {
					n++
				}
			}
			return n
		}},
	}
}

func (w *writer) count(fits func(kommo.Lead) bool) (n int) {
	w.t.Helper()
	leads, err := kommo.Collect(w.api.Leads.All(w.t.Context(), kommo.LeadFilter{}))
	w.must(err)
	for _, l := range leads {
		if fits(l) {
			n++
		}
	}
	return n
}

func (w *writer) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// lead makes a lead with a contact and returns both ids.
func (w *writer) lead(name string) (lead, contact int64) {
	w.t.Helper()
	out := w.do("create_lead_with_contact", fmt.Sprintf(`{"name":%q,"contact_name":"Person of %s","contact_email":"%s@example.net"}`, name, name, name))
	return out.ID, out.Created[1].ID
}

func posts(requests string) int { return strings.Count(requests, "POST") }

func TestCreateWhoseAnswerIsLostMakesOneRecord(t *testing.T) {
	faults := map[string]sandbox.Fault{
		"504":       {Kind: sandbox.FaultLostAnswer, Status: 504},
		"reset":     {Kind: sandbox.FaultLostAnswer},
		"truncated": {Kind: sandbox.FaultTruncatedBody},
		"html":      {Kind: sandbox.FaultHTMLBody, ApplyFirst: true},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			w := newWriter(t, 0)
			lead, _ := w.lead("anchor")
			for tool, c := range w.creates(lead) {
				fault.Method, fault.PathPrefix = http.MethodPost, c.path
				w.box.Inject(fault)
				out := w.do(tool, c.args)
				if !out.LookedUp || out.ID == 0 || posts(out.requests) != 1 {
					t.Errorf("%s: looked_up %v, id %d, requests %s", tool, out.LookedUp, out.ID, out.requests)
				}
				if n := c.count(); n != 1 {
					t.Errorf("%s: %d records, want 1", tool, n)
				}
			}
		})
	}
}

// An equal record of an earlier call must not be taken for the lost one.
func TestCreateThatWasNotAppliedIsNotFoundInAnEarlierOne(t *testing.T) {
	w := newWriter(t, 0)
	lead, _ := w.lead("anchor")
	for tool, c := range w.creates(lead) {
		first := w.do(tool, c.args)
		w.box.Inject(sandbox.Fault{Method: http.MethodPost, PathPrefix: c.path, Kind: sandbox.FaultStatus, Status: 504})
		e, requests := w.fail("outcome_unknown", tool, c.args)
		if posts(requests) != 1 || !strings.HasSuffix(requests, "POST GET GET") {
			t.Errorf("%s: requests %s, want one POST and two looks", tool, requests)
		}
		if n := c.count(); n != 1 {
			t.Errorf("%s: %d records, want the first alone (%d)", tool, n, first.ID)
		}
		if !strings.Contains(e.Message, "2 times") {
			t.Errorf("%s does not say what was looked for: %s", tool, e.Message)
		}
	}
}

func TestLostAnswersOfTwoEqualCreatesAreTwoRecords(t *testing.T) {
	w := newWriter(t, 0)
	lead, _ := w.lead("anchor")
	w.box.Inject(sandbox.Fault{Method: http.MethodPost, PathPrefix: "/leads/notes", Kind: sandbox.FaultLostAnswer, Status: 504, Times: 2})
	args := fmt.Sprintf(`{"lead_id":%d,"text":"twice"}`, lead)
	if a, b := w.do("add_note", args), w.do("add_note", args); a.ID == b.ID || !a.LookedUp || !b.LookedUp {
		t.Errorf("both answered note %d and %d", a.ID, b.ID)
	}
}

func TestLostAnswerWithFilteringOff(t *testing.T) {
	w := newWriter(t, 0, sandbox.WithSwitches(sandbox.Switches{FilteringOff: true}))
	w.box.Inject(sandbox.Fault{Method: http.MethodPost, PathPrefix: "/leads/complex", Kind: sandbox.FaultLostAnswer, Status: 504})
	out := w.do("create_lead_with_contact", `{"name":"Lost lead","contact_name":"New Person","company_name":"New Company"}`)
	if !out.LookedUp || len(out.Created) != 3 || out.Created[1].ID == 0 || out.Created[2].ID == 0 {
		t.Errorf("created %v", out.Created)
	}
}

func TestKeyMakesOneRecord(t *testing.T) {
	w := newWriter(t, 0)
	lead, _ := w.lead("anchor")
	for tool, c := range w.creates(lead) {
		args := strings.TrimSuffix(c.args, "}") + `,"idempotency_key":"k1"}`
		var group sync.WaitGroup
		answers := make([]written, 2)
		for i := range answers {
			group.Go(func() { answers[i], _ = w.run(tool, args) })
		}
		group.Wait()
		again := w.do(tool, args)
		if answers[0].ID != answers[1].ID || answers[0].Repeat == answers[1].Repeat || again.ID != answers[0].ID || !again.Repeat || again.requests != "" {
			t.Errorf("%s: %s\n%s\n%s", tool, answers[0].text, answers[1].text, again.text)
		}
		if n := c.count(); n != 1 {
			t.Errorf("%s: %d records, want 1", tool, n)
		}
		w.fail("conflict", tool, strings.Replace(args, "Lost", "Other", 1))
	}
}

func TestRefusedCreateMayBeRepeatedUnderItsKey(t *testing.T) {
	w := newWriter(t, 0)
	lead, _ := w.lead("anchor")
	args := fmt.Sprintf(`{"lead_id":%d,"text":"again","idempotency_key":"k"}`, lead)
	w.box.Inject(sandbox.Fault{Method: http.MethodPost, PathPrefix: "/leads/notes", Kind: sandbox.FaultStatus, Status: 403})
	w.fail("forbidden", "add_note", args)
	if out := w.do("add_note", args); out.Repeat || out.ID == 0 {
		t.Error(out.text)
	}
}
