package crm_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func (r *callRig) report(q crm.ReportQuestion) crm.PipelineReport {
	r.Helper()
	out, err := r.jobs.PipelineReport(r.Context(), q)
	if err != nil {
		r.Fatalf("%+v: %v", q, err)
	}
	if v := r.box.Violations(); len(v) > 0 {
		r.Fatalf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	return out
}

// allLeads reads the whole account, to count by hand.
func (r *callRig) allLeads(keep func(kommo.Lead) bool) []kommo.Lead {
	r.Helper()
	list, err := kommo.Collect(r.api.Leads.All(r.Context(), kommo.LeadFilter{}))
	if err != nil {
		r.Fatal(err)
	}
	return slices.DeleteFunc(list, func(l kommo.Lead) bool { return !keep(l) })
}

// fill makes n open leads like the given one, 250 a request.
func (r *callRig) fill(n int, like kommo.Lead) {
	r.Helper()
	for n > 0 {
		batch := slices.Repeat([]kommo.LeadWrite{{Name: "Filler", PipelineID: like.PipelineID, StatusID: like.StatusID}}, min(n, kommo.MaxPage))
		if _, err := r.api.Leads.Create(r.Context(), batch); err != nil {
			r.Fatal(err)
		}
		n -= len(batch)
	}
}

// byHand is what a report must say of some leads.
type byHand struct {
	open, stale, won, lost int
	sum, wonSum, lostSum   float64
}

func countByHand(leads []kommo.Lead) (n byHand) {
	for _, l := range leads {
		switch l.StatusID {
		case kommo.StatusWon:
			n.won++
			n.wonSum += l.Amount()
		case kommo.StatusLost:
			n.lost++
			n.lostSum += l.Amount()
		default:
			n.open++
			n.sum += l.Amount()
			if time.Since(l.UpdatedAt.Time()) > 14*24*time.Hour {
				n.stale++
			}
		}
	}
	return n
}

func TestReportCountsWhatIsThere(t *testing.T) {
	for name, opts := range map[string][]sandbox.Option{
		"filters on": nil, "filters off": {sandbox.WithSwitches(sandbox.Switches{FilteringOff: true})},
	} {
		r := newCallRig(t, opts...)
		pipeline := r.allLeads(func(l kommo.Lead) bool { return l.Name == almeidaLead })[0].PipelineID
		mine := r.allLeads(func(l kommo.Lead) bool { return l.PipelineID == pipeline })
		r.forget()
		got := r.report(crm.ReportQuestion{Period: "2020-01-01.."})
		if name == "filters on" {
			// One page of open and one of closed leads; the seed's moves fill more pages of 100.
			asked := map[string]int{}
			for _, line := range r.requests() {
				asked[line]++
			}
			callEqual(t, "pages of leads", asked["GET /leads"], 2)
			callEqual(t, "pages of moves", asked["GET /events"], pagesOfMoves(r))
			callEqual(t, "others", len(asked), 2)
		}
		want := countByHand(mine)
		callEqual(t, name+": open", got.Open.Count, want.open)
		callEqual(t, name+": sum", got.Open.Sum, want.sum)
		callEqual(t, name+": stale", got.Open.Stale, want.stale)
		callEqual(t, name+": won", got.Period.Won, want.won)
		callEqual(t, name+": won sum", got.Period.WonSum, want.wonSum)
		callEqual(t, name+": lost", got.Period.Lost, want.lost)
		callEqual(t, name+": lost sum", got.Period.LostSum, want.lostSum)
		callEqual(t, name+": complete", got.Complete, true)
		callEqual(t, name+": previous", got.Previous, crm.Outcomes{})
		var count, reasons, users, won int
		for _, s := range got.Stages {
			count += s.Count
		}
		for _, s := range got.LossReasons {
			reasons += s.Lost
		}
		for _, u := range got.Users {
			users += u.Open
			won += u.Won
		}
		callEqual(t, name+": open by stage", count, want.open)
		callEqual(t, name+": lost by reason", reasons, want.lost)
		callEqual(t, name+": open by user", users, want.open)
		callEqual(t, name+": won by user", won, want.won)
	}
}

func TestReportComparesPeriods(t *testing.T) {
	r := newCallRig(t)
	got := r.report(crm.ReportQuestion{Pipeline: "roof repair", Period: "last_30_days"})
	from, err := time.Parse(time.RFC3339, got.Previous.From)
	if err != nil {
		t.Fatal(err)
	}
	to, err := time.Parse(time.RFC3339, got.Previous.To)
	if err != nil {
		t.Fatal(err)
	}
	pipeline := r.lead("Holloway: garage roof leak").PipelineID
	before := r.allLeads(func(l kommo.Lead) bool {
		at := l.ClosedAt.Time()
		return l.PipelineID == pipeline && l.Closed() && !at.Before(from) && at.Before(to)
	})
	callEqual(t, "closed before", got.Previous.Won+got.Previous.Lost, len(before))
	if len(before) == 0 {
		t.Error("the seed has changed: nothing was closed in the period before")
	}
	// The last of the 30 days is running: the other 30 are cut at the same time of day.
	if !strings.Contains(got.Coverage, "as much of the one before, up to "+got.Previous.To) {
		t.Error(got.Coverage)
	}
	zone, err := time.LoadLocation("America/New_York") // the account's: the offset of from is that of its own day
	if err != nil {
		t.Fatal(err)
	}
	now, from := time.Now().In(zone), from.In(zone)
	same := time.Date(from.Year(), from.Month(), from.Day()+29, now.Hour(), now.Minute(), now.Second(), 0, zone)
	if d := to.Sub(same).Abs(); d > time.Minute && d < 59*time.Minute || d > 61*time.Minute { // an hour where the clock changes
		t.Errorf("cut at %v, now is %v", to, now)
	}
}

func TestReportOfOneUser(t *testing.T) {
	r := newCallRig(t)
	got := r.report(crm.ReportQuestion{Period: "2020-01-01..", Responsible: "Marcus Reed"})
	callEqual(t, "user", got.Responsible, "Marcus Reed")
	if len(got.Users) != 1 || got.Users[0].User != "Marcus Reed" || got.Open.Count == 0 || got.Users[0].Open != got.Open.Count {
		t.Errorf("users %+v of %+v", got.Users, got.Open)
	}
}

func TestReportSaysHowFarItGot(t *testing.T) {
	r := newCallRig(t)
	like := r.lead(almeidaLead)
	r.fill(300, like)
	whole := r.report(crm.ReportQuestion{})
	callEqual(t, "complete", whole.Complete, true)

	<-r.clock.After(2 * time.Second) // so that no request has to wait for its turn
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	short, err := r.jobs.PipelineReport(ctx, crm.ReportQuestion{})
	if err != nil || short.Complete || short.Open.Count >= whole.Open.Count || !strings.Contains(short.Coverage, "time ran out") {
		t.Errorf("short of time: %v, %+v", err, short)
	}

	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, Times: -1, Match: func(q *http.Request) bool { return q.URL.Query().Get("page") == "2" }})
	broken, err := r.jobs.PipelineReport(t.Context(), crm.ReportQuestion{})
	if err != nil || broken.Complete || broken.Open.Count != 250 || !strings.Contains(broken.Coverage, "open leads (") {
		t.Errorf("second page fails: %v, %+v", err, broken)
	}
	r.box.ClearFaults()

	r.fill(12*kommo.MaxPage, like)
	r.forget()
	big := r.report(crm.ReportQuestion{})
	callEqual(t, "complete", big.Complete, false)
	callEqual(t, "open", big.Open.Count, 12*kommo.MaxPage)
	pages := slices.DeleteFunc(r.requests(), func(line string) bool { return line != "GET /leads" })
	callEqual(t, "pages of leads", len(pages), 13)
	if !strings.Contains(big.Coverage, "more than 3000") || !strings.Contains(big.Coverage, "lower bounds") {
		t.Error(big.Coverage)
	}
}

func TestReportThatCannotBeRead(t *testing.T) {
	r := newCallRig(t)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 402, Times: -1})
	if _, err := r.jobs.PipelineReport(t.Context(), crm.ReportQuestion{}); !kommo.HasCode(err, kommo.CodePayment) {
		t.Errorf("402: %v", err)
	}
	r.box.ClearFaults()
	for field, q := range map[string]crm.ReportQuestion{
		"pipeline": {Pipeline: "Nowhere"}, "period": {Period: "soon"}, "responsible": {Responsible: "Nobody"},
	} {
		_, err := r.jobs.PipelineReport(t.Context(), q)
		if !problem.HasCode(err, problem.NotFound, problem.InvalidArgument) || !strings.Contains(mustJSON(t, err), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestReportTellsOfItsPages: each page that was read is told, the count growing.
func TestReportTellsOfItsPages(t *testing.T) {
	r := newCallRig(t)
	var told []int
	_, err := r.jobs.PipelineReport(r.Context(), crm.ReportQuestion{
		Progress: func(done, total int, message string) {
			if done > total || message == "" {
				t.Errorf("%d of %d: %q", done, total, message)
			}
			told = append(told, done)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) < 3 || told[0] != 1 || told[len(told)-1] != len(told) {
		t.Errorf("told of %v", told)
	}
}
