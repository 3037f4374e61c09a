package acceptance

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// latency stands for the way to Kommo and back, so that requests sent at once
// can be told from those that waited for one another.
const latency = 40 * time.Millisecond

// job is a piece of work of a user: one or more calls.
type job struct {
	name  string
	calls []toolCall
}

type toolCall struct {
	tool string
	args map[string]any
}

// BenchmarkJobs prints what typical jobs cost with a warm directory: requests
// to Kommo, round trips (waves of requests that went at once) and the bytes of
// the answers.
func BenchmarkJobs(b *testing.B) {
	for _, j := range jobs(newRig(b, rigOptions{}).ids(b)) {
		b.Run(j.name, func(b *testing.B) {
			requests, trips, bytes := 0, 0, 0
			for b.Loop() {
				requests, trips, bytes = cost(b, j)
			}
			b.ReportMetric(float64(requests), "requests")
			b.ReportMetric(float64(trips), "roundtrips")
			b.ReportMetric(float64(bytes), "bytes")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func cost(b *testing.B, j job) (requests, trips, bytes int) {
	b.Helper()
	r := newRig(b, rigOptions{})
	r.call(b, "get_account", map[string]any{"sections": []string{"fields", "task_types", "loss_reasons"}})
	r.box.ForgetArrivals()
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultDelay, Latency: latency, Times: -1})
	for _, c := range j.calls {
		raw, err := json.Marshal(c.args)
		if err != nil {
			b.Fatal(err)
		}
		res := r.tool(b, c.tool).Call(b.Context(), raw)
		if res.IsError {
			b.Fatalf("%s: %s", c.tool, res.Text)
		}
		bytes += len(res.Text)
	}
	arrivals := r.box.Arrivals()
	return len(arrivals), waves(arrivals), bytes
}

// waves counts the groups of arrivals that came within half a latency.
func waves(arrivals []sandbox.Arrival) int {
	n := 0
	var begun time.Time
	for _, a := range arrivals {
		if n == 0 || a.At.Sub(begun) > latency/2 {
			n, begun = n+1, a.At
		}
	}
	return n
}

func jobs(i ids) []job {
	one := func(name, tool string, args map[string]any) job {
		return job{name, []toolCall{{tool, args}}}
	}
	s := samples(i)
	return []job{
		one("what is in the account", "get_account", s["get_account"]),
		one("open leads", "search_leads", s["search_leads"]),
		one("leads of a stage by name", "search_leads", map[string]any{"pipeline": "Residential solar", "stage": "Negotiation"}),
		one("leads without a task", "search_leads", map[string]any{"attention": "no_task"}),
		one("brief me on a lead", "get_lead", s["get_lead"]),
		one("who is calling", "search_contacts", map[string]any{"phone": "(202) 555-0101"}),
		one("brief me on a person", "get_contact", s["get_contact"]),
		one("my day", "list_tasks", map[string]any{"due": "today", "responsible": "me"}),
		one("what is overdue", "list_tasks", s["list_tasks"]),
		one("weekly report", "report_pipeline", map[string]any{"period": "last_week"}),
		one("new lead with a new contact", "create_lead_with_contact", s["create_lead_with_contact"]),
		one("new lead of a known contact", "create_lead_with_contact", map[string]any{"name": "Second roof", "contact_phone": "202 555 0101", "note": "Asked for a second quote."}),
		one("note", "add_note", s["add_note"]),
		one("task", "create_task", s["create_task"]),
		one("move a stage by name", "move_lead_stage", map[string]any{"lead_id": i.openLead, "stage": "won"}),
		one("close as lost with a reason", "move_lead_stage", map[string]any{"lead_id": i.openLead, "stage": "lost", "loss_reason": "Chose a competitor"}),
		one("set price and owner", "update_lead", map[string]any{"lead_id": i.openLead, "price": 4321, "responsible": "me"}),
		one("add a phone", "update_contact", s["update_contact"]),
		one("complete a task", "update_task", s["update_task"]),
		one("log a call of a known caller with task and stage", "post_call_summary", map[string]any{
			"phone": "+1 202 555 0101", "summary": "Booked the survey.", "several_leads": "newest", "stage": "Negotiation",
			"follow_up_text": "Prepare the survey", "follow_up_due": "2030-01-15T10:00",
		}),
		one("log a call of an unknown caller", "post_call_summary", map[string]any{"phone": "+1 202 555 0199", "summary": "Wants a quote."}),
		{"morning review", []toolCall{
			{"get_account", nil},
			{"list_tasks", map[string]any{"due": "overdue", "responsible": "me"}},
			{"list_tasks", map[string]any{"due": "today", "responsible": "me"}},
			{"search_leads", map[string]any{"attention": "stale", "responsible": "me"}},
		}},
	}
}

// BenchmarkKommoHangs prints how long tools take to answer when Kommo never
// does, with the time-outs that users have. Budget: 18 s.
func BenchmarkKommoHangs(b *testing.B) {
	sample := samples(newRig(b, rigOptions{}).ids(b))
	for b.Loop() {
		type answer struct {
			tool string
			took time.Duration
			bad  bool
		}
		names := []string{"search_leads", "get_lead", "move_lead_stage", "add_note", "create_lead_with_contact", "post_call_summary", "report_pipeline"}
		answers := make(chan answer, len(names))
		for _, name := range names {
			r := newRig(b, rigOptions{})
			r.call(b, "get_account", nil)
			r.box.Inject(sandbox.Fault{Kind: sandbox.FaultHang, Times: -1})
			raw, err := json.Marshal(sample[name])
			if err != nil {
				b.Fatal(err)
			}
			tool := r.tool(b, name)
			go func() {
				begin := time.Now()
				res := tool.Call(b.Context(), raw)
				answers <- answer{name, time.Since(begin), !res.IsError && !strings.Contains(res.Text, `"status":"queued"`)}
			}()
		}
		slowest := time.Duration(0)
		for range names {
			a := <-answers
			slowest = max(slowest, a.took)
			if a.bad {
				b.Errorf("%s succeeded although Kommo never answered", a.tool)
			}
		}
		b.ReportMetric(slowest.Seconds(), "s/slowest")
	}
}
