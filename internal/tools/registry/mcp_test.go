package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type addIn struct {
	LeadID int64  `json:"lead_id" jsonschema:"minimum=1" jsonschema_description:"The number of an existing lead"`
	Text   string `json:"text" jsonschema:"minLength=1" jsonschema_description:"What the note shall say"`
}

type addOut struct {
	ID  int64  `json:"id"`
	URL string `json:"url"`
}

// toys are a read tool that echoes and a create tool that fails or panics on demand.
func toys(t *testing.T, in *listIn) []registry.Tool {
	t.Helper()
	add := registry.Define(registry.Spec{
		Name: "add_note", Title: "Add a note", Class: registry.Create,
		Description: "Adds a note to a lead. Use it for what a colleague should read later; it is never sent to the customer.",
	}, func(_ context.Context, in addIn) (addOut, error) {
		switch in.Text {
		case "fail":
			return addOut{}, errors.New("canary")
		case "panic":
			panic("canary")
		}
		return addOut{ID: in.LeadID, URL: "https://demo.kommo.com/leads/detail/1?a=1&b=<2>"}, nil
	})
	return []registry.Tool{echo(t, in), add}
}

// eras gives a client of each protocol era. The SDK validates too, as a cross-check of our schemas.
func eras(t *testing.T) iter.Seq2[string, *client.Client] {
	t.Helper()
	return func(yield func(string, *client.Client) bool) {
		for era, version := range map[string]string{"modern": mcp.LATEST_PROTOCOL_VERSION, "legacy": "2025-11-25"} {
			var in listIn
			s := server.NewMCPServer("test", "1", server.WithToolCapabilities(false), server.WithInputSchemaValidation(), server.WithOutputSchemaValidation())
			registry.Register(s, toys(t, &in))
			c, err := client.NewInProcessClient(s)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			if err := c.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Initialize(t.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: version}}); err != nil {
				t.Fatal(err)
			}
			if !yield(era, c) {
				return
			}
		}
	}
}

func call(t *testing.T, c *client.Client, name string, args any) *mcp.CallToolResult {
	t.Helper()
	r, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: name, Arguments: args}})
	if err != nil {
		t.Fatalf("%s %v became a protocol error: %v", name, args, err)
	}
	return r
}

func text(t *testing.T, r *mcp.CallToolResult) string {
	t.Helper()
	if len(r.Content) != 1 {
		t.Fatalf("%d contents", len(r.Content))
	}
	c, ok := r.Content[0].(mcp.TextContent)
	if !ok {
		t.Fatalf("content is %T", r.Content[0])
	}
	return c.Text
}

func TestToolsAreListedWhole(t *testing.T) {
	for era, c := range eras(t) {
		list, err := c.ListTools(t.Context(), mcp.ListToolsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Tools) != 2 || list.Tools[0].Name != "add_note" || list.Tools[1].Name != "list_things" {
			t.Fatalf("%s: got %v", era, list.Tools)
		}
		add := list.Tools[0]
		no := new(false)
		if d := cmp.Diff(mcp.ToolAnnotation{ReadOnlyHint: no, DestructiveHint: no, IdempotentHint: no, OpenWorldHint: no}, add.Annotations); d != "" {
			t.Error(d)
		}
		if add.Title != "Add a note" || !strings.HasPrefix(add.Description, "Adds a note") {
			t.Errorf("got %+v", add)
		}
		raw, err := json.Marshal(add)
		if err != nil || !strings.Contains(string(raw), `"outputSchema"`) || !strings.Contains(string(raw), `"lead_id"`) {
			t.Errorf("%v: %s", err, raw)
		}
	}
}

func TestACallAnswersTwice(t *testing.T) {
	for era, c := range eras(t) {
		r := call(t, c, "add_note", map[string]any{"lead_id": 5, "text": "hello"})
		structured, err := json.Marshal(r.StructuredContent)
		if err != nil || r.IsError {
			t.Fatal(era, err, text(t, r))
		}
		var a, b any
		if err := errors.Join(json.Unmarshal(structured, &a), json.Unmarshal([]byte(text(t, r)), &b)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, b); d != "" || !strings.HasPrefix(text(t, r), `{"id":5,"url":"https://demo.kommo.com/leads/detail/1?a=1&b=<2>"`) {
			t.Errorf("%s\n%s", d, text(t, r))
		}
	}
}

func TestFailuresAreToolErrors(t *testing.T) {
	for era, c := range eras(t) {
		for _, tc := range []struct {
			args any
			want string
		}{
			{map[string]any{"lead_id": 1, "text": "fail"}, "internal"},
			{map[string]any{"lead_id": 1, "text": "panic"}, "internal"},
		} {
			r := call(t, c, "add_note", tc.args)
			structured, err := json.Marshal(r.StructuredContent)
			if err != nil || !r.IsError || !strings.Contains(string(structured), `"code":"`+tc.want+`"`) {
				t.Errorf("%s: %v: %v %s", era, tc.args, err, structured)
			}
			if strings.Contains(text(t, r)+string(structured), "canary") {
				t.Errorf("internals in %s", text(t, r))
			}
		}
	}
}

func TestAClientOfEachEraIsOfThatEra(t *testing.T) {
	for era, c := range eras(t) {
		if got := c.ProtocolVersion(); (era == "modern") != (got == mcp.LATEST_PROTOCOL_VERSION) {
			t.Errorf("%s client speaks %s", era, got)
		}
	}
}

func TestAnUnknownToolIsAProtocolError(t *testing.T) {
	for era, c := range eras(t) {
		_, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "delete_everything"}})
		if !errors.Is(err, mcp.ErrInvalidParams) {
			t.Errorf("%s: got %v", era, err)
		}
	}
}

// TestArgumentsOfTheWireKeepTheirDigits goes without the SDK's validation, as the server does: it would
// refuse what we take as meant.
func TestArgumentsOfTheWireKeepTheirDigits(t *testing.T) {
	var in listIn
	s := server.NewMCPServer("test", "1", server.WithToolCapabilities(false))
	registry.Register(s, toys(t, &in))
	for _, tc := range []struct{ args, want string }{
		{`{"lead_id":9007199254740993}`, `"items"`},
		{`{"lead_id":"9007199254740993"}`, `"items"`},
		{`[1]`, "one JSON object"},
		{`"text"`, "one JSON object"},
		{`{"lead_id":1,"lead_id":2}`, "given twice"},
	} {
		in = listIn{}
		msg := s.HandleMessage(t.Context(), []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_things","arguments":`+tc.args+`}}`))
		raw, err := json.Marshal(msg)
		if err != nil || !strings.Contains(string(raw), `"result"`) || !strings.Contains(string(raw), strings.ReplaceAll(tc.want, `"`, `\"`)) {
			t.Errorf("%s: %v %s", tc.args, err, raw)
		}
		if strings.Contains(tc.want, "items") && in.LeadID != 9007199254740993 {
			t.Errorf("%s arrived as %d", tc.args, in.LeadID)
		}
	}
}
