package base_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// victor is Victor Hale of the demo account, who has left.
const victor = 10450007

func TestWorkIsNotGivenToThoseWhoLeft(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, contact := w.lead("orphan")
	task := w.do("create_task", fmt.Sprintf(`{"lead_id":%d,"text":"Call","due":"tomorrow"}`, lead)).ID
	for tool, args := range map[string]string{
		"update_lead":              fmt.Sprintf(`"lead_id":%d`, lead),
		"update_contact":           fmt.Sprintf(`"contact_id":%d`, contact),
		"update_task":              fmt.Sprintf(`"task_id":%d`, task),
		"create_task":              fmt.Sprintf(`"lead_id":%d,"text":"Visit","due":"tomorrow"`, lead),
		"create_lead_with_contact": `"name":"New"`,
	} {
		e, requests := w.fail("invalid_argument", tool, `{"responsible":"victor hale",`+args+`}`)
		var names []string
		for _, c := range e.Candidates {
			names = append(names, c.Name)
		}
		named, left := slices.Contains(names, "Marcus Reed"), slices.Contains(names, "Victor Hale")
		if e.Field != "responsible" || !strings.Contains(e.Message, "Victor Hale can no longer sign in") || !named || left {
			t.Errorf("%s: %+v", tool, e)
		}
		if strings.Contains(requests, "PATCH") || strings.Contains(requests, "POST") {
			t.Errorf("%s wrote: %s", tool, requests)
		}
	}
}

// A record of a user who left can be changed by a caller who names that user.
func TestRecordsOfThoseWhoLeftCanBeChanged(t *testing.T) {
	w := newWriter(t, 0).warm()
	var lead int64
	for l, err := range w.api.Leads.All(t.Context(), kommo.LeadFilter{CardFilter: kommo.CardFilter{Responsible: []int64{victor}}}) {
		w.must(err)
		lead = l.ID
	}
	out := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"responsible":"Victor Hale","name":"Renamed"}`, lead))
	if keys(out.After) != "name" {
		t.Error(out.text)
	}
	w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"responsible":"Victor Hale"}`, lead))
}

// What was empty is left out of before, and what is cleared out of after.
func TestEmptyStatesAreLeftOut(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, contact := w.lead("blank")
	task := w.do("create_task", fmt.Sprintf(`{"lead_id":%d,"text":"Call","due":"tomorrow"}`, lead)).ID
	for _, step := range []struct{ tool, args string }{
		{"update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":{"Contract number":"A-1"}}`, lead)},
		{"update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":{"Contract number":null}}`, lead)},
		{"update_contact", fmt.Sprintf(`{"contact_id":%d,"fields":{"Position":"CEO"}}`, contact)},
		{"update_task", fmt.Sprintf(`{"task_id":%d,"result":"Reached"}`, task)},
	} {
		if out := w.do(step.tool, step.args); out.Unchanged || strings.Contains(out.text, "{}") {
			t.Errorf("%s: %s", step.tool, out.text)
		}
	}
}
