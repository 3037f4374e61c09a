package base_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

func TestPostCallSummaryDefinition(t *testing.T) {
	r := newReader(t, 0)
	tool := base.PostCallSummary(r.open)
	t.Logf("%d bytes, output schema %d bytes", tool.Bytes(), len(tool.OutputSchema()))
	if tool.Bytes() > 2800 || len(tool.OutputSchema()) > 1500 {
		t.Error("the definition is over its budget")
	}
	h := tool.Spec().Hints()
	if h.ReadOnly || !h.Destructive || !h.Idempotent || h.OpenWorld {
		t.Errorf("hints %+v", h)
	}
	var schema struct {
		Properties map[string]struct {
			Type string `json:"type"`
		} `json:"properties"`
		Required []string `json:"required"`
	}
	if err := json.Unmarshal(tool.InputSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	want := strings.Fields("action_items agent_name call_id direction duration_seconds fields follow_up_due follow_up_responsible follow_up_text " +
		"lead_id outcome phone pipeline recording_url sentiment several_leads source stage started_at summary tags transcript unknown_caller")
	var got []string
	for name := range schema.Properties {
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || !slices.Equal(schema.Required, []string{"summary"}) {
		t.Errorf("arguments %v, required %v", got, schema.Required)
	}
	var errs []string
	if err := registry.Check([]registry.Tool{tool, base.ReportPipeline(r.open), base.AddNote(r.open), base.SearchLeads(r.open)}); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if strings.HasPrefix(line, "post_call_summary") || strings.HasPrefix(line, "report_pipeline") {
				errs = append(errs, line)
			}
		}
	}
	if len(errs) > 0 {
		t.Error(strings.Join(errs, "\n"))
	}
}

func TestPostCallSummaryAnswers(t *testing.T) {
	r := newReader(t, 0)
	var got crm.CallResult
	res := r.call(base.PostCallSummary, `{"phone":"+34 600 000 144","summary":"Wants a quote.","outcome":"conversation","duration_seconds":"65","action_items":"Send it",
		"follow_up_text":"Send the quote","stage":"Estimate sent","call_id":"t-1"}`, &got)
	t.Log(res.Text)
	if got.Status != crm.CallLogged || got.ID == 0 || got.URL == "" || got.After.Stage != "Estimate sent" {
		t.Errorf("answer: %s", res.Text)
	}
	for _, key := range []string{`"created":[`, `"found":[`, `"written":[`, `"notice":`} {
		if !strings.Contains(res.Text, key) {
			t.Errorf("the answer lacks %s: %s", key, res.Text)
		}
	}
	r.call(base.PostCallSummary, `{"phone":"+34 600 000 144","summary":"Wants a quote.","call_id":"t-1"}`, &got)
	if got.Status != crm.CallRepeat {
		t.Errorf("status %s", got.Status)
	}
	for args, word := range map[string]string{
		`{"phone":"+34600000144"}`: "summary",
		`{"summary":"x"}`:          "phone",
		`{"phone":"+34600000144","summary":"x","direction":"in"}`:         "inbound",
		`{"phone":"+34600000144","summary":"x","stage":"Nowhere"}`:        "Estimate sent",
		`{"phone":"+34600000144","summary":"x","fields":{"Bugdet":1}}`:    "Budget",
		`{"phone":"+34600000144","summary":"x","started_at":"long ago"}`:  "started_at",
		`{"lead_id":4,"summary":"x"}`:                                     "search_leads",
		`{"phone":"+34600000144","summary":"x","follow_up_due":"monday"}`: "follow_up_text",
	} {
		if res := base.PostCallSummary(r.open).Call(t.Context(), json.RawMessage(args)); !res.IsError || !strings.Contains(res.Text+string(res.Structured), word) {
			t.Errorf("%s: %s", args, res.Text)
		}
	}
}

func TestReportPipelineDefinition(t *testing.T) {
	r := newReader(t, 0)
	tool := base.ReportPipeline(r.open)
	t.Logf("%d bytes, output schema %d bytes", tool.Bytes(), len(tool.OutputSchema()))
	if tool.Bytes() > 1300 || len(tool.OutputSchema()) > 2000 {
		t.Error("the definition is over its budget")
	}
}

func TestReportPipelineAnswers(t *testing.T) {
	r := newReader(t, 0)
	var got crm.PipelineReport
	res := r.call(base.ReportPipeline, `{"period":"last_30_days"}`, &got)
	t.Log(res.Text)
	if !got.Complete || got.Pipeline != "Residential solar" || len(got.Stages) == 0 || got.URL == "" {
		t.Errorf("answer: %s", res.Text)
	}
}
