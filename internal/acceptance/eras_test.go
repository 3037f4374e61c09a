package acceptance

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// everyClient runs a test with a client of each era over each transport.
func everyClient(t *testing.T, r *rig, test func(*testing.T, *client.Client)) {
	t.Helper()
	for era := range eras {
		t.Run(era+" over HTTP", func(t *testing.T) { test(t, r.overHTTP(t, era)) })
		t.Run(era+" in process", func(t *testing.T) { test(t, r.inProcess(t, era)) })
	}
}

func listJSON(t *testing.T, c *client.Client) string {
	t.Helper()
	res, err := c.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(res.Tools)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func callTool(t *testing.T, c *client.Client, name string, args map[string]any) *mcp.CallToolResult {
	t.Helper()
	req := mcp.CallToolRequest{}
	req.Params.Name, req.Params.Arguments = name, args
	res, err := c.CallTool(t.Context(), req)
	if err != nil {
		t.Fatalf("%s: a protocol error: %v", name, err)
	}
	return res
}

// TestListIsTheSameForEverybody: on two connections, after calls, in both eras,
// over both transports, and without a request to Kommo.
func TestListIsTheSameForEverybody(t *testing.T) {
	r := newRig(t, rigOptions{})
	first := ""
	everyClient(t, r, func(t *testing.T, c *client.Client) {
		before := listJSON(t, c)
		if first == "" {
			first = before
			if n := len(r.box.Arrivals()); n != 0 {
				t.Errorf("listing made %d requests", n)
			}
		}
		if diff := cmp.Diff(first, before); diff != "" {
			t.Errorf("the list differs: %s", diff)
		}
		callTool(t, c, "search_leads", map[string]any{"limit": 1})
		if listJSON(t, c) != before {
			t.Error("the list changed after a call")
		}
	})
}

// TestContentAndStructureSayTheSame: hosts show the model one or the other.
func TestContentAndStructureSayTheSame(t *testing.T) {
	r := newRig(t, rigOptions{})
	everyClient(t, r, func(t *testing.T, c *client.Client) {
		res := callTool(t, c, "search_leads", map[string]any{"limit": 2})
		text, ok := res.Content[0].(mcp.TextContent)
		if !ok || res.IsError {
			t.Fatalf("%v", res)
		}
		var fromText any
		if err := json.Unmarshal([]byte(text.Text), &fromText); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(res.StructuredContent)
		if err != nil {
			t.Fatal(err)
		}
		var structured any
		if err := json.Unmarshal(raw, &structured); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fromText, structured); diff != "" {
			t.Errorf("text and structure differ: %s", diff)
		}
		bad := callTool(t, c, "get_lead", map[string]any{"lead_id": "nobody"})
		if !bad.IsError {
			t.Error("a bad argument is no error")
		}
	})
}

// TestReadModeCannotWrite: write tools are neither listed nor callable, and
// nothing but GET reaches Kommo from all the rest.
func TestReadModeCannotWrite(t *testing.T) {
	whole := newRig(t, rigOptions{})
	sample := samples(whole.ids(t))
	r := newRig(t, rigOptions{mode: registry.ModeRead})
	c := r.overHTTP(t, "2026-07-28")
	for name, args := range sample {
		req := mcp.CallToolRequest{}
		req.Params.Name, req.Params.Arguments = name, args
		_, err := c.CallTool(t.Context(), req)
		reads := whole.tool(t, name).Spec().Class == registry.Read
		if reads && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !reads && (err == nil || !strings.Contains(err.Error(), "not found")) {
			t.Errorf("%s can be called in read mode: %v", name, err)
		}
	}
	for _, a := range r.box.Arrivals() {
		if a.Method != http.MethodGet {
			t.Errorf("%s %s in read mode", a.Method, a.Path)
		}
	}
}

// TestRequestsKeepToTheContract: no tool sends a query key, a body key or a
// batch that Kommo does not know.
func TestRequestsKeepToTheContract(t *testing.T) {
	r := newRig(t, rigOptions{})
	for name, args := range samples(r.ids(t)) {
		if res := r.raw(t, name, args); res.IsError {
			t.Errorf("%s: %s", name, res.Text)
		}
	}
	for _, v := range r.box.Violations() {
		t.Error(v)
	}
}

// TestWithoutAdminRights: a token of an ordinary user works; names that it may
// not read appear as ids, and get_account says why.
func TestWithoutAdminRights(t *testing.T) {
	admin := newRig(t, rigOptions{})
	ordinary := ordinaryUser(t, admin)
	r := newRig(t, rigOptions{token: func(s *sandbox.Sandbox) string { return s.UserToken(sandbox.DefaultHost, ordinary) }})
	about := r.raw(t, "get_account", nil)
	if about.IsError || !strings.Contains(strings.ToLower(about.Text), "admin") {
		t.Errorf("get_account does not say why users are missing: %s", about.Text)
	}
	if res := r.raw(t, "search_leads", map[string]any{"limit": 3}); res.IsError {
		t.Errorf("search_leads: %s", res.Text)
	}
}

func ordinaryUser(t *testing.T, r *rig) int64 {
	t.Helper()
	account := r.call(t, "get_account", nil)
	users, _ := account["users"].([]any)
	for _, u := range users {
		user, _ := u.(map[string]any)
		rights, _ := json.Marshal(user)
		if id, ok := user["id"].(float64); ok && !strings.Contains(string(rights), "admin") {
			return int64(id)
		}
	}
	t.Fatalf("no ordinary user among %v", users)
	return 0
}

// TestCancelledCallEndsPromptly and leaves nothing behind (goleak).
func TestCancelledCallEndsPromptly(t *testing.T) {
	r := newRig(t, rigOptions{})
	arrived := make(chan struct{}, 1)
	r.box.Inject(sandbox.Fault{Kind: sandbox.FaultHang, Times: -1, Match: func(*http.Request) bool {
		select {
		case arrived <- struct{}{}:
		default:
		}
		return true
	}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan registry.Result, 1)
	tool := r.tool(t, "search_leads")
	go func() { done <- tool.Call(ctx, []byte(`{}`)) }()
	<-arrived
	cancel()
	if res := <-done; !res.IsError {
		t.Errorf("a cancelled call succeeded: %s", res.Text)
	}
}
