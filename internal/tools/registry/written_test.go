package registry_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// TestToolsAreListedFromTheirFiles, and reflected where a file is missing or broken.
func TestToolsAreListedFromTheirFiles(t *testing.T) {
	var in listIn
	listed := func(files fstest.MapFS) string {
		s := server.NewMCPServer("test", "1", server.WithToolCapabilities(false))
		registry.Register(s, registry.Written(toys(t, &in), files))
		raw, err := json.Marshal(s.HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	reflected := listed(nil)
	if got := listed(fstest.MapFS{"add_note.json": {Data: []byte(`{"inputSchema":`)}}); got != reflected {
		t.Errorf("a broken file: %s", got)
	}
	got := listed(fstest.MapFS{"add_note.json": {Data: []byte(`{"inputSchema": {"type": "object", "title": "in"}, "outputSchema": {"type": "object", "title": "out"}}`)}})
	for _, want := range []string{`"inputSchema":{"type":"object","title":"in"}`, `"outputSchema":{"type":"object","title":"out"}`, `"Only leads with all these tags"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(got, "What the note shall say") {
		t.Errorf("add_note is reflected: %s", got)
	}
}

// TestManyFirstCallsAtOnce: the schemas are reflected and compiled once, whoever comes first.
func TestManyFirstCallsAtOnce(t *testing.T) {
	var in listIn
	tool := toys(t, &in)[1]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			res := tool.Call(t.Context(), json.RawMessage(`{"lead_id":1,"text":"x"}`))
			if err := tool.Verify(res); err != nil || res.IsError {
				t.Errorf("%v: %s", err, res.Text)
			}
		})
		all.Go(func() { _ = tool.InputSchema() })
	}
	all.Wait()
}
