package setup

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listPipelinesIn struct {
	Descriptions bool   `json:"descriptions,omitempty" jsonschema_description:"true: also what people are told to do in each stage; a request more for each pipeline."`
	Limit        int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor       string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListPipelines is the tool list_pipelines.
func ListPipelines(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_pipelines", Title: "List pipelines and stages", Class: registry.Read, Toolset: toolset,
		Description: "Lists the account's pipelines with their stages in order: ids, names, kinds (open, incoming, won, lost) and colours, which one is the main pipeline and which takes incoming leads. " +
			"Use it before changing the set-up; get_account tells names of stages too, and report_pipeline counts leads.",
	}, func(ctx context.Context, in listPipelinesIn) (crm.SetupList[crm.PipelineRow], error) {
		s, err := p(ctx)
		if err != nil {
			return crm.SetupList[crm.PipelineRow]{}, err
		}
		return s.ListPipelines(ctx, in.Descriptions, crm.SetupPage{Limit: in.Limit, Cursor: in.Cursor})
	})
}
