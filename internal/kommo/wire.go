package kommo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
)

var errNoID = errors.New("an id is missing")

// href is one entry of _links.
type href struct {
	Href string `json:"href"`
}

// envelope is what surrounds the records of an answer.
type envelope struct {
	Total *int `json:"_total_items"`
	Links struct {
		Next *href `json:"next"`
	} `json:"_links"`
	Embedded embedded `json:"_embedded"`
}

// embedded are the lists of an answer by name. Kommo's PHP may write an empty
// map as an empty list.
type embedded map[string]json.RawMessage

// UnmarshalJSON reads an object; nothing else holds lists. It is nil only if
// the answer has no such part, or one of a form that says nothing.
func (e *embedded) UnmarshalJSON(raw []byte) error {
	*e = nil
	if isNothing(raw) || string(raw) == "[]" {
		*e = embedded{}
		return nil
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return json.Unmarshal(raw, (*map[string]json.RawMessage)(e))
}

// lists reports whether the answer is one of a list. Any JSON object reads as
// an envelope; taking a stranger for an empty list would mean "nobody has that
// number", upon which a second record is made. Of no links Kommo says only that
// their total is 0.
func (e envelope) lists(key string) bool {
	_, named := e.Embedded[key]
	return named || len(e.Embedded) == 0 && (e.Embedded != nil || e.Total != nil)
}

var errNoList = errors.New("the list is missing")

// noList is the error of an answer that is not the list asked for.
func noList(op string) error {
	return &Error{Code: CodeBadResponse, Op: op, Err: errNoList, sent: true, Message: "Kommo's answer is not the list that was asked for"}
}

// records reads the records under a key of _embedded; none if it is missing.
func records[T any](op string, e envelope, key string) ([]T, error) {
	raw, ok := e.Embedded[key]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var out []T
	if err := unmarshal(raw, &out); err != nil {
		return nil, &Error{Code: CodeBadResponse, Op: op, Message: "Kommo's answer has an unexpected form", Err: err, sent: true}
	}
	return out, nil
}

// getOne reads a single record. Kommo answers 204 for a missing lead, contact
// or company and 404 elsewhere; both are ErrNotFound.
func getOne[T any](ctx context.Context, c *Client, r Request) (T, error) {
	var out T
	meta, err := c.Do(ctx, r, &out)
	if err == nil && meta.Status == http.StatusNoContent {
		err = notFound(r.Op)
	}
	return out, err
}

// Created is one record of a create's answer. RequestIDs names the items of
// the request it stands for: several where Kommo merged them. Deleted and
// Unsorted come with contacts and companies only.
type Created struct {
	ID         int64      `json:"id"`
	EntityID   int64      `json:"entity_id"` // the record a note hangs on
	RequestIDs RequestIDs `json:"request_id"`
	Deleted    bool       `json:"is_deleted"`
	Unsorted   bool       `json:"is_unsorted"`
}

// create posts a list and returns what was made, in the order of the request:
// Kommo may answer in another, so items are matched by request_id.
func create[T any](ctx context.Context, c *Client, op, path, key string, items []T) ([]Created, error) {
	if len(items) == 0 {
		return nil, emptyRequest(op)
	}
	var e envelope
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: path, Body: items}, &e); err != nil {
		return nil, err
	}
	made, err := records[Created](op, e, key)
	if err != nil {
		return nil, unusableReply(op, err)
	}
	return inOrder(op, len(items), made, func(m Created) (int64, RequestIDs) { return m.ID, m.RequestIDs })
}

// inOrder puts the records of a create's answer in the order of the request.
// Each item must have its id: otherwise nobody knows what was made.
func inOrder[T any](op string, count int, made []T, key func(T) (id int64, of RequestIDs)) ([]T, error) {
	out := make([]T, count)
	filled := make([]bool, count)
	for position, m := range made {
		id, of := key(m)
		if id == 0 {
			return nil, unusableReply(op, errNoID)
		}
		for _, at := range places(of, position) {
			if at < count {
				out[at], filled[at] = m, true
			}
		}
	}
	if slices.Contains(filled, false) {
		return nil, unusableReply(op, errNoID)
	}
	return out, nil
}

// places finds the items of the request that an answer stands for. No request
// sets request_id, so that Kommo numbers the items from 0; a merged record has
// the numbers of all items that went into it. Without numbers the position
// counts.
func places(ids RequestIDs, position int) []int {
	var out []int
	for _, id := range ids {
		if n, err := strconv.Atoi(id); err == nil && n >= 0 {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return []int{position}
	}
	return out
}

// emptyRequest refuses a write of nothing, which Kommo answers with 400.
func emptyRequest(op string) error {
	return &Error{Code: CodeInvalid, Op: op, Message: "there is nothing to write: the list of records is empty"}
}

// unusableReply is the error of a write that Kommo took but whose answer does
// not say what was made.
func unusableReply(op string, cause error) error {
	return &Error{
		Code: CodeUnknownOutcome, Op: op, Err: cause, sent: true,
		Message: "the request was taken, but the answer does not name what was made",
	}
}

// Updated is the answer to an update. Name, Deleted and Unsorted come with
// contacts and companies only.
type Updated struct {
	ID         int64      `json:"id"`
	EntityID   int64      `json:"entity_id"` // the record a note hangs on
	Name       string     `json:"name"`
	UpdatedAt  Unix       `json:"updated_at"`
	RequestIDs RequestIDs `json:"request_id"`
	Deleted    bool       `json:"is_deleted"`
	Unsorted   bool       `json:"is_unsorted"`
}

// patchOne updates one record. The answer is a bare object, or the record in
// the envelope of a list; both occur.
func patchOne(ctx context.Context, c *Client, op, path, key string, body any) (Updated, error) {
	var raw json.RawMessage
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPatch, Path: path, Body: body}, &raw); err != nil {
		return Updated{}, err
	}
	out := updatedOne(raw, key)
	if out.ID == 0 {
		return Updated{}, nameless(op)
	}
	return out, nil
}

// nameless is the error of an answer that does not name its record, such as 204 to an
// update or an empty object. An update may have been taken all the same.
func nameless(op string) error {
	return &Error{Code: CodeBadResponse, Op: op, Err: errNoID, sent: true, Message: "Kommo's answer does not name the record"}
}

// getCard is getOne for records whose id tells a real answer from an empty object.
func getCard[T any](ctx context.Context, c *Client, r Request, id func(T) int64) (T, error) {
	out, err := getOne[T](ctx, c, r)
	if err == nil && id(out) == 0 {
		err = nameless(r.Op)
	}
	return out, err
}

// updatedOne reads the answer to the update of one record; without an id where it
// cannot be read.
func updatedOne(raw json.RawMessage, key string) Updated {
	var e envelope
	if unmarshal(raw, &e) == nil {
		if list, err := records[Updated]("", e, key); err == nil && len(list) > 0 {
			return list[0]
		}
	}
	var u Updated
	if unmarshal(raw, &u) != nil {
		return Updated{}
	}
	return u
}

// patchMany updates several records, at most 250; 50 are advised (ChunkSize).
// One bad item fails all.
func patchMany[T any](ctx context.Context, c *Client, op, path, key string, items []T) ([]Updated, error) {
	if len(items) == 0 {
		return nil, emptyRequest(op)
	}
	var e envelope
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPatch, Path: path, Body: items}, &e); err != nil {
		return nil, err
	}
	return records[Updated](op, e, key)
}
