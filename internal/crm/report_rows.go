package crm

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/when"
)

// OpenLeads counts leads that are neither won nor lost.
type OpenLeads struct {
	Count   int     `json:"count"`
	Sum     float64 `json:"sum"`
	AgeDays float64 `json:"age_days"` // average, since they were created
	Stale   int     `json:"stale"`    // of them without a change for more than 14 days
}

// StageReport is what stands in one open stage now, and what moved through it in
// the period.
type StageReport struct {
	Stage string `json:"stage"`
	OpenLeads
	Moves *StageMoves `json:"moves,omitempty"`

	id int64
}

// Outcomes are the leads that were closed in a period.
type Outcomes struct {
	From    string  `json:"from,omitempty"`
	To      string  `json:"to,omitempty"`
	Won     int     `json:"won"`
	WonSum  float64 `json:"won_sum"`
	Lost    int     `json:"lost"`
	LostSum float64 `json:"lost_sum"`

	WinPercent *float64 `json:"win_percent,omitempty"` // won of all that were closed
}

// ReasonCount is how many leads were lost for a reason in the period.
type ReasonCount struct {
	Reason string  `json:"reason"`
	Lost   int     `json:"lost"`
	Sum    float64 `json:"sum"`
}

// UserReport is what one user has open, and won and lost in the period.
type UserReport struct {
	User    string  `json:"user"`
	Open    int     `json:"open"`
	OpenSum float64 `json:"open_sum"`
	Won     int     `json:"won"`
	WonSum  float64 `json:"won_sum"`
	Lost    int     `json:"lost"`

	WinPercent *float64 `json:"win_percent,omitempty"`
}

// mostUsers is how many users get a row; the rest are put together.
const mostUsers = 25

// tally adds up open leads.
type tally struct {
	OpenLeads

	age time.Duration
}

func (t *tally) add(l kommo.Lead, now time.Time) {
	t.Count++
	t.Sum += l.Amount()
	t.age += max(0, now.Sub(l.CreatedAt.Time()))
	if now.Sub(l.UpdatedAt.Time()) > reportStale*24*time.Hour {
		t.Stale++
	}
}

func (t *tally) total() OpenLeads {
	out := t.OpenLeads
	out.Sum = cents(out.Sum)
	if out.Count > 0 {
		out.AgeDays = math.Round(t.age.Hours()/24/float64(out.Count)*10) / 10
	}
	return out
}

// cents rounds a sum of prices, which floating point leaves with a tail.
func cents(sum float64) float64 { return math.Round(sum*100) / 100 }

func (o *Outcomes) add(l kommo.Lead) {
	if l.StatusID == kommo.StatusWon {
		o.Won++
		o.WonSum = cents(o.WonSum + l.Amount())
		return
	}
	o.Lost++
	o.LostSum = cents(o.LostSum + l.Amount())
}

func (p *reportPlan) outcomes(r when.Range, closed []kommo.Lead) Outcomes {
	zone := p.names.Account.Location()
	var out Outcomes
	if !r.From.IsZero() {
		out.From = when.Format(r.From, zone)
	}
	if !r.To.IsZero() {
		out.To = when.Format(r.To, zone)
	}
	for _, l := range closed {
		if r.Contains(l.ClosedAt.Time()) {
			out.add(l)
		}
	}
	out.WinPercent = percent(out.Won, out.Won+out.Lost)
	return out
}

func (p *reportPlan) report(open, closed reading, moves moveReading) PipelineReport {
	known := map[int64]kommo.Lead{}
	for _, l := range slices.Concat(open.leads, closed.leads) {
		known[l.ID] = l
	}
	now, before := p.flows(moves, known)
	out := PipelineReport{
		Pipeline: p.pipeline.Name, URL: p.url, Currency: p.names.Account.Currency,
		Period: p.outcomes(p.period, closed.leads), LossReasons: p.reasons(closed.leads), Users: p.users(open.leads, closed.leads),
		Complete: open.stopped == "" && closed.stopped == "" && moves.covers(p.period),
		Coverage: p.coverage(open, closed) + p.movesCoverage(moves, now) + p.comparison(),
	}
	if p.user.ID != 0 {
		out.Responsible = p.names.UserName(p.user.ID)
	}
	if !p.previous.From.IsZero() {
		out.Previous = p.outcomes(p.previous, closed.leads)
	}
	out.Stages, out.Open = p.stages(open.leads)
	p.addMoves(out.Stages, moves, now, before)
	return out
}

// stages counts the open leads by stage, in the order of the pipeline.
func (p *reportPlan) stages(open []kommo.Lead) ([]StageReport, OpenLeads) {
	var all tally
	byStage := map[int64]*tally{}
	for _, l := range open {
		if byStage[l.StatusID] == nil {
			byStage[l.StatusID] = &tally{}
		}
		byStage[l.StatusID].add(l, p.now)
		all.add(l, p.now)
	}
	rows := []StageReport{}
	for _, stage := range p.pipeline.Stages {
		t := byStage[stage.ID]
		switch {
		case t != nil:
			rows = append(rows, StageReport{Stage: stage.Name, OpenLeads: t.total(), id: stage.ID})
		case stage.Kind == directory.StageOpen:
			rows = append(rows, StageReport{Stage: stage.Name, id: stage.ID})
		}
		delete(byStage, stage.ID)
	}
	for id, t := range byStage { // made after the names were read
		rows = append(rows, StageReport{Stage: p.names.StageName(p.pipeline.ID, id), OpenLeads: t.total(), id: id})
	}
	return rows, all.total()
}

// reasons counts the losses of the period, the most frequent first.
func (p *reportPlan) reasons(closed []kommo.Lead) []ReasonCount {
	byName := map[string]*ReasonCount{}
	for _, l := range closed {
		if l.StatusID != kommo.StatusLost || !p.period.Contains(l.ClosedAt.Time()) {
			continue
		}
		name := cmp.Or(p.names.LossReasonName(idOf(l.LossReasonID)), "no reason given")
		if byName[name] == nil {
			byName[name] = &ReasonCount{Reason: name}
		}
		byName[name].Lost++
		byName[name].Sum = cents(byName[name].Sum + l.Amount())
	}
	rows := []ReasonCount{}
	for _, r := range byName {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(b.Sum, a.Sum), cmp.Compare(a.Reason, b.Reason))
	})
	return rows
}

// users counts by responsible user, those with the most won first.
func (p *reportPlan) users(open, closed []kommo.Lead) []UserReport {
	byID := map[int64]*UserReport{}
	of := func(l kommo.Lead) *UserReport {
		if byID[l.ResponsibleID] == nil {
			byID[l.ResponsibleID] = &UserReport{User: p.names.UserName(l.ResponsibleID)}
		}
		return byID[l.ResponsibleID]
	}
	for _, l := range open {
		u := of(l)
		u.Open++
		u.OpenSum = cents(u.OpenSum + l.Amount())
	}
	for _, l := range closed {
		if !p.period.Contains(l.ClosedAt.Time()) {
			continue
		}
		u := of(l)
		if l.StatusID == kommo.StatusLost {
			u.Lost++
			continue
		}
		u.Won++
		u.WonSum = cents(u.WonSum + l.Amount())
	}
	rows := []UserReport{}
	for _, u := range byID {
		u.WinPercent = percent(u.Won, u.Won+u.Lost)
		rows = append(rows, *u)
	}
	slices.SortFunc(rows, func(a, b UserReport) int {
		return cmp.Or(cmp.Compare(b.WonSum, a.WonSum), cmp.Compare(b.OpenSum, a.OpenSum), cmp.Compare(a.User, b.User))
	})
	return restTogether(rows)
}

// restTogether keeps the answer small where an account has many users.
func restTogether(rows []UserReport) []UserReport {
	if len(rows) <= mostUsers {
		return rows
	}
	rest := UserReport{User: fmt.Sprintf("%d other users", len(rows)-mostUsers+1)}
	for _, u := range rows[mostUsers-1:] {
		rest.Open, rest.Won, rest.Lost = rest.Open+u.Open, rest.Won+u.Won, rest.Lost+u.Lost
		rest.OpenSum, rest.WonSum = cents(rest.OpenSum+u.OpenSum), cents(rest.WonSum+u.WonSum)
	}
	rest.WinPercent = percent(rest.Won, rest.Won+rest.Lost)
	return append(rows[:mostUsers-1:mostUsers-1], rest)
}

// coverage says what was counted, what was not, and how to see the rest.
func (p *reportPlan) coverage(open, closed reading) string {
	text := "Counted: " + open.counted() + " and " + closed.counted() + "."
	var partial []string
	for _, r := range []reading{open, closed} {
		if r.stopped != "" {
			partial = append(partial, r.what+" ("+strings.TrimRight(r.stopped, ".")+")")
		}
	}
	if len(partial) > 0 {
		text += " Not all were read: " + strings.Join(partial, ", ") +
			"; the newest are missing and the figures are lower bounds. Narrow it with responsible or a shorter period."
	}
	return text
}

// comparison says what the period is compared with.
func (p *reportPlan) comparison() string {
	zone := p.names.Account.Location()
	switch {
	case p.previous.From.IsZero():
		return " There is no period before to compare with: this one has no beginning or no end, or has not begun."
	case p.running:
		return " The period is not over: it is compared with as much of the one before, up to " + when.Format(p.previous.To, zone) + "."
	default:
		return " It is compared with the whole equal period before."
	}
}

func (r reading) counted() string {
	return fmt.Sprintf("%d %s (%s)", len(r.leads), r.what, counted(r.pages, "page"))
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
