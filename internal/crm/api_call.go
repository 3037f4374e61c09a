package crm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// APICall is a request of Kommo's API v4 as the caller wrote it, for what no
// job here covers.
type APICall struct {
	Method   string
	Path     string // with or without /api/v4 in front; may carry a query
	Query    string // a query string, or a JSON object in PHP's nesting
	Body     string // JSON; empty: none
	Allow404 bool   // a 404 is an answer, not an error
}

// APIAnswer is what Kommo answered. Empty and null values are left out of Body
// and List.
type APIAnswer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    map[string]any    `json:"body,omitempty"`
	List    []map[string]any  `json:"list,omitempty"` // in place of body where Kommo answers a bare list
	Note    string            `json:"note,omitempty"`
}

// The statuses that mean something without a body (Kommo API facts: transport).
const (
	statusAccepted  = 202
	statusNoContent = 204
	statusNotFound  = 404
)

// passedOn are the headers that matter to the caller.
var passedOn = []string{"X-Request-Id", "Retry-After", "Date"}

// CallAPI sends one request and passes the answer on. A write is never sent
// twice; one whose answer is lost is the error outcome_unknown.
func (s *Service) CallAPI(ctx context.Context, c APICall) (APIAnswer, error) {
	r, err := c.request()
	if err != nil {
		return APIAnswer{}, err
	}
	meta, raw, err := s.api.Raw(ctx, r)
	if err != nil {
		return c.failed(err)
	}
	out := APIAnswer{Status: meta.Status, Note: c.note(meta.Status, len(raw))}
	for _, name := range passedOn {
		if v := meta.Header.Get(name); v != "" {
			out.Headers = withHeader(out.Headers, name, v)
		}
	}
	return out, out.read(raw)
}

func (c APICall) request() (kommo.Request, error) {
	path, inPath, err := apiPath(c.Path)
	if err != nil {
		return kommo.Request{}, err
	}
	query, err := apiQuery(c.Query)
	if err != nil {
		return kommo.Request{}, err
	}
	more, err := apiQuery(inPath)
	if err != nil {
		return kommo.Request{}, err
	}
	for key := range more {
		if query.Has(key) {
			return kommo.Request{}, problem.Invalid("query", fmt.Sprintf("The path and query both have %s; nothing was sent.", key)).
				WithNext("Say it in one of them.")
		}
	}
	maps.Copy(query, more)
	r := kommo.Request{Op: "api." + strings.ToLower(c.Method), Method: c.Method, Path: path, Query: query}
	if body := strings.TrimSpace(c.Body); body != "" {
		if r.Body, err = apiBody(body); err != nil {
			return r, err
		}
	}
	return r, nil
}

// apiBody checks the data before it is sent: Kommo answers broken JSON with a
// text that helps nobody.
func apiBody(text string) (json.RawMessage, error) {
	if (text[0] != '{' && text[0] != '[') || !json.Valid([]byte(text)) {
		return nil, problem.Invalid("body", "The body is not a JSON object or list; nothing was sent.").
			WithNext(`Creates and changes of collections take a list, as in [{"name":"Roof job"}]; changes of one record take an object.`)
	}
	return json.RawMessage(text), nil
}

// failed makes a 404 an answer where the caller asked for that, and says whether
// the record is missing or the whole route: some exist in some accounts only.
func (c APICall) failed(err error) (APIAnswer, error) {
	e, ok := errors.AsType[*kommo.Error](err)
	noRoute := ok && e.Code == kommo.CodeMethod
	if noRoute && (!c.Allow404 || e.Status != statusNotFound) {
		return APIAnswer{}, problem.New(problem.Unavailable, fmt.Sprintf("Kommo's API has no %s %s, or not in this account; nothing was done.", c.Method, c.Path)).
			WithField("path").WithNext("Check path and method at https://developers.kommo.com/reference; collections are in the plural, as in /leads/5/notes.").Wrap(err)
	}
	if !ok || !c.Allow404 || e.Status != statusNotFound || !noRoute && e.Code != kommo.CodeNotFound {
		return APIAnswer{}, err
	}
	out := APIAnswer{Status: statusNotFound, Note: "404: Kommo has no such record, or this token may not see it."}
	if noRoute {
		out.Note = fmt.Sprintf("404: Kommo's API has no %s %s, or not in this account; nothing was done.", c.Method, c.Path)
	}
	if e.RequestID != "" {
		out.Headers = withHeader(nil, passedOn[0], e.RequestID)
	}
	return out, nil
}

// note explains an answer without data.
func (c APICall) note(status, size int) string {
	switch {
	case size > 0:
		return ""
	case status == statusNoContent && c.Method == "GET":
		return "204: nothing was found. Kommo answers so for an empty list, and for a lead, contact or company that does not exist."
	case status == statusAccepted:
		return "202: Kommo queued it; the result shows later, and a failure may not show at all."
	default:
		return fmt.Sprintf("%d: done; Kommo answers this without data.", status)
	}
}

func (a *APIAnswer) read(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return fmt.Errorf("reading Kommo's answer: %w", err)
	}
	switch v := pruned(v).(type) {
	case map[string]any:
		a.Body = v
	case []any:
		for _, item := range v {
			m, ok := item.(map[string]any)
			if !ok {
				m = map[string]any{"value": item}
			}
			a.List = append(a.List, m)
		}
	}
	return nil
}

// pruned leaves out what is null or empty, as in all answers here; empty lists
// stay.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			if v[key] = pruned(item); v[key] == nil {
				delete(v, key)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		kept := make([]any, 0, len(v))
		for _, item := range v {
			if item = pruned(item); item != nil {
				kept = append(kept, item)
			}
		}
		return kept
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

func withHeader(h map[string]string, name, value string) map[string]string {
	if h == nil {
		h = map[string]string{}
	}
	h[name] = value
	return h
}
