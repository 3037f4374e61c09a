package crm

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// What LeadSearch.Attention may ask for.
const (
	AttentionNoTask  = "no_task"
	AttentionOverdue = "overdue"
	AttentionStale   = "stale"
)

// LeadSearch is what to look for among the leads. Everything that is set must
// hold; within one list of names any of them does, except for Tags, of which a
// lead must carry all.
type LeadSearch struct {
	Query        string
	Pipeline     []string
	Stage        []string // names, ids, "Pipeline / Stage", open, won, lost
	Responsible  []string
	Tags         []string
	PriceMin     *float64
	PriceMax     *float64
	Created      string // ranges
	Updated      string
	Closed       string
	Fields       map[string]any
	ContactID    int64
	CompanyID    int64
	Attention    string
	InactiveDays int
	Sort         string
	Limit        int
	Cursor       string
}

// LeadRow is a lead in a list. It has at most 350 bytes as JSON.
type LeadRow struct {
	ID          int64    `json:"id"`
	URL         string   `json:"url"`
	Name        string   `json:"name"`
	Price       float64  `json:"price,omitempty"`
	Pipeline    string   `json:"pipeline"`
	Stage       string   `json:"stage"`
	Responsible string   `json:"responsible"`
	UpdatedAt   string   `json:"updated_at"`
	NextTaskAt  string   `json:"next_task_at,omitempty"`
	Tags        []string `json:"tags,omitempty"`
}

// LeadList is one page of found leads. Total is how many there are in all, where
// that is known; else AtLeast is a lower bound. Scanned is how many leads were
// looked through here because Kommo cannot filter by everything that was asked.
type LeadList struct {
	Items      []LeadRow `json:"items"`
	HasMore    bool      `json:"has_more"`
	NextCursor string    `json:"next_cursor,omitempty"`
	Total      *int      `json:"total,omitempty"`
	AtLeast    int       `json:"at_least,omitempty"`
	Currency   string    `json:"currency,omitempty"`
	Scanned    int       `json:"scanned,omitempty"`
	Note       string    `json:"note,omitempty"`
	Hint       string    `json:"hint,omitempty"`

	after []cursor // where the list goes on behind each row
}

// Len is the number of rows.
func (l LeadList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l LeadList) Keep(n int) any {
	l.Items = l.Items[:n]
	l.HasMore = true
	l.NextCursor = ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// SearchLeads finds leads. Kommo filters where it can; every row is checked
// here as well, since accounts with filtering switched off answer everything
// (Kommo API facts: leads, gating). What Kommo cannot filter is looked for in
// at most eight pages a call. With a warm directory and filters that Kommo
// knows it costs one request, and one more for contact_id or company_id each.
func (s *Service) SearchLeads(ctx context.Context, in LeadSearch) (LeadList, error) {
	names, err := s.names.Snapshot(ctx, directory.InPipelines, directory.InUsers)
	if err != nil {
		return LeadList{}, err
	}
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return LeadList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return LeadList{}, err
	}
	plan, err := s.planLeads(ctx, in, names)
	if err != nil {
		return LeadList{}, err
	}
	if plan.nothing != "" {
		return LeadList{Items: []LeadRow{}, Total: new(0), Hint: plan.nothing}, nil
	}
	found, err := scanPages(ctx, at, scan[kommo.Lead]{
		limit: in.Limit, pageSize: plan.pageSize(in.Limit), keep: plan.matches,
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Lead], error) {
			f := plan.filter
			f.Page, f.Limit = page, size
			return s.api.Leads.List(ctx, f)
		},
	})
	if err != nil {
		return LeadList{}, err
	}
	return s.leadList(ctx, in, plan, found, names), nil
}

func (s *Service) leadList(ctx context.Context, in LeadSearch, plan leadPlan, found scanned[kommo.Lead], names *directory.Snapshot) LeadList {
	out := LeadList{
		Items: make([]LeadRow, 0, len(found.items)), Currency: names.Account.Currency,
		HasMore: found.hasMore, NextCursor: found.next(), after: found.after,
	}
	if out.Total, out.AtLeast = found.count(); plan.partial && out.Total != nil {
		out.Total, out.AtLeast = nil, *out.Total
	}
	for _, l := range found.items {
		out.Items = append(out.Items, s.leadRow(l, names))
	}
	if plan.local || found.dropped > 0 {
		out.Scanned = found.seen
	}
	out.Note = plan.note(found, found.dropped, "leads")
	if len(out.Items) == 0 {
		out.Hint = s.leadsHint(ctx, in, found.hasMore)
	}
	return out
}
