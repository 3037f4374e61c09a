package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// What BulkResult.Status may say.
const (
	BulkPreview = "preview" // nothing was written yet
	BulkNothing = "nothing" // there is nothing to write
	BulkDone    = "done"
	BulkStopped = "stopped" // part of it was written, the rest waits
)

const (
	bulkSample  = 5 // leads that a preview shows
	bulkNames   = 3 // leads that a question names
	excerptText = 120
)

// BulkLeads says which leads a bulk job is about: those with these ids, or all
// that a search finds.
type BulkLeads struct {
	LeadIDs []int64
	Search  LeadSearch
}

// BulkChange is what to do to each lead: one kind of act. What is empty or nil
// stays.
type BulkChange struct {
	Price       *float64
	Responsible string
	Fields      map[string]any
	AddTags     []string
	RemoveTags  []string

	Stage      string
	Pipeline   string
	LossReason string

	Note string
}

// BulkExample is one lead of a preview.
type BulkExample struct {
	ID     int64          `json:"id"`
	URL    string         `json:"url"`
	Name   string         `json:"name"`
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
}

// BulkFailure is a lead that was not changed, and why.
type BulkFailure struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
}

// BulkResult is the answer of a bulk job: a preview, or a report of what became
// of each lead. The ids of Changed, Failed and Unknown together are the leads
// that this call was about.
type BulkResult struct {
	Status    string        `json:"status"`
	What      string        `json:"what"`
	Count     int           `json:"count"`               // leads to write to, or written to
	Unchanged int           `json:"unchanged,omitempty"` // leads that are so already
	Missing   []int64       `json:"missing,omitempty"`   // lead_ids without a lead
	Sample    []BulkExample `json:"sample,omitempty"`
	Changed   []int64       `json:"changed,omitempty"`
	Failed    []BulkFailure `json:"failed,omitempty"`
	Unknown   []int64       `json:"unknown,omitempty"`   // written or not: Kommo's answer was lost
	Remaining int           `json:"remaining,omitempty"` // leads that were not come to
	Confirm   string        `json:"confirm_token,omitempty"`
	Continue  string        `json:"continue_token,omitempty"`
	Expires   string        `json:"expires_at,omitempty"`
	Warnings  []string      `json:"warnings,omitempty"`
	Next      string        `json:"next,omitempty"`

	Changes []BulkRecord `json:"-"` // what this call did, for the audit log
}

// BulkRecord is what became of one record, as the audit log takes it. Before is the
// lead as it was when the job was previewed.
type BulkRecord struct {
	Kind   string         `json:"kind"`
	ID     int64          `json:"id"`
	How    string         `json:"how,omitempty"` // created, failed, unknown; empty: changed
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
}

// OnRecord is what the audit log is told beside the answer.
func (r BulkResult) OnRecord() any { return r.Changes }

// WithToken puts the token for the next step into the answer.
func (r BulkResult) WithToken(token string, until time.Time) BulkResult {
	r.Expires = until.UTC().Format(time.RFC3339)
	if r.Status == BulkStopped {
		r.Continue = token
		r.Next = "Call again with the same arguments and confirm_token set to continue_token to go on. " + r.Next
		return r
	}
	r.Confirm = token
	r.Next = "Nothing was written yet. Show this to the user; to carry it out call again with the same arguments and confirm_token."
	return r
}

// BulkPlan is a previewed job: the exact leads and what to write to each.
type BulkPlan struct {
	of      *Service
	act     bulkAct
	entries []bulkEntry
	total   int        // of the whole job, for progress
	unheard bulkReport // of a call that was cancelled before its answer
}

type bulkEntry struct {
	id            int64
	write         kommo.LeadWrite
	before, after map[string]any
}

// bulkAct is one kind of change, with its names resolved.
type bulkAct struct {
	verb     string // "Move", for the question
	what     string // "to stage Negotiation"
	warnings []string
	// diff compares a lead with what is wanted; a nil write is nothing to do.
	diff func(ctx context.Context, l kommo.Lead) (w *kommo.LeadWrite, before, after any, err error)
	// send writes a batch; check tells, after an answer was lost, which leads
	// hold it.
	send  func(ctx context.Context, batch []bulkEntry) (made []int64, err error) // made: notes
	check func(ctx context.Context, batch []bulkEntry, since time.Time) (held map[int64]bool, err error)
	// once: what is not found afterwards may still appear, and must not be sent
	// again.
	once bool
}

// PreviewBulk reads the leads and says what the change would do to them. It
// writes nothing. The plan is nil if there is nothing to do. It costs a request
// for each 250 leads looked through.
func (s *Service) PreviewBulk(ctx context.Context, which BulkLeads, c BulkChange) (BulkResult, *BulkPlan, string, error) {
	act, err := s.bulkAct(ctx, c)
	if err != nil {
		return BulkResult{}, nil, "", err
	}
	leads, missing, err := s.bulkLeads(ctx, which)
	if err != nil {
		return BulkResult{}, nil, "", err
	}
	out := BulkResult{Status: BulkPreview, What: act.verb + " " + act.what, Missing: missing, Warnings: act.warnings}
	plan := &BulkPlan{of: s, act: act}
	for _, l := range leads {
		w, before, after, err := act.diff(ctx, l)
		if err != nil {
			return BulkResult{}, nil, "", err
		}
		if w == nil {
			out.Unchanged++
			continue
		}
		w.ID = l.ID
		entry := bulkEntry{l.ID, *w, asMap(before), asMap(after)}
		plan.entries = append(plan.entries, entry)
		if len(out.Sample) < bulkSample {
			out.Sample = append(out.Sample, BulkExample{
				ID: l.ID, URL: s.cardURL(KindLead, l.ID), Name: short(l.Name, longName), Before: entry.before, After: entry.after,
			})
		}
	}
	out.Count, plan.total = len(plan.entries), len(plan.entries)
	if out.Count == 0 {
		out.Status, out.Next = BulkNothing, nothingToWrite(len(leads))
		return out, nil, "", nil
	}
	return out, plan, bulkQuestion(out), nil
}

func nothingToWrite(found int) string {
	if found == 0 {
		return "No lead was found, so nothing was written. Look with search_leads which filters fit."
	}
	return "All leads found are so already; nothing was written."
}

// bulkQuestion is what a person is asked: how many, what, and which for example.
func bulkQuestion(r BulkResult) string {
	var names []string
	for _, e := range r.Sample[:min(len(r.Sample), bulkNames)] {
		names = append(names, fmt.Sprintf("%q", e.Name))
	}
	leads := "1 lead"
	if r.Count != 1 {
		leads = fmt.Sprintf("%d leads", r.Count)
	}
	text := fmt.Sprintf("%s, in %s of Kommo? For example %s.", r.What, leads, strings.Join(names, ", "))
	if r.Unchanged > 0 {
		text += fmt.Sprintf(" %d more are so already and are left alone.", r.Unchanged)
	}
	return text
}

// asMap is a state as the answer shows it; nil is none.
func asMap(state any) map[string]any {
	raw, err := json.Marshal(state)
	if err != nil {
		return nil // states are texts and numbers: they always marshal
	}
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// checkPlan refuses a plan of another account: the caller was changed between
// preview and call.
func (s *Service) checkPlan(p *BulkPlan) error {
	if p.of == s {
		return nil
	}
	return problem.New(problem.Conflict, "The preview was made in another account; nothing was written.").
		WithNext("Call without confirm_token for a new preview.")
}
