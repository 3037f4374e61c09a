package registry

import (
	"context"
	"encoding/json"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
)

// record puts a call of a tool that writes on record: all ways to call one pass here.
// Where nothing was attempted yet there is nothing to record: a preview, a question
// to a person.
func (t Tool) record(ctx context.Context, args json.RawMessage, res Result) {
	if t.spec.Class == Read || t.opts.Audit == nil || res.ask != nil || previewed(res.Structured) {
		return
	}
	t.opts.Audit.Write(context.WithoutCancel(ctx), audit.Call{
		Tool: t.spec.Name, Class: t.spec.Class.String(), Args: args, Answer: res.Structured, Failed: res.IsError, Message: res.Text,
	})
}

// previewed tells the answer of a confirmed tool that only says what it would do.
func previewed(answer json.RawMessage) bool {
	var head struct {
		Status string `json:"status"`
	}
	return json.Unmarshal(answer, &head) == nil && head.Status == "preview"
}
