package base

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type reportPipelineIn struct {
	Pipeline    string `json:"pipeline,omitempty" jsonschema_description:"Pipeline name or id."`
	Period      string `json:"period,omitempty" jsonschema:"example=last_month" jsonschema_description:"2026-11-01..2026-11-15 (both included), one end open, a date, or today, yesterday, this_week, last_week, this_month, last_month, last_30_days."`
	Responsible string `json:"responsible,omitempty" jsonschema_description:"User name, id, or me."`
}

// ReportPipeline is the tool report_pipeline.
func ReportPipeline(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "report_pipeline", Title: "Report on a pipeline", Class: registry.Read,
		Description: "Reports on one pipeline (default: main): open leads by stage now (count, sum, average age, stale: 14 days unchanged); " +
			"moves through each stage in the period (default: this_month) with conversion and average stay; " +
			"won and lost with reasons, beside as much of the period before; figures by user. " +
			"For the leads use search_leads. Reads up to 54 pages; complete and coverage say what was counted.",
	}, func(ctx context.Context, in reportPipelineIn) (crm.PipelineReport, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.PipelineReport{}, err
		}
		return s.PipelineReport(ctx, crm.ReportQuestion{
			Pipeline: in.Pipeline, Period: in.Period, Responsible: in.Responsible, Progress: registry.Progress(ctx),
		})
	})
}
