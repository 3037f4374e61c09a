package base_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// writer is the demo account with the tools that write.
type writer struct {
	t   *testing.T
	box *sandbox.Sandbox
	api *kommo.Client

	names *directory.Directory
	tools map[string]registry.Tool
}

// newWriter starts the demo account for its administrator, or another user.
func newWriter(t *testing.T, userID int64, opts ...sandbox.Option) *writer {
	t.Helper()
	a := openAs(t, userID, opts...)
	w := &writer{t: t, box: a.Box, api: a.API, names: a.Names, tools: map[string]registry.Tool{}}
	for _, tool := range []registry.Tool{
		base.CreateLeadWithContact(a.Provider), base.AddNote(a.Provider), base.CreateTask(a.Provider), base.UpdateLead(a.Provider),
		base.MoveLeadStage(a.Provider), base.UpdateContact(a.Provider), base.UpdateTask(a.Provider),
	} {
		w.tools[tool.Name()] = tool
	}
	return w
}

// stageName is what the account calls the stage of a lead.
func (w *writer) stageName(l kommo.Lead) string {
	w.t.Helper()
	names, err := w.names.Snapshot(w.t.Context(), directory.InPipelines)
	w.must(err)
	return names.StageName(l.PipelineID, l.StatusID)
}

// written is an answer of any of the tools.
type written struct {
	ID                        int64
	URL, Due, Stage, Pipeline string
	Created, Found            []crm.Record
	Before, After             map[string]any
	LookedUp                  bool `json:"looked_up"`
	Repeat, Unchanged         bool
	Warnings                  []string
	requests, raw, text       string
}

// refusal is an error answer.
type refusal struct {
	Code, Message, Field, Next string
	Candidates                 []struct {
		ID   int64
		Name string
	}
}

// do runs a tool that must succeed. The answer's requests are what it sent, such
// as "GET POST".
func (w *writer) do(tool, args string) written {
	w.t.Helper()
	out, failed := w.run(tool, args)
	if failed {
		w.t.Fatalf("%s %s: %s", tool, args, out.text)
	}
	if v := w.box.Violations(); len(v) > 0 {
		w.t.Errorf("requests leave Kommo's contract: %s", strings.Join(v, "; "))
	}
	return out
}

// fail runs a tool that must be refused with the code.
func (w *writer) fail(code, tool, args string) (refusal, string) {
	w.t.Helper()
	out, failed := w.run(tool, args)
	if !failed {
		w.t.Fatalf("%s %s was not refused: %s", tool, args, out.text)
	}
	var answer struct{ Error refusal }
	if err := json.Unmarshal([]byte(out.raw), &answer); err != nil {
		w.t.Fatal(err)
	}
	if answer.Error.Code != code {
		w.t.Errorf("%s %s: code %q, want %q: %s", tool, args, answer.Error.Code, code, out.text)
	}
	if answer.Error.Next == "" {
		w.t.Errorf("%s %s: the refusal has no next step: %s", tool, args, out.text)
	}
	return answer.Error, out.requests
}

func (w *writer) run(tool, args string) (out written, failed bool) {
	w.t.Helper()
	before := len(w.box.Arrivals())
	res := w.tools[tool].Call(w.t.Context(), json.RawMessage(args))
	if err := json.Unmarshal(res.Structured, &out); err != nil {
		w.t.Fatalf("%s: %v", res.Text, err)
	}
	var sent []string
	for _, a := range w.box.Arrivals()[before:] {
		sent = append(sent, a.Method)
	}
	out.requests, out.text, out.raw = strings.Join(sent, " "), res.Text, string(res.Structured)
	w.t.Logf("%s %s\n  [%s] %s", tool, args, out.requests, res.Text)
	return out, res.IsError
}

// warm loads what the account calls things, so that requests are counted without.
func (w *writer) warm() *writer {
	w.t.Helper()
	if err := w.names.Refresh(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w
}
