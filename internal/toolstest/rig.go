package toolstest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// Define makes a tool for the accounts of a provider.
type Define func(crm.Provider) registry.Tool

// Rig is the demo account with some tools.
type Rig struct {
	*Account

	Tools []registry.Tool

	t      *testing.T
	strays bool // requests that were given up may still arrive
}

// New starts the demo account with these tools. What the account calls things is
// known already, so that requests are counted without.
func New(t *testing.T, define ...Define) *Rig {
	t.Helper()
	return With(t, Options{}, define...)
}

// With is New with options.
func With(t *testing.T, o Options, define ...Define) *Rig {
	t.Helper()
	r := &Rig{Account: Open(t, o), t: t}
	for _, d := range define {
		r.Tools = append(r.Tools, d(r.Provider))
	}
	must(t, r.Names.Refresh(t.Context()))
	r.Box.ForgetArrivals()
	return r
}

// Answer is any tool's answer: the keys at its top, and what was sent for it.
type Answer struct {
	Keys     map[string]any
	Text     string
	Requests string // "GET POST"
	Failed   bool
}

// JSON is part of an answer, for comparing.
func (a Answer) JSON(key string) string {
	raw, err := json.Marshal(a.Keys[key])
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// Part walks into an answer by keys; nil where one is not there.
func Part(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// Tool is one of the tools.
func (r *Rig) Tool(name string) registry.Tool {
	r.t.Helper()
	tool, err := registry.Find(r.Tools, name)
	must(r.t, err)
	return tool
}

// Raw runs a tool and returns its answer and what it sent, such as "GET POST". The
// answer must keep the promises of its schema, and the requests Kommo's contract.
func (r *Rig) Raw(name, args string) (registry.Result, string) {
	r.t.Helper()
	tool := r.Tool(name)
	before := len(r.Box.Arrivals())
	res := tool.Call(r.t.Context(), json.RawMessage(args))
	var sent []string
	for _, a := range r.Box.Arrivals()[before:] {
		sent = append(sent, a.Method)
	}
	r.t.Logf("%s %.300s\n  %v %s", name, args, sent, res.Text)
	if err := tool.Verify(res); err != nil {
		r.t.Errorf("%s: the answer does not fit its schema: %v\n%s", name, err, res.Structured)
	}
	if v := r.Box.Violations(); len(v) > 0 {
		r.t.Errorf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	return res, strings.Join(sent, " ")
}

// Call is Raw with the answer taken apart.
func (r *Rig) Call(name, args string) Answer {
	r.t.Helper()
	res, sent := r.Raw(name, args)
	out := Answer{Text: res.Text, Failed: res.IsError, Requests: sent}
	must(r.t, json.Unmarshal(res.Structured, &out.Keys))
	return out
}

// Into runs a tool that must succeed, reads its answer and returns what it sent.
func (r *Rig) Into(name, args string, into any) (sent string) {
	r.t.Helper()
	res, sent := r.Raw(name, args)
	if res.IsError {
		r.t.Fatalf("%s %s: %s", name, args, res.Text)
	}
	must(r.t, json.Unmarshal(res.Structured, into))
	return sent
}

// Refusal is an error answer.
type Refusal struct {
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	Field      string      `json:"field"`
	Next       string      `json:"next"`
	Candidates []Candidate `json:"candidates"`
}

// Candidate is one of what may have been meant.
type Candidate struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Fails runs a tool that must be refused with the code, and say what to do next.
func (r *Rig) Fails(code, name, args string) (Refusal, string) {
	r.t.Helper()
	res, sent := r.Raw(name, args)
	if !res.IsError {
		r.t.Fatalf("%s %s was not refused: %s", name, args, res.Text)
	}
	var answer struct {
		Error Refusal `json:"error"`
	}
	must(r.t, json.Unmarshal(res.Structured, &answer))
	if answer.Error.Code != code || answer.Error.Next == "" {
		r.t.Errorf("%s %s: want code %s and a next step: %s", name, args, code, res.Text)
	}
	return answer.Error, sent
}

// Do runs a tool that must succeed with these requests.
func (r *Rig) Do(requests, name, args string) Answer {
	r.t.Helper()
	out := r.Call(name, args)
	if out.Failed {
		r.t.Fatalf("%s %.300s: %s", name, args, out.Text)
	}
	r.sent(out, requests, name, args)
	return out
}

// Refused runs a tool that must fail with the code, and say the words. Where
// requests run side by side the first refusal ends the rest, which may arrive later
// all the same: "any" counts none, and nothing is counted after it.
func (r *Rig) Refused(requests, code, name, args string, words ...string) {
	r.t.Helper()
	out := r.Call(name, args)
	e, _ := out.Keys["error"].(map[string]any)
	if !out.Failed || e["code"] != code {
		r.t.Fatalf("%s %.300s: want a refusal with %s, got %s", name, args, code, out.Text)
	}
	if requests == "any" {
		r.strays = true
	} else {
		r.sent(out, requests, name, args)
	}
	for _, w := range words {
		if !strings.Contains(out.Text, w) {
			r.t.Errorf("%s %.300s: the refusal does not say %q: %s", name, args, w, out.Text)
		}
	}
}

func (r *Rig) sent(out Answer, want, name, args string) {
	r.t.Helper()
	if r.strays {
		r.t.Fatalf("%s %.300s is counted after requests that may still arrive: do that first", name, args)
	}
	if out.Requests != want {
		r.t.Errorf("%s %.300s sent %q, want %q", name, args, out.Requests, want)
	}
}
