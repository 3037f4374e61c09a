package registry_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

func TestJSONTextTakesTextAndStructure(t *testing.T) {
	type in struct {
		Body registry.JSONText `json:"body" jsonschema_description:"Anything in JSON."`
	}
	type out struct {
		Body string `json:"body"`
	}
	tool := registry.Define(registry.Spec{Name: "get_body"}, func(_ context.Context, in in) (out, error) {
		return out{string(in.Body)}, nil
	})
	for _, tt := range []struct{ arg, want string }{
		{`"[1,2]"`, `[1,2]`},
		{`[{"id":9007199254740993}]`, `[{"id":9007199254740993}]`},
		{`{"a":{"b":[true,null]}}`, `{"a":{"b":[true,null]}}`},
		{`"plain"`, `plain`},
	} {
		res := tool.Call(t.Context(), json.RawMessage(`{"body":`+tt.arg+`}`))
		var got out
		if err := json.Unmarshal(res.Structured, &got); err != nil || got.Body != tt.want {
			t.Errorf("%s: %q, %v", tt.arg, got.Body, err)
		}
	}
	if s := string(tool.InputSchema()); strings.Contains(s, "contentMediaType") || !strings.Contains(s, `"type":"string"`) {
		t.Errorf("the schema is %s", s)
	}
	if res := tool.Call(t.Context(), json.RawMessage(`{"body":true}`)); !res.IsError {
		t.Error("a boolean was taken for JSON text")
	}
}
