package crm_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// pagesOfMoves is how many pages of 100 the account's changes of stage fill.
func pagesOfMoves(r *callRig) int {
	r.Helper()
	moves, err := kommo.Collect(r.api.Events.All(r.Context(), kommo.EventFilter{Types: []string{"lead_status_changed"}}))
	if err != nil {
		r.Fatal(err)
	}
	return (len(moves) + 99) / 100
}

// history is a pipeline of its own whose leads move on given days of a period.
type history struct {
	*callRig

	at       time.Time // the sandbox's clock
	start    time.Time // midnight of the period's first day
	pipeline kommo.Pipeline
	other    int64 // a stage of the demo's main pipeline
	mainID   int64
	leads    map[string]int64
}

// newHistory begins 40 days before a period of ten days, both in the past.
func newHistory(t *testing.T) *history {
	t.Helper()
	h := &history{at: time.Now(), leads: map[string]int64{}}
	h.callRig = newCallRig(t, sandbox.WithClock(func() time.Time { return h.at }))
	zone := time.FixedZone("", 0)
	if account, err := h.jobs.Directory().Account(t.Context()); err == nil {
		zone = account.Location()
	}
	y, m, d := time.Now().In(zone).Date()
	h.start = time.Date(y, m, d-40, 0, 0, 0, 0, zone)
	demo := h.lead(almeidaLead)
	h.mainID, h.other = demo.PipelineID, demo.StatusID
	one, two, three := int64(10), int64(20), int64(30)
	made, err := h.api.Pipelines.Create(t.Context(), []kommo.PipelineNew{{Name: "Trial", Sort: 90, Embedded: kommo.PipelineOwns{
		Statuses: []kommo.StatusWrite{{Name: "New", Sort: &one}, {Name: "Work", Sort: &two}, {Name: "Offer", Sort: &three}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	h.pipeline = made[0]
	return h
}

func (h *history) stage(name string) int64 {
	for _, s := range h.pipeline.Embedded.Statuses {
		if s.Name == name {
			return s.ID
		}
	}
	h.Fatalf("no stage %s", name)
	return 0
}

// on sets the clock to noon of a day counted from the period's first.
func (h *history) on(day int) *history {
	h.at = h.start.AddDate(0, 0, day).Add(12 * time.Hour)
	return h
}

func (h *history) made(lead, stage string) *history {
	out, err := h.api.Leads.Create(h.Context(), []kommo.LeadWrite{{Name: lead, PipelineID: h.pipeline.ID, StatusID: h.stage(stage)}})
	if err != nil {
		h.Fatal(err)
	}
	h.leads[lead] = out[0].ID
	return h
}

func (h *history) moved(lead string, status int64) *history {
	return h.movedTo(lead, h.pipeline.ID, status)
}

func (h *history) movedTo(lead string, pipeline, status int64) *history {
	if _, err := h.api.Leads.Update(h.Context(), h.leads[lead], kommo.LeadWrite{PipelineID: pipeline, StatusID: status}); err != nil {
		h.Fatal(err)
	}
	return h
}

// play is the story that the figures below were counted from by hand.
func (h *history) play() {
	work, offer, fresh := h.stage("Work"), h.stage("Offer"), h.stage("New")
	h.on(-30).made("C", "New")
	h.on(-5).made("B", "New")
	h.on(-4).moved("B", offer) // the period before: 1 of 1 goes on
	h.on(0).made("E", "Work")
	h.on(1).made("A", "New").made("D", "New").moved("C", work)
	h.on(2).moved("B", fresh).movedTo("D", h.mainID, h.other)
	h.on(3).moved("A", work)
	h.on(4).moved("A", offer)
	h.on(5).moved("B", kommo.StatusLost)
	h.on(6).moved("E", kommo.StatusWon)
	h.on(8).moved("A", kommo.StatusWon)
	h.on(12).moved("C", offer) // after the period
	h.at = time.Now()
}

func (h *history) period() string {
	return h.start.Format(time.DateOnly) + ".." + h.start.AddDate(0, 0, 9).Format(time.DateOnly)
}

func number(p *float64) float64 {
	if p == nil {
		return -1
	}
	return *p
}

func TestReportCountsMoves(t *testing.T) {
	h := newHistory(t)
	h.play()
	h.forget()
	got := h.report(crm.ReportQuestion{Pipeline: "Trial", Period: h.period()})
	callEqual(t, "complete", got.Complete, true)
	callEqual(t, "won", got.Period.Won, 2)
	callEqual(t, "lost", got.Period.Lost, 1)
	callEqual(t, "won of all closed", number(got.Period.WinPercent), 66.7)
	type row struct {
		entered, left, next, later, lost, back, stays int
		conversion, earlier, days                     float64
	}
	want := map[string]row{
		"New":   {entered: 1, left: 4, next: 2, lost: 1, back: 1, conversion: 50, earlier: 100, stays: 2, days: 2.5},
		"Work":  {entered: 2, left: 2, next: 1, later: 1, conversion: 100, earlier: -1, stays: 2, days: 3.5},
		"Offer": {entered: 1, left: 2, next: 1, back: 1, conversion: 50, earlier: -1, stays: 2, days: 5},
	}
	for _, s := range got.Stages {
		m := s.Moves
		if m == nil {
			t.Fatalf("%s: no moves; %s", s.Stage, got.Coverage)
		}
		is := row{m.Entered, m.Left, m.Next, m.Later, m.Lost, m.Back, m.Stays, number(m.Conversion), number(m.EarlierConversion), number(m.Days)}
		callEqual(t, s.Stage, is, want[s.Stage])
		delete(want, s.Stage)
	}
	callEqual(t, "stages missing", len(want), 0)
	for _, words := range []string{"8 in the period", "a new lead is no move", "the whole equal period before"} {
		if !strings.Contains(got.Coverage, words) {
			t.Errorf("%q is missing in %s", words, got.Coverage)
		}
	}
}

func TestReportCountsMovesOfOneUser(t *testing.T) {
	h := newHistory(t)
	h.play()
	users, err := h.jobs.Directory().Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var marcus int64
	for _, u := range users.Items {
		if u.Name == "Marcus Reed" {
			marcus = u.ID
		}
	}
	// C is closed after the period and still counts as his.
	if _, err := h.api.Leads.Update(t.Context(), h.leads["C"], kommo.LeadWrite{ResponsibleID: marcus, PipelineID: h.pipeline.ID, StatusID: kommo.StatusWon}); err != nil {
		t.Fatal(err)
	}
	got := h.report(crm.ReportQuestion{Pipeline: "Trial", Period: h.period(), Responsible: "Marcus Reed"})
	callEqual(t, "won in the period", got.Period.Won, 0)
	for _, s := range got.Stages {
		callEqual(t, s.Stage+" left", s.Moves.Left, map[string]int{"New": 1}[s.Stage])
		callEqual(t, s.Stage+" entered", s.Moves.Entered, map[string]int{"Work": 1}[s.Stage])
	}
	if !strings.Contains(got.Coverage, "now responsible") {
		t.Error(got.Coverage)
	}
}

func TestReportWithoutTheEventLog(t *testing.T) {
	h := newHistory(t)
	h.play()
	h.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, Times: -1, PathPrefix: "/api/v4/events"})
	got := h.report(crm.ReportQuestion{Pipeline: "Trial", Period: h.period()})
	callEqual(t, "won", got.Period.Won, 2)
	callEqual(t, "complete", got.Complete, false)
	for _, s := range got.Stages {
		callEqual(t, s.Stage+" has moves", s.Moves != nil, false)
	}
	if !strings.Contains(got.Coverage, "Moves between stages could not be read: ") {
		t.Error(got.Coverage)
	}
}

func TestReportSaysHowFarTheLogWasRead(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, Times: -1, PathPrefix: "/api/v4/events", Match: func(q *http.Request) bool {
		return q.URL.Query().Get("page") == "2"
	}})
	whole := r.report(crm.ReportQuestion{Period: "2020-01-01.."})
	callEqual(t, "complete", whole.Complete, false)
	if !strings.Contains(whole.Coverage, "The log was read back to 20") || !strings.Contains(whole.Coverage, "moves before that are missing") {
		t.Error(whole.Coverage)
	}
	today := r.report(crm.ReportQuestion{Period: "today"})
	callEqual(t, "a short period is whole", today.Complete, true)
}

func TestReportStopsReadingTheLogInTime(t *testing.T) {
	r := newCallRig(t)
	if pagesOfMoves(r) < 2 {
		t.Fatal("the seed has changed: its moves fit into one page")
	}
	<-r.clock.After(2 * time.Second) // so that no request has to wait for its turn
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	got, err := r.jobs.PipelineReport(ctx, crm.ReportQuestion{Period: "2020-01-01.."})
	if err != nil || got.Complete || !strings.Contains(got.Coverage, "only (time ran out): moves before that are missing") {
		t.Errorf("%v: %s", err, got.Coverage)
	}
}
