package kommo

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// UnsortedCategory is the way by which an incoming lead came.
type UnsortedCategory string

// The categories. Only forms and calls can be made by API.
const (
	UnsortedSIP   UnsortedCategory = "sip" // calls
	UnsortedMail  UnsortedCategory = "mail"
	UnsortedForms UnsortedCategory = "forms"
	UnsortedChats UnsortedCategory = "chats"
)

// Unsorted is an incoming lead: it waits until somebody accepts, declines or
// links it (Kommo API facts: incoming leads). UID is text and not the id of its
// lead. The embedded cards hold ids only.
type Unsorted struct {
	UID        string           `json:"uid"`
	SourceUID  string           `json:"source_uid"`
	SourceName string           `json:"source_name"`
	Category   UnsortedCategory `json:"category"`
	PipelineID int64            `json:"pipeline_id"`
	CreatedAt  Unix             `json:"created_at"`
	Metadata   UnsortedMetadata `json:"metadata"`
	AccountID  int64            `json:"account_id"`
	RequestIDs RequestIDs       `json:"request_id"` // only in the answer to a create
	Embedded   UnsortedParts    `json:"_embedded"`
}

// UnsortedParts are the cards of an incoming lead, at most one of each kind.
type UnsortedParts struct {
	Leads     []Linked `json:"leads"`
	Contacts  []Linked `json:"contacts"`
	Companies []Linked `json:"companies"`
}

// UnmarshalJSON reads an object, or the empty list that PHP writes for none.
func (p *UnsortedParts) UnmarshalJSON(raw []byte) error {
	*p = UnsortedParts{}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	type plain UnsortedParts
	return unmarshal(raw, (*plain)(p))
}

// LeadID is the lead that waits; 0 if none is named.
func (u Unsorted) LeadID() int64 { return firstLinked(u.Embedded.Leads) }

// ContactID is the contact that waits with the lead; 0 for none.
func (u Unsorted) ContactID() int64 { return firstLinked(u.Embedded.Contacts) }

// CompanyID is the company that waits with the lead; 0 for none.
func (u Unsorted) CompanyID() int64 { return firstLinked(u.Embedded.Companies) }

func firstLinked(list []Linked) int64 {
	if len(list) == 0 {
		return 0
	}
	return list[0].ID
}

// UnsortedFilter selects incoming leads. Kommo answers the newest first,
// whatever order is asked for.
type UnsortedFilter struct {
	ListOptions

	UID        string
	Categories []UnsortedCategory
	PipelineID int64
}

func (f UnsortedFilter) query() url.Values {
	q := url.Values{}
	f.into(q)
	if f.UID != "" {
		q.Set("filter[uid]", f.UID)
	}
	names := make([]string, 0, len(f.Categories))
	for _, c := range f.Categories {
		names = append(names, string(c))
	}
	setTexts(q, "category", names)
	if f.PipelineID != 0 {
		q.Set("filter[pipeline_id]", strconv.FormatInt(f.PipelineID, 10))
	}
	return q
}

// UnsortedSummary counts incoming leads.
type UnsortedSummary struct {
	Total           Int
	Accepted        Int
	Declined        Int
	AverageSortTime Int // seconds from coming in to being accepted or declined
	Categories      map[UnsortedCategory]int64
}

// UnmarshalJSON reads the counts; Kommo's PHP may write no categories as an
// empty list.
func (s *UnsortedSummary) UnmarshalJSON(raw []byte) error {
	var in struct {
		Total           Int             `json:"total"`
		Accepted        Int             `json:"accepted"`
		Declined        Int             `json:"declined"`
		AverageSortTime Int             `json:"average_sort_time"`
		Categories      json.RawMessage `json:"categories"`
	}
	if err := unmarshal(raw, &in); err != nil {
		return err
	}
	*s = UnsortedSummary{in.Total, in.Accepted, in.Declined, in.AverageSortTime, map[UnsortedCategory]int64{}}
	if len(in.Categories) == 0 || in.Categories[0] != '{' {
		return nil
	}
	var counts map[UnsortedCategory]struct {
		Total Int `json:"total"`
	}
	if err := unmarshal(in.Categories, &counts); err != nil {
		return err
	}
	for name, c := range counts {
		s.Categories[name] = int64(c.Total)
	}
	return nil
}

// UnsortedSummaryFilter selects what to count.
type UnsortedSummaryFilter struct {
	UID        string
	PipelineID int64
	CreatedAt  Range
}

func (f UnsortedSummaryFilter) query() url.Values {
	q := UnsortedFilter{UID: f.UID, PipelineID: f.PipelineID}.query()
	f.CreatedAt.into(q, "created_at")
	return q
}

// UnsortedService reads, makes and sorts incoming leads.
type UnsortedService struct{ c *Client }

const unsortedBase = "/leads/unsorted"

// List reads one page of the incoming leads that wait.
func (s *UnsortedService) List(ctx context.Context, f UnsortedFilter) (Page[Unsorted], error) {
	return getPage[Unsorted](ctx, s.c, "unsorted.list", unsortedBase, "unsorted", f.query())
}

// All walks all incoming leads that wait.
func (s *UnsortedService) All(ctx context.Context, f UnsortedFilter) iter.Seq2[Unsorted, error] {
	return everyPage(func(page int) (Page[Unsorted], error) {
		f.Page, f.Limit = page, MaxPage
		return s.List(ctx, f)
	})
}

// Get reads one incoming lead; ErrNotFound once it was accepted, declined or
// linked.
func (s *UnsortedService) Get(ctx context.Context, uid string) (Unsorted, error) {
	const op = "unsorted.get"
	path, err := unsortedPath(op, uid, "")
	if err != nil {
		return Unsorted{}, err
	}
	return getOne[Unsorted](ctx, s.c, Request{Op: op, Path: path})
}

// Summary counts incoming leads, those that were sorted included.
func (s *UnsortedService) Summary(ctx context.Context, f UnsortedSummaryFilter) (UnsortedSummary, error) {
	var out UnsortedSummary
	_, err := s.c.Do(ctx, Request{Op: "unsorted.summary", Path: unsortedBase + "/summary", Query: f.query()}, &out)
	return out, err
}

// CreateForms makes incoming leads of filled-in forms.
func (s *UnsortedService) CreateForms(ctx context.Context, leads []UnsortedWrite[FormMetadata]) ([]Unsorted, error) {
	return createUnsorted(ctx, s.c, "unsorted.create_forms", UnsortedForms, leads)
}

// CreateSIP makes incoming leads of calls.
func (s *UnsortedService) CreateSIP(ctx context.Context, leads []UnsortedWrite[SIPMetadata]) ([]Unsorted, error) {
	return createUnsorted(ctx, s.c, "unsorted.create_sip", UnsortedSIP, leads)
}

// createUnsorted answers uid and ids of the cards, in the order of the request.
func createUnsorted[M FormMetadata | SIPMetadata](ctx context.Context, c *Client, op string, of UnsortedCategory, leads []UnsortedWrite[M]) ([]Unsorted, error) {
	if len(leads) == 0 {
		return nil, emptyRequest(op)
	}
	var e envelope
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: unsortedBase + "/" + string(of), Body: leads}, &e); err != nil {
		return nil, err
	}
	made, err := records[Unsorted](op, e, "unsorted")
	if err != nil {
		return nil, unusableReply(op, err)
	}
	return inOrder(op, len(leads), made, func(u Unsorted) (int64, RequestIDs) { return u.LeadID(), u.RequestIDs })
}

// unsortedPath is a path below one incoming lead. A slash would lead to another
// route, and nothing else of a uid is known.
func unsortedPath(op, uid, act string) (string, error) {
	if uid == "" || strings.ContainsAny(uid, "/\\") {
		return "", &Error{Code: CodeInvalid, Op: op, Message: "the uid of an incoming lead has no slash and is not empty"}
	}
	path := unsortedBase + "/" + uid
	if act != "" {
		path += "/" + act
	}
	return path, nil
}
