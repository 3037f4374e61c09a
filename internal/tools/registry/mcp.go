package registry

import (
	"context"
	"encoding/json"
	"io/fs"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Register adds the tools to an MCP server. Whatever happens in a call comes back as a tool result: a Go
// error would become a JSON-RPC error, which many hosts keep from the model.
func Register(s *server.MCPServer, tools []Tool) {
	entries := make([]server.ServerTool, len(tools))
	for i, t := range tools {
		entries[i] = server.ServerTool{Tool: t.listed(), Handler: t.handle}
	}
	if len(entries) > 0 {
		s.AddTools(entries...)
	}
}

// listed is the tool as tools/list shows it: with the schemas of its file, where it has one.
func (t Tool) listed() mcp.Tool {
	var file struct {
		Input  json.RawMessage `json:"inputSchema"`
		Output json.RawMessage `json:"outputSchema"`
	}
	if t.written != nil {
		if raw, err := fs.ReadFile(t.written, t.spec.Name+".json"); err == nil && json.Unmarshal(raw, &file) == nil {
			return t.definition(file.Input, file.Output)
		}
	}
	return t.definition(t.InputSchema(), t.OutputSchema())
}

// definition sets all four hints: mcp-go's and the protocol's defaults would make a read tool look destructive.
func (t Tool) definition(input, output json.RawMessage) mcp.Tool {
	d := mcp.NewToolWithRawSchema(t.spec.Name, t.spec.Description, input)
	d.Title = t.spec.Title
	d.RawOutputSchema = output
	h := t.spec.Hints()
	d.Annotations = mcp.ToolAnnotation{
		ReadOnlyHint:    new(h.ReadOnly),
		DestructiveHint: new(h.Destructive),
		IdempotentHint:  new(h.Idempotent),
		OpenWorldHint:   new(h.OpenWorld),
	}
	return d
}

// MarshalJSON is the tool's definition as tools/list shows it, reflected from its structs.
func (t Tool) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.definition(t.InputSchema(), t.OutputSchema()))
}

func (t Tool) handle(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	ctx, flush := withProgress(withPhoneCallID(ctx, r), r)
	if t.confirms {
		ctx = withPerson(ctx, personBehind(ctx, r))
	}
	res := t.Call(ctx, rawArguments(r))
	flush()
	if res.ask != nil {
		return res.ask.asked(), nil
	}
	return &mcp.CallToolResult{
		Content:           []mcp.Content{mcp.NewTextContent(res.Text)},
		StructuredContent: res.Structured,
		IsError:           res.IsError,
	}, nil
}

// rawArguments prefers the bytes of the wire: decoded numbers have lost digits.
func rawArguments(r mcp.CallToolRequest) json.RawMessage {
	switch raw := r.GetRawArguments().(type) {
	case json.RawMessage:
		return raw
	case nil:
		return nil
	default:
		b, err := json.Marshal(raw)
		if err != nil {
			return json.RawMessage(`"unreadable"`) // not an object: refused with an explanation
		}
		return b
	}
}
