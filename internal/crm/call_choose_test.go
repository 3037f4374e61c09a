package crm_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

const (
	gracePhone = "+1 (202) 555-0101" // two active leads
	norasPhone = "202-555-0160"      // a contact without a lead
)

func (r *callRig) update(id int64, w kommo.LeadWrite) {
	r.Helper()
	if _, err := r.api.Leads.Update(r.Context(), id, w); err != nil {
		r.Fatal(err)
	}
}

// contact makes a contact with a phone and links the leads to it.
func (r *callRig) contact(name, tel string, leads ...int64) int64 {
	r.Helper()
	made, err := r.api.Contacts.Create(r.Context(), []kommo.ContactWrite{{Name: name, Fields: []kommo.FieldValueWrite{{
		FieldCode: kommo.CodePhone, Values: []kommo.ValueWrite{{Value: tel, EnumCode: "WORK"}},
	}}}})
	if err != nil {
		r.Fatal(err)
	}
	for _, id := range leads {
		err := r.api.Links.Link(r.Context(), kommo.Leads, id, []kommo.LinkWrite{{ToID: made[0].ID, ToType: kommo.Contacts}})
		if err != nil {
			r.Fatal(err)
		}
	}
	return made[0].ID
}

func TestSeveralLeadsOfOneCaller(t *testing.T) {
	r := newCallRig(t)
	solar, roof := r.lead("Holloway: 8 kW rooftop solar"), r.lead("Holloway: garage roof leak")
	if solar.CreatedAt >= roof.CreatedAt {
		t.Fatal("the seed has changed: the roof lead is to be the newer one")
	}
	r.update(solar.ID, kommo.LeadWrite{Name: solar.Name, AddTags: kommo.TagNames([]string{"touched"})})
	call := func(rule, pipeline string) crm.CallResult {
		r.forget()
		return r.log(crm.Call{Phone: gracePhone, Summary: "Asked about both roofs.", SeveralLeads: rule, Pipeline: pipeline, CallID: rule + pipeline + "-"})
	}
	for _, c := range []struct {
		rule, pipeline string
		lead           int64
		why            string
	}{
		{"", "", solar.ID, "most recently"},
		{crm.LeadsMostRecent, "", solar.ID, "most recently"},
		{crm.LeadsNewest, "", roof.ID, "newest"},
		{crm.LeadsInPipeline, "Roof repair", roof.ID, "in the pipeline Roof repair"},
		{crm.LeadsInPipeline, "Residential solar", solar.ID, "in the pipeline Residential solar"},
	} {
		out := call(c.rule, c.pipeline)
		if out.Card.ID != c.lead || !strings.Contains(out.Why, c.why) || !strings.Contains(out.Why, "2 active leads") {
			t.Errorf("%s %s: %s on %d: %s", c.rule, c.pipeline, out.Status, out.Card.ID, out.Why)
		}
	}
	for _, rule := range []string{crm.LeadsAsk, crm.LeadsInPipeline} {
		out := call(rule, map[string]string{crm.LeadsInPipeline: "Commercial projects"}[rule])
		callEqual(t, rule, out.Status, crm.CallNeedsChoice)
		callEqual(t, "writes", len(r.writes()), 0)
		if len(out.Candidates) != 2 || out.Candidates[0].ID != solar.ID || !strings.Contains(out.Candidates[0].Detail, "Residential solar / Negotiation, updated 20") {
			t.Errorf("candidates %+v", out.Candidates)
		}
	}
	if _, err := r.jobs.LogCall(t.Context(), crm.Call{Phone: gracePhone, Summary: "x", SeveralLeads: crm.LeadsInPipeline}); err == nil || !strings.Contains(err.Error(), "pipeline") {
		t.Errorf("in_pipeline without a pipeline: %v", err)
	}
}

func TestAChoiceIsMadeUnderTheSameCallID(t *testing.T) {
	r := newCallRig(t)
	roof := r.lead("Holloway: garage roof leak")
	c := crm.Call{Phone: gracePhone, Summary: "Asked about both roofs.", SeveralLeads: crm.LeadsAsk, CallID: "ask-1"}
	callEqual(t, "first", r.log(c).Status, crm.CallNeedsChoice)
	c.LeadID = roof.ID
	r.forget()
	out := r.log(c)
	callEqual(t, "second", out.Status, crm.CallLogged)
	callEqual(t, "card", out.Card.ID, roof.ID)
	if want := []string{"GET /leads/" + itoa(roof.ID), "POST /leads/notes"}; !slices.Equal(r.requests(), want) {
		t.Errorf("requests %v, want %v", r.requests(), want)
	}
	callEqual(t, "third", r.log(c).Status, crm.CallRepeat)
}

func TestClosedLeadsAndThoseInTheBinDoNotCount(t *testing.T) {
	r := newCallRig(t)
	solar, roof := r.lead("Holloway: 8 kW rooftop solar"), r.lead("Holloway: garage roof leak")
	r.update(solar.ID, kommo.LeadWrite{PipelineID: solar.PipelineID, StatusID: kommo.StatusWon})
	out := r.log(crm.Call{Phone: gracePhone, Summary: "Thanked us."})
	callEqual(t, "card", out.Card.ID, roof.ID)
	r.update(roof.ID, kommo.LeadWrite{PipelineID: roof.PipelineID, StatusID: kommo.StatusLost})
	out = r.log(crm.Call{Phone: gracePhone, Summary: "Thanked us again.", Stage: "Scheduled", Tags: []string{"x"}, Fields: map[string]any{"Budget": 1}})
	callEqual(t, "card", out.Card.Kind, crm.KindContact)
	callEqual(t, "skipped", len(out.Skipped), 3)
	if !strings.Contains(out.Why, "no active lead") {
		t.Error(out.Why)
	}
}

func TestContactWithoutLeadGetsTheCall(t *testing.T) {
	r := newCallRig(t)
	out := r.log(crm.Call{Phone: norasPhone, Summary: "Wants a call next week.", CallID: "n-1", FollowUpText: "Call Nora"})
	callEqual(t, "kind", out.Card.Kind, crm.KindContact)
	callEqual(t, "name", out.Card.Name, "Nora Quill")
	callEqual(t, "requests", strings.Join(sortedTexts(r.requests()), ", "), "GET /contacts, POST /contacts/notes, POST /tasks")
	callEqual(t, "calls", len(r.callNotes(kommo.Contacts, out.Card.ID, "n-1")), 1)
	if !strings.HasSuffix(out.URL, "/contacts/detail/"+itoa(out.Card.ID)) {
		t.Error(out.URL)
	}
}

func TestSeveralPeopleShareANumber(t *testing.T) {
	r := newCallRig(t)
	shared := crm.Call{Phone: "+1 202 555 0150", Summary: "Asked about the invoice."}
	out := r.log(shared) // Rosa's lead is won, Luis is on an active one
	callEqual(t, "card", out.Card.Name, "Holloway: 8 kW rooftop solar")
	if !strings.HasPrefix(out.Why, "Luis Delgado has this number") {
		t.Error(out.Why)
	}

	shared.Summary = "Asked about the invoice again."
	roof := r.lead("Holloway: garage roof leak")
	r.contact("Rosa D.", "2025550150", roof.ID)
	r.forget()
	out = r.log(shared)
	callEqual(t, "two people with leads", out.Status, crm.CallNeedsChoice)
	callEqual(t, "candidates", len(out.Candidates), 2)
	callEqual(t, "writes", len(r.writes()), 0)
	shared.SeveralLeads = crm.LeadsNewest
	callEqual(t, "with a rule", r.log(shared).Card.ID, roof.ID)

	r.contact("Nora Q.", norasPhone)
	r.forget()
	out = r.log(crm.Call{Phone: norasPhone, Summary: "Hello."})
	callEqual(t, "two people without leads", out.Status, crm.CallNeedsChoice)
	callEqual(t, "kind of candidate", out.Candidates[0].Kind, crm.KindContact)
	callEqual(t, "writes", len(r.writes()), 0)
}

func TestCompaniesAreCallersToo(t *testing.T) {
	r := newCallRig(t)
	out := r.log(crm.Call{Phone: "+1 512 555 0100", Summary: "The office called.", UnknownCaller: crm.UnknownReject}) // the first company
	if out.Status != crm.CallLogged || len(out.Found) == 0 || out.Found[len(out.Found)-1].Kind != crm.KindCompany {
		t.Errorf("answer: %s", mustJSON(t, out))
	}
}

func TestAccountThatIgnoresFilters(t *testing.T) {
	r := newCallRig(t, sandbox.WithSwitches(sandbox.Switches{FilteringOff: true}))
	out := r.log(crm.Call{Phone: "+34 600 000 144", Summary: "Wants a quote."})
	callEqual(t, "card", out.Card.Name, "Peñalver: tile roof inspection")
}

func TestLeadByID(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	out := r.log(crm.Call{LeadID: lead.ID, Summary: "Called back.", Phone: "anonymous", CallID: "w-1", Direction: "outbound"})
	callEqual(t, "card", out.Card.ID, lead.ID)
	calls := r.callNotes(kommo.Leads, lead.ID, "w-1")
	if len(calls) != 1 || calls[0].Phone != "anonymous" {
		t.Errorf("call note %+v", calls)
	}
	if _, err := r.jobs.LogCall(t.Context(), crm.Call{LeadID: 7, Summary: "x"}); err == nil || !strings.Contains(err.Error(), "search_leads") {
		t.Errorf("a lead that is not there: %v", err)
	}
}

func TestStartOfTheCall(t *testing.T) {
	r := newCallRig(t)
	lead := r.lead(almeidaLead)
	future := r.log(crm.Call{LeadID: lead.ID, Summary: "x", StartedAt: time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	callEqual(t, "warnings of a start in the future", len(future.Warnings), 1)
	r.log(crm.Call{LeadID: lead.ID, Summary: "On a day.", StartedAt: "2026-01-05"})
	if age := time.Since(r.notes(kommo.Leads, lead.ID)[0].CreatedAt.Time()); age > time.Minute {
		t.Errorf("a day is no time for a note, but it is dated %v ago", age)
	}
	out := r.log(crm.Call{LeadID: lead.ID, Summary: "x", RecordingURL: "s3://bucket/a.mp3", Stage: "Site survey"})
	if len(out.Skipped) != 2 {
		t.Errorf("skipped %v", out.Skipped)
	}
	callEqual(t, "written", strings.Join(out.Written, ", "), "call, summary")
}

func TestStageOfAnotherPipelineIsToldOf(t *testing.T) {
	r := newCallRig(t)
	out := r.log(crm.Call{Phone: "+34 600 000 144", Summary: "Wants solar instead.", Stage: "Contract signed"})
	callEqual(t, "before", out.Before, crm.CallStage{Stage: "Inspection", Pipeline: "Roof repair"})
	callEqual(t, "after", out.After, crm.CallStage{Stage: "Contract signed", Pipeline: "Residential solar"})
	callEqual(t, "warnings", len(out.Warnings), 1)
	out = r.log(crm.Call{Phone: "+34 600 000 144", Summary: "Wants a roof after all.", Stage: "lost", Pipeline: "Roof repair"})
	callEqual(t, "after", out.After.Pipeline, "Roof repair")
	callEqual(t, "warnings", len(out.Warnings), 0)
	lead := r.lead("Peñalver: tile roof inspection")
	callEqual(t, "stage", lead.StatusID, kommo.StatusLost)
}
