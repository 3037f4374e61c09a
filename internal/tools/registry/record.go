package registry

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
)

// Recorded is an answer that tells the audit log more than the model: what became of
// each of many records, as a list of audit.Change.
type Recorded interface{ OnRecord() any }

// record puts a call of a tool that writes on record: all ways to call one pass here.
// Where nothing was attempted yet there is nothing to record: a preview, a question
// to a person.
func (t Tool) record(ctx context.Context, args json.RawMessage, res Result) {
	if t.spec.Class == Read || t.opts.Audit == nil || res.ask != nil || previewed(res.Structured) {
		return
	}
	c := audit.Call{
		Tool: t.spec.Name, Class: t.spec.Class.String(), Kind: t.spec.noun(), Args: args, Answer: res.Structured, Failed: res.IsError, Message: res.Text,
	}
	if !res.IsError && res.whole != nil {
		c.Answer = res.whole
	}
	if out, ok := res.out.(Recorded); ok {
		raw, err := encode(out.OnRecord())
		if err != nil { // names, numbers and plain values: cannot happen
			t.logger().ErrorContext(ctx, "the changes of a call cannot be put on record", "tool", t.spec.Name, "error", err)
		}
		c.Changes = raw
	}
	t.opts.Audit.Write(context.WithoutCancel(ctx), c)
}

// noun is the kind of record that a tool is about, where its name says it.
func (s Spec) noun() string {
	if s.Class == Create || s.Toolset == "api" {
		return "" // answers say what they created
	}
	_, noun, _ := strings.Cut(s.Name, "_")
	switch noun {
	case "catalog_field":
		return "custom_field"
	case "catalog_element":
		return "element"
	}
	return noun
}

// Refuse puts a call on record that was refused before it came to its tool.
func (t Tool) Refuse(ctx context.Context, args json.RawMessage) {
	if no := t.refusal(ctx); no != nil {
		t.record(ctx, args, t.failure(no))
	}
}

// recordedError is a failure of which something was written.
type recordedError struct {
	error

	out any
}

func (e recordedError) Unwrap() error { return e.error }

// previewed tells the answer of a confirmed tool that only says what it would do.
func previewed(answer json.RawMessage) bool {
	var head struct {
		Status string `json:"status"`
	}
	return json.Unmarshal(answer, &head) == nil && head.Status == "preview"
}
