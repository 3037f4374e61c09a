package events_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func sentences(list crm.EventList) []string {
	out := []string{}
	for _, e := range list.Items {
		out = append(out, e.Text)
	}
	return out
}

// history makes a lead and changes it in every way, a second apart.
type history struct {
	lead, contact, task int64
}

func (r *rig) field(of kommo.Entity, name string) kommo.CustomField {
	r.Helper()
	all, err := kommo.Collect(r.API.CustomFields.All(r.Context(), of))
	r.must(err)
	at := slices.IndexFunc(all, func(f kommo.CustomField) bool { return f.Name == name })
	if at < 0 {
		r.Fatalf("no field %s", name)
	}
	return all[at]
}

func (r *rig) stage(pipeline, name string) (int64, int64) {
	r.Helper()
	all, err := r.API.Pipelines.List(r.Context())
	r.must(err)
	for _, p := range all {
		for _, s := range p.Embedded.Statuses {
			if p.Name == pipeline && s.Name == name {
				return p.ID, s.ID
			}
		}
	}
	r.Fatalf("no stage %s in %s", name, pipeline)
	return 0, 0
}

func (r *rig) later() { r.Clock.After(time.Second) }

func (r *rig) update(id int64, w kommo.LeadWrite) {
	r.Helper()
	r.later()
	_, err := r.API.Leads.Update(r.Context(), id, w)
	r.must(err)
}

func (r *rig) live() history {
	r.Helper()
	ctx := r.Context()
	pipeline, first := r.stage("Residential solar", "New inquiry")
	_, next := r.stage("Residential solar", "Negotiation")
	repair, repairStage := r.stage("Roof repair", "Scheduled")
	made, err := r.API.Leads.Create(ctx, []kommo.LeadWrite{{Name: "Wordy", Price: new(100.0), PipelineID: pipeline, StatusID: first, ResponsibleID: 10_450_001}})
	r.must(err)
	h := history{lead: made[0].ID}
	r.update(h.lead, kommo.LeadWrite{PipelineID: pipeline, StatusID: next})
	r.update(h.lead, kommo.LeadWrite{PipelineID: repair, StatusID: repairStage})
	r.update(h.lead, kommo.LeadWrite{ResponsibleID: 10_450_002})
	r.update(h.lead, kommo.LeadWrite{Price: new(250.0)})
	r.update(h.lead, kommo.LeadWrite{Name: "Wordier"})
	r.update(h.lead, kommo.LeadWrite{AddTags: []kommo.TagRef{{Name: "hot"}}})
	r.later()
	people, err := r.API.Contacts.Create(ctx, []kommo.ContactWrite{{Name: "Wanda Word"}})
	r.must(err)
	h.contact = people[0].ID
	r.later()
	r.must(r.API.Links.Link(ctx, kommo.Leads, h.lead, []kommo.LinkWrite{{ToID: h.contact, ToType: kommo.Contacts}}))
	r.later()
	_, err = r.API.Notes.Create(ctx, kommo.Leads, []kommo.NoteWrite{{EntityID: h.lead, Type: kommo.NoteCommon, Params: kommo.TextParams{Text: "Wants  it\nsoon"}}})
	r.must(err)
	r.later()
	_, err = r.API.Notes.Create(ctx, kommo.Leads, []kommo.NoteWrite{{EntityID: h.lead, Type: kommo.NoteCallOut, Params: kommo.CallParams{
		Duration: 95, Source: "pbx", Phone: "+12025550101", Result: "Agreed on Friday", Status: kommo.CallTalked,
	}}})
	r.must(err)
	r.later()
	tasks, err := r.API.Tasks.Create(ctx, []kommo.TaskWrite{{Text: "Call back", Deadline: kommo.UnixOf(time.Date(2031, 1, 2, 15, 0, 0, 0, time.UTC)), EntityID: h.lead, EntityType: kommo.Leads}})
	r.must(err)
	h.task = tasks[0].ID
	r.later()
	_, err = r.API.Tasks.Update(ctx, h.task, kommo.TaskWrite{Completed: new(true), Result: &kommo.TaskResult{Text: "Reached"}})
	r.must(err)
	return h
}

func TestTimelineOfALeadInWords(t *testing.T) {
	r := newRig(t, 0)
	h := r.live()
	var list crm.EventList
	sent := r.Into("list_events", fmt.Sprintf(`{"lead_id":%d,"limit":50}`, h.lead), &list)
	want := []string{
		"Olivia Bennett called, conversation, 95 s: “Agreed on Friday”",
		"Olivia Bennett added a note: “Wants it soon”",
		"Olivia Bennett linked contact Wanda Word",
		"Olivia Bennett added the tag hot",
		"Olivia Bennett renamed it from Wordy to Wordier",
		"Olivia Bennett changed the price from 100 to 250 USD",
		"Olivia Bennett handed it over from Olivia Bennett to Marcus Reed",
		"Olivia Bennett moved it from Residential solar / Negotiation to Roof repair / Scheduled",
		"Olivia Bennett moved it from New inquiry to Negotiation",
		"Olivia Bennett created the lead",
	}
	if got := sentences(list); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if sent != "GET GET GET" || list.HasMore || list.Items[0].For != nil || list.Items[0].By != "Olivia Bennett" || list.Items[0].Bot || list.Items[8].Type != "stage" {
		t.Errorf("%s %+v", sent, list.Items[0])
	}
	r.Into("list_events", fmt.Sprintf(`{"task_id":%d}`, h.task), &list)
	if got := sentences(list); !slices.Equal(got, []string{"Olivia Bennett completed the task", "Olivia Bennett noted the result: “Reached”", "Olivia Bennett created the task"}) &&
		!slices.Equal(got, []string{"Olivia Bennett noted the result: “Reached”", "Olivia Bennett completed the task", "Olivia Bennett created the task"}) {
		t.Errorf("%v", got)
	}
}

func TestFieldChangesInWords(t *testing.T) {
	r := newRig(t, 0)
	made, err := r.API.Leads.Create(t.Context(), []kommo.LeadWrite{{Name: "Fields"}})
	r.must(err)
	lead := made[0].ID
	roof, day, budget := r.field(kommo.Leads, "Roof type"), r.field(kommo.Leads, "Install date"), r.field(kommo.Leads, "Budget")
	one := func(f kommo.CustomField, v any) kommo.LeadWrite {
		w := kommo.FieldValueWrite{FieldID: f.ID}
		if v != nil {
			w.Values = []kommo.ValueWrite{{Value: v}}
		}
		return kommo.LeadWrite{Fields: []kommo.FieldValueWrite{w}}
	}
	r.update(lead, one(roof, roof.Enums[0].Value))
	r.update(lead, one(roof, roof.Enums[1].Value))
	r.update(lead, one(day, "2031-03-04T00:00:00-05:00"))
	r.update(lead, one(budget, "1200"))
	r.update(lead, one(budget, nil))
	var list crm.EventList
	sent := r.Into("list_events", fmt.Sprintf(`{"lead_id":%d,"types":["field"]}`, lead), &list)
	want := []string{
		"Olivia Bennett cleared Budget, which was 1200",
		"Olivia Bennett set Budget to 1200",
		"Olivia Bennett set Install date to 2031-03-04",
		"Olivia Bennett changed Roof type from " + roof.Enums[0].Value + " to " + roof.Enums[1].Value,
		"Olivia Bennett set Roof type to " + roof.Enums[0].Value,
	}
	if got := sentences(list); sent != "GET" || !slices.Equal(got, want) {
		t.Errorf("%s got\n%s\nwant\n%s", sent, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEventsOfTheAccount(t *testing.T) {
	r := newRig(t, 0)
	h := r.live()
	check := func(args string, ok func(crm.EventRow) bool) {
		t.Helper()
		var list crm.EventList
		r.Into("list_events", args, &list)
		if len(list.Items) == 0 {
			t.Errorf("%s: nothing", args)
		}
		for _, e := range list.Items {
			if e.For == nil || e.For.ID == 0 || e.At == "" || !ok(e) {
				t.Errorf("%s: %+v", args, e)
			}
		}
	}
	check(`{"limit":100}`, func(e crm.EventRow) bool { return !strings.Contains(e.Text, "did this") && e.Type != "" })
	check(`{"author":["robot"]}`, func(e crm.EventRow) bool { return e.Bot && e.By == "robot" })
	check(`{"author":["BOT"]}`, func(e crm.EventRow) bool { return e.Bot && e.By == "robot" })
	check(`{"author":["Marcus","Priya"]}`, func(e crm.EventRow) bool { return e.By == "Marcus Reed" || e.By == "Priya Nair" })
	check(`{"stage":"won"}`, func(e crm.EventRow) bool { return e.Type == "stage" && strings.HasSuffix(e.Text, "won") })
	check(`{"stage":"scheduled","pipeline":"roof repair","period":"today"}`, func(e crm.EventRow) bool { return e.For.ID == h.lead && e.For.Name == "Wordier" })
	check(`{"types":["call","task"]}`, func(e crm.EventRow) bool { return e.Type == "call" || e.Type == "task" })
	check(`{"types":["task"],"period":"today"}`, func(e crm.EventRow) bool {
		return e.For.Kind == "task" && e.For.ID != h.task || e.For.Name == "Call back"
	})
	var won crm.EventList
	if sent := r.Into("list_events", `{"stage":"won"}`, &won); sent != "GET" || len(won.Items) != 20 || won.Note != "" {
		t.Errorf("Kommo was not asked for the stage: %s, %d rows, %s", sent, len(won.Items), won.Note)
	}
	day := time.Now().AddDate(0, 0, -40).Format(time.DateOnly)
	check(`{"period":"`+day+`..`+day+`"}`, func(e crm.EventRow) bool { return strings.HasPrefix(e.At, day) })
	var list crm.EventList
	r.Into("list_events", `{"period":"..2001-01-01"}`, &list)
	if len(list.Items) != 0 || list.Hint == "" || list.HasMore {
		t.Errorf("%+v", list)
	}
}

// Events that happen while somebody turns pages shift nothing and show nowhere.
func TestPagesStandStill(t *testing.T) {
	r := newRig(t, 0)
	h := r.live()
	var whole crm.EventList
	args := fmt.Sprintf(`"lead_id":%d`, h.lead)
	r.Into("list_events", "{"+args+`,"limit":100}`, &whole)
	var got []string
	cursor := ""
	for range 20 {
		var list crm.EventList
		r.Into("list_events", "{"+args+`,"limit":3,"cursor":"`+cursor+`"}`, &list)
		got = append(got, sentences(list)...)
		if list.HasMore != (list.NextCursor != "") {
			t.Errorf("has_more %v, cursor %q", list.HasMore, list.NextCursor)
		}
		if cursor = list.NextCursor; cursor == "" {
			break
		}
		r.update(h.lead, kommo.LeadWrite{Name: "Name " + cursor})
	}
	if !slices.Equal(got, sentences(whole)) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(sentences(whole), "\n"))
	}
}

func TestEventRefusals(t *testing.T) {
	r := newRig(t, 0)
	for args, want := range map[string]string{
		`{"lead_id":1,"task_id":2}`:         "invalid_argument task_id",
		`{"types":["fun"]}`:                 "invalid_argument types",
		`{"author":["Nobody"]}`:             "not_found author",
		`{"author":["Ana"]}`:                "ambiguous author",
		`{"stage":"won","types":["price"]}`: "invalid_argument types",
		`{"pipeline":"roof repair"}`:        "invalid_argument pipeline",
		`{"stage":"moon"}`:                  "not_found stage",
		`{"period":"soon"}`:                 "invalid_argument period",
		`{"cursor":"x"}`:                    "invalid_argument cursor",
		`{"author":["1","1","1","1","1","1","1","1","1","1","1"]}`: "invalid_argument author",
	} {
		code, field, _ := strings.Cut(want, " ")
		if e, sent := r.Fails(code, "list_events", args); e.Field != field || sent != "" && code != "not_found" {
			t.Errorf("%s: %s %+v", args, sent, e)
		}
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500})
	r.Fails("kommo_unavailable", "list_events", `{}`)
}

// What cannot be read beside the events costs words, not the answer.
func TestEventsWithoutNotes(t *testing.T) {
	r := newRig(t, 0)
	h := r.live()
	r.Box.Inject(sandbox.Fault{PathPrefix: "/leads/notes", Kind: sandbox.FaultStatus, Status: 500, Times: -1})
	r.Box.Inject(sandbox.Fault{PathPrefix: "/contacts", Kind: sandbox.FaultStatus, Status: 500, Times: -1})
	var list crm.EventList
	r.Into("list_events", fmt.Sprintf(`{"lead_id":%d}`, h.lead), &list)
	if got := sentences(list); !slices.Contains(got, "Olivia Bennett added a note") || !slices.Contains(got, fmt.Sprintf("Olivia Bennett linked contact %d", h.contact)) {
		t.Errorf("%v", got)
	}
}

// A user who may not read users sees ids in place of names.
func TestEventsForAnOrdinaryUser(t *testing.T) {
	var list crm.EventList
	newRig(t, 10_450_004).Into("list_events", `{"limit":100}`, &list)
	if len(list.Items) == 0 || !slices.ContainsFunc(list.Items, func(e crm.EventRow) bool { return strings.HasPrefix(e.By, "user 1045") }) {
		t.Errorf("%+v", list.Items)
	}
}
