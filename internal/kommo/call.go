package kommo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
)

// CallWrite logs a call by phone number: Kommo finds the card by the last ten
// digits and drops the call if there is none (Kommo API facts: calls). A note
// of type call_in or call_out puts it on a card of our choice.
type CallWrite struct {
	Direction     string      `json:"direction"` // inbound, outbound
	Duration      int64       `json:"duration"`  // seconds
	Source        string      `json:"source"`
	Phone         string      `json:"phone"`
	Unique        string      `json:"uniq,omitzero"`
	Link          string      `json:"link,omitzero"`
	Result        string      `json:"call_result,omitzero"`
	Status        CallStatus  `json:"call_status,omitzero"`
	Responsible   Responsible `json:"call_responsible,omitzero"` // user id, phone or name
	ResponsibleID int64       `json:"responsible_user_id,omitzero"`
	CreatedBy     *int64      `json:"created_by,omitzero"` // heeded only without Responsible
	UpdatedBy     *int64      `json:"updated_by,omitzero"`
	CreatedAt     Unix        `json:"created_at,omitzero"`
	UpdatedAt     Unix        `json:"updated_at,omitzero"`
}

// CallLogged is a call that found a card; ID is that of its note.
type CallLogged struct {
	ID         int64      `json:"id"`
	EntityID   int64      `json:"entity_id"`
	EntityType string     `json:"entity_type"` // singular: lead, contact, company
	AccountID  int64      `json:"account_id"`
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

// Of is what became of the call at a position of the request; false if no card
// has its number.
func (r CallsResult) Of(position int) (CallLogged, bool) {
	for at, l := range r.Logged {
		if slices.Contains(places(l.RequestIDs, at), position) {
			return l, true
		}
	}
	return CallLogged{}, false
}

type callsReply struct {
	Errors   []CallError `json:"errors"`
	Embedded embedded    `json:"_embedded"`
}

// CallsService logs calls.
type CallsService struct{ c *Client }

// Create logs calls. An unknown number is no error: it stands in Failed, both
// where Kommo answers 200 and where it answers 400, and also where Kommo
// passes over the call in silence.
func (s *CallsService) Create(ctx context.Context, calls []CallWrite) (CallsResult, error) {
	const op = "calls.create"
	if len(calls) == 0 {
		return CallsResult{}, emptyRequest(op)
	}
	var r callsReply
	_, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: "/calls", Body: calls}, &r)
	if err != nil {
		if r, err = unmatchedCalls(err); err != nil {
			return CallsResult{}, err
		}
	}
	logged, err := records[CallLogged](op, envelope{Embedded: r.Embedded}, "calls")
	if err != nil {
		return CallsResult{}, unusableReply(op, err)
	}
	result := CallsResult{Logged: logged, Failed: r.Errors}
	result.addSilent(len(calls))
	return result, nil
}

// unmatchedCalls reads the 400 that says per call why it was not logged; any
// other error comes back as it is.
func unmatchedCalls(err error) (callsReply, error) {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != CodeInvalid {
		return callsReply{}, err
	}
	var r callsReply
	if json.Unmarshal(e.body, &r) != nil || len(r.Errors) == 0 {
		return callsReply{}, err
	}
	return r, nil
}

// addSilent puts calls that the answer does not speak of among the failed ones.
func (r *CallsResult) addSilent(count int) {
	told := make([]bool, count)
	mark := func(ids RequestIDs, position int) {
		for _, at := range places(ids, position) {
			if at < count {
				told[at] = true
			}
		}
	}
	for at, l := range r.Logged {
		mark(l.RequestIDs, at)
	}
	for at, f := range r.Failed {
		mark(f.RequestIDs, at)
	}
	for at, ok := range told {
		if !ok {
			r.Failed = append(r.Failed, CallError{RequestIDs: RequestIDs{strconv.Itoa(at)}, Title: "Entity not found"})
		}
	}
}
