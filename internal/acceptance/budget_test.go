package acceptance

import (
	"encoding/json"
	"testing"
)

// TestRequestBudgets counts what the two jobs with a budget send to Kommo.
func TestRequestBudgets(t *testing.T) {
	r := newRig(t, rigOptions{})
	lead := r.ids(t).openLead
	r.call(t, "get_account", map[string]any{"sections": []string{"fields", "task_types", "loss_reasons"}})

	r.box.ForgetArrivals()
	r.call(t, "move_lead_stage", map[string]any{"lead_id": lead, "stage": "lost", "loss_reason": "Chose a competitor"})
	if n := len(r.box.Arrivals()); n > 2 {
		t.Errorf("move_lead_stage by names with a reason: %d requests, budget 2", n)
	} else {
		t.Logf("move_lead_stage by names with a reason: %d requests, budget 2", n)
	}

	r.box.ForgetArrivals()
	out := r.call(t, "post_call_summary", map[string]any{
		"phone": "+1 202 555 0101", "summary": "Booked the survey.", "several_leads": "newest", "stage": "Negotiation",
		"follow_up_text": "Prepare the survey", "follow_up_due": "2030-01-15T10:00", "transcript": "Hello. Yes. Thursday.",
	})
	if out["status"] != "logged" {
		t.Fatalf("status %v", out["status"])
	}
	if n := len(r.box.Arrivals()); n > 6 {
		t.Errorf("post_call_summary with note, task and stage: %d requests, budget 6", n)
	} else {
		t.Logf("post_call_summary with note, task and stage: %d requests, budget 6", n)
	}
}

// TestAnswerBudgets measures the answers that come without being asked for less.
func TestAnswerBudgets(t *testing.T) {
	const defaultRows, defaultBytes, rowBytes = 20, 7_500, 350
	r := newRig(t, rigOptions{})
	res := r.raw(t, "search_leads", nil)
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(res.Structured, &list); err != nil {
		t.Fatal(err)
	}
	longest := 0
	for _, row := range list.Items {
		longest = max(longest, len(row))
	}
	t.Logf("search_leads: %d rows, %d bytes of %d, longest row %d of %d", len(list.Items), len(res.Text), defaultBytes, longest, rowBytes)
	if len(list.Items) != defaultRows || len(res.Text) > defaultBytes || longest > rowBytes {
		t.Error("over budget")
	}
	for name, args := range samples(r.ids(t)) {
		if res := r.raw(t, name, args); len([]rune(res.Text)) > 40_000 {
			t.Errorf("%s answers %d characters", name, len(res.Text))
		}
	}
}
