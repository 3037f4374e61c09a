package kommo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// CallWrite logs a call by phone number: Kommo finds the card by the last ten
// digits and drops the call if there is none (Kommo API facts: calls). A note
// of type call_in or call_out puts it on a card of our choice.
type CallWrite struct {
	Direction     string     `json:"direction"` // inbound, outbound
	Duration      int64      `json:"duration"`  // seconds
	Source        string     `json:"source"`
	Phone         string     `json:"phone"`
	Unique        string     `json:"uniq,omitzero"`
	Link          string     `json:"link,omitzero"`
	Result        string     `json:"call_result,omitzero"`
	Status        CallStatus `json:"call_status,omitzero"`
	Responsible   string     `json:"call_responsible,omitzero"`
	ResponsibleID int64      `json:"responsible_user_id,omitzero"`
	CreatedBy     *int64     `json:"created_by,omitzero"`
	CreatedAt     Unix       `json:"created_at,omitzero"`
}

// CallLogged is a call that found a card; ID is that of its note.
type CallLogged struct {
	ID         int64      `json:"id"`
	EntityID   int64      `json:"entity_id"`
	EntityType string     `json:"entity_type"` // singular: lead, contact, company
	RequestIDs RequestIDs `json:"request_id"`
}

// CallError is a call that was not logged, mostly for an unknown number.
type CallError struct {
	RequestIDs RequestIDs `json:"request_id"`
	Status     Int        `json:"status"`
	Title      string     `json:"title"`
	Detail     string     `json:"detail"`
}

// CallsResult says per call what became of it.
type CallsResult struct {
	Logged []CallLogged
	Failed []CallError
}

type callsReply struct {
	Errors   []CallError `json:"errors"`
	Embedded struct {
		Calls []CallLogged `json:"calls"`
	} `json:"_embedded"`
}

// CallsService logs calls.
type CallsService struct{ c *Client }

// Create logs calls. An unknown number is no error: it stands in Failed, both
// where Kommo answers 200 and where it answers 400.
func (s *CallsService) Create(ctx context.Context, calls []CallWrite) (CallsResult, error) {
	var r callsReply
	_, err := s.c.Do(ctx, Request{Op: "calls.create", Method: http.MethodPost, Path: "/calls", Body: calls}, &r)
	if e, ok := errors.AsType[*Error](err); ok && e.Code == CodeInvalid && len(e.body) > 0 {
		if json.Unmarshal(e.body, &r) == nil && len(r.Errors) > 0 {
			err = nil
		}
	}
	return CallsResult{Logged: r.Embedded.Calls, Failed: r.Errors}, err
}
