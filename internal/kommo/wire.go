package kommo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Unix is a point in time as Kommo writes it, in seconds; 0 means none. It
// takes strings and null too: some answers write numbers as text.
type Unix int64

// Time is the moment in UTC; the zero time for none.
func (u Unix) Time() time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}

// UnixOf is the opposite of Time.
func UnixOf(t time.Time) Unix {
	if t.IsZero() {
		return 0
	}
	return Unix(t.Unix())
}

// UnmarshalJSON reads a number, a number in a string, or null.
func (u *Unix) UnmarshalJSON(raw []byte) error {
	n, err := lenientNumber(raw)
	*u = Unix(n)
	return err
}

// Int is a whole number that Kommo may also write as text, as a float or as
// null, which is 0.
type Int int64

// UnmarshalJSON reads all of these.
func (i *Int) UnmarshalJSON(raw []byte) error {
	n, err := lenientNumber(raw)
	*i = Int(n)
	return err
}

var errNotNumber = errors.New("not a number")

func lenientNumber(raw []byte) (int64, error) {
	text := string(bytes.Trim(raw, `"`))
	if text == "" || text == "null" || text == "false" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errNotNumber
	}
	return int64(f), nil
}

// href is one entry of _links.
type href struct {
	Href string `json:"href"`
}

// envelope is what surrounds the records of an answer.
type envelope struct {
	Page  int  `json:"_page"`
	Total *int `json:"_total_items"`
	Links struct {
		Next *href `json:"next"`
	} `json:"_links"`
	Embedded map[string]json.RawMessage `json:"_embedded"`
}

// records reads the records under a key of _embedded; none if it is missing.
func records[T any](e envelope, key string) ([]T, error) {
	raw, ok := e.Embedded[key]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var out []T
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, &Error{Code: CodeBadResponse, Message: "Kommo's answer has an unexpected form", Err: err, sent: true}
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
// the request it stands for: several where Kommo merged them.
type Created struct {
	ID         int64      `json:"id"`
	EntityID   int64      `json:"entity_id"` // the record a note hangs on
	RequestIDs RequestIDs `json:"request_id"`
}

// RequestIDs is a request_id: text, or a list of texts after leads/complex.
type RequestIDs []string

// UnmarshalJSON reads text, number, list or null.
func (r *RequestIDs) UnmarshalJSON(raw []byte) error {
	*r = nil
	if len(raw) > 0 && raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, item := range list {
			*r = append(*r, string(bytes.Trim(item, `"`)))
		}
		return nil
	}
	if text := string(bytes.Trim(raw, `"`)); text != "null" && text != "" {
		*r = RequestIDs{text}
	}
	return nil
}

// create posts a list and returns what was made, in the order of the request:
// Kommo may answer in another, so items are matched by request_id.
func create[T any](ctx context.Context, c *Client, op, path, key string, items []T) ([]Created, error) {
	var e envelope
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPost, Path: path, Body: items}, &e); err != nil {
		return nil, err
	}
	made, err := records[Created](e, key)
	if err != nil {
		return nil, unusableReply(op, err)
	}
	out := make([]Created, len(items))
	for i, m := range made {
		out[place(m.RequestIDs, i, len(items))] = m
	}
	for _, m := range out {
		if m.ID == 0 {
			return nil, unusableReply(op, errors.New("an id is missing"))
		}
	}
	return out, nil
}

// place finds the item of the request that an answer stands for. All requests
// leave request_id to Kommo, which then numbers the items.
func place(ids RequestIDs, position, count int) int {
	if len(ids) > 0 {
		if n, err := strconv.Atoi(ids[0]); err == nil && n >= 0 && n < count {
			return n
		}
	}
	return min(position, count-1)
}

// unusableReply is the error of a write that Kommo took but whose answer does
// not say what was made.
func unusableReply(op string, cause error) error {
	return &Error{
		Code: CodeUnknownOutcome, Op: op, Err: cause, sent: true,
		Message: "the request was taken, but the answer does not name what was made",
	}
}

// Updated is the answer to an update.
type Updated struct {
	ID        int64 `json:"id"`
	UpdatedAt Unix  `json:"updated_at"`
}

// patchOne updates one record. The answer is a bare object, or the record in
// the envelope of a list; both occur.
func patchOne(ctx context.Context, c *Client, op, path, key string, body any) (Updated, error) {
	var raw json.RawMessage
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPatch, Path: path, Body: body}, &raw); err != nil {
		return Updated{}, err
	}
	var e envelope
	if json.Unmarshal(raw, &e) == nil && e.Embedded[key] != nil {
		if list, err := records[Updated](e, key); err == nil && len(list) > 0 {
			return list[0], nil
		}
	}
	var u Updated
	if len(raw) > 0 && json.Unmarshal(raw, &u) != nil {
		return u, nil // the update was taken; only its echo is unreadable
	}
	return u, nil
}

// patchMany updates several records, at most 250; 50 are advised.
func patchMany[T any](ctx context.Context, c *Client, op, path, key string, items []T) ([]Updated, error) {
	var e envelope
	if _, err := c.Do(ctx, Request{Op: op, Method: http.MethodPatch, Path: path, Body: items}, &e); err != nil {
		return nil, err
	}
	return records[Updated](e, key)
}
