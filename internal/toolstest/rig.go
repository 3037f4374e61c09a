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

	t     *testing.T
	tools []registry.Tool
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
		r.tools = append(r.tools, d(r.Provider))
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

// Call runs a tool. The answer must keep the promises of its schema, and the
// requests Kommo's contract.
func (r *Rig) Call(name, args string) Answer {
	r.t.Helper()
	tool, err := registry.Find(r.tools, name)
	must(r.t, err)
	before := len(r.Box.Arrivals())
	res := tool.Call(r.t.Context(), json.RawMessage(args))
	out := Answer{Text: res.Text, Failed: res.IsError}
	must(r.t, json.Unmarshal(res.Structured, &out.Keys))
	var sent []string
	for _, a := range r.Box.Arrivals()[before:] {
		sent = append(sent, a.Method)
	}
	out.Requests = strings.Join(sent, " ")
	r.t.Logf("%.300s %.300s\n  [%s] %s", name, args, out.Requests, res.Text)
	if err := tool.Verify(res); err != nil {
		r.t.Errorf("%s: %v", name, err)
	}
	if v := r.Box.Violations(); len(v) > 0 {
		r.t.Errorf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	return out
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
// requests run side by side the first refusal ends the rest: "any" counts none.
func (r *Rig) Refused(requests, code, name, args string, words ...string) {
	r.t.Helper()
	out := r.Call(name, args)
	e, _ := out.Keys["error"].(map[string]any)
	if !out.Failed || e["code"] != code {
		r.t.Fatalf("%s %.300s: want a refusal with %s, got %s", name, args, code, out.Text)
	}
	if requests != "any" {
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
	if out.Requests != want {
		r.t.Errorf("%s %.300s sent %q, want %q", name, args, out.Requests, want)
	}
}
