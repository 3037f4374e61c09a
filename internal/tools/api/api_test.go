package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/api"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
	"github.com/kommo-mcp/kommo-mcp/internal/toolstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type rig struct {
	*testing.T

	box   *sandbox.Sandbox
	tools []registry.Tool
}

func newRig(t *testing.T) *rig {
	t.Helper()
	a := toolstest.Open(t, toolstest.Options{Retries: 3})
	p := a.Provider
	return &rig{T: t, box: a.Box, tools: []registry.Tool{api.Get(p), api.Post(p), api.Put(p), api.Patch(p), api.Delete(p)}}
}

func (r *rig) call(name, args string) (registry.Result, crm.APIAnswer) {
	r.Helper()
	tool, err := registry.Find(r.tools, name)
	if err != nil {
		r.Fatal(err)
	}
	res := tool.Call(r.Context(), json.RawMessage(args))
	if err := tool.Verify(res); err != nil {
		r.Errorf("%s %s: %v", name, args, err)
	}
	var out crm.APIAnswer
	if err := json.Unmarshal(res.Structured, &out); err != nil {
		r.Fatal(err)
	}
	return res, out
}

// sent are the requests of a call: "GET /api/v4/leads?limit=1".
func (r *rig) sent(name, args string) (registry.Result, crm.APIAnswer, []string) {
	r.Helper()
	before := len(r.box.Arrivals())
	res, out := r.call(name, args)
	var sent []string
	for _, a := range r.box.Arrivals()[before:] {
		line := a.Method + " " + a.Path
		if a.Query != "" {
			line += "?" + a.Query
		}
		sent = append(sent, line)
	}
	return res, out, sent
}

func TestPathsAndQueries(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct{ args, want string }{
		{`{"path":"leads","query":"limit=1"}`, "GET /api/v4/leads?limit=1"},
		{`{"path":"/api/v4/leads?limit=1"}`, "GET /api/v4/leads?limit=1"},
		{`{"path":"api/v4/leads/","query":{"limit":1}}`, "GET /api/v4/leads?limit=1"},
		{
			`{"path":"/leads","query":"{\"filter\":{\"statuses\":[{\"pipeline_id\":1,\"status_id\":142}]}}"}`,
			"GET /api/v4/leads?filter%5Bstatuses%5D%5B0%5D%5Bpipeline_id%5D=1&filter%5Bstatuses%5D%5B0%5D%5Bstatus_id%5D=142",
		},
		{`{"path":"/leads","query":{"with":["contacts","loss_reason"],"limit":2}}`, "GET /api/v4/leads?limit=2&with=contacts%2Closs_reason"},
		{`{"path":"/tasks","query":{"filter":{"is_completed":false,"id":null}}}`, "GET /api/v4/tasks?filter%5Bis_completed%5D=0"},
	} {
		res, out, sent := r.sent("api_get", tt.args)
		if res.IsError || !slices.Equal(sent, []string{tt.want}) {
			t.Errorf("%s: sent %v: %s", tt.args, sent, res.Text)
		}
		if out.Status != 200 && out.Status != 204 || out.Headers["X-Request-Id"] == "" {
			t.Errorf("%s: %s", tt.args, res.Text)
		}
	}
	if v := r.box.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

func TestNothingLeavesTheAPI(t *testing.T) {
	r := newRig(t)
	for _, args := range []string{
		`{"path":"https://evil.example/api/v4/leads"}`, `{"path":"//evil.example/leads"}`, `{"path":"../oauth2/access_token"}`,
		`{"path":"/api/v4/../../oauth2/access_token"}`, `{"path":"/leads/%2e%2e/users"}`, `{"path":"/leads/./5"}`, `{"path":"/leads//5"}`,
		`{"path":"/leads\\5"}`, `{"path":"/leads#5"}`, `{"path":"/leads\r\nX: y"}`, `{"path":"/api/v2/salesbot/run"}`,
		`{"path":"/oauth2/access_token"}`, `{"path":"/ajax/leads"}`, `{"path":"/"}`, `{"path":"/api/v4"}`, `{"path":"  "}`,
		`{"path":"/leads?limit=1","query":"limit=2"}`, `{"path":"/leads","query":"just words"}`, `{"path":"/leads","query":"{\"limit\""}`,
	} {
		res, _, sent := r.sent("api_get", args)
		if !res.IsError || len(sent) != 0 || !strings.Contains(res.Text, "nothing was sent") {
			t.Errorf("%s: sent %v: %s", args, sent, res.Text)
		}
	}
}

func TestAnswersWithoutData(t *testing.T) {
	r := newRig(t)
	if res, out := r.call("api_get", `{"path":"/leads/1"}`); res.IsError || out.Status != 204 || !strings.Contains(out.Note, "nothing was found") {
		t.Error(res.Text)
	}
	if res, _ := r.call("api_get", `{"path":"/leads/loss_reasons/1"}`); !res.IsError || !strings.Contains(string(res.Structured), `"not_found"`) {
		t.Error(res.Text)
	}
	if res, out := r.call("api_get", `{"path":"/leads/loss_reasons/1","allow_404":true}`); res.IsError || out.Status != 404 || out.Note == "" {
		t.Error(res.Text)
	}
	if res, _ := r.call("api_get", `{"path":"/no/such/route"}`); !res.IsError || !strings.Contains(res.Text, "Check path and method") {
		t.Error(res.Text)
	}
	if res, out := r.call("api_get", `{"path":"/no/such/route","allow_404":true}`); res.IsError || out.Status != 404 || !strings.Contains(out.Note, "has no GET /no/such/route") {
		t.Errorf("a route that does not exist passes for a missing record, or for an error: %s", res.Text)
	}
}

func TestWritesInAllForms(t *testing.T) {
	r := newRig(t)
	made := func(args string) int64 {
		t.Helper()
		res, out := r.call("api_post", args)
		if res.IsError {
			t.Fatal(res.Text)
		}
		leads, _ := out.Body["_embedded"].(map[string]any)["leads"].([]any)
		id, _ := leads[0].(map[string]any)["id"].(float64)
		return int64(id)
	}
	id := made(`{"path":"/leads","body":[{"name":"As a list","price":5}]}`)
	made(`{"path":"/leads","body":"[{\"name\":\"As text\"}]"}`)
	path, _ := json.Marshal(map[string]any{"path": "/leads/" + itoa(id), "body": map[string]any{"price": 7}})
	if res, _ := r.call("api_patch", string(path)); res.IsError {
		t.Error(res.Text)
	}
	if _, out := r.call("api_get", `{"path":"/leads/`+itoa(id)+`"}`); out.Body["price"] != float64(7) || out.Body["name"] != "As a list" {
		t.Errorf("%v", out.Body)
	}
	res, out := r.call("api_post", `{"path":"/leads/complex","body":[{"name":"Bare list"}]}`)
	if res.IsError || len(out.List) != 1 || out.List[0]["id"] == nil {
		t.Errorf("a bare list is lost: %s", res.Text)
	}
	if res, _, sent := r.sent("api_post", `{"path":"/leads","body":"[{\"name\":"}`); !res.IsError || len(sent) != 0 {
		t.Errorf("broken JSON was sent: %v %s", sent, res.Text)
	}
	if res, _, sent := r.sent("api_delete", `{"path":"/leads/`+itoa(id)+`"}`); !res.IsError || len(sent) != 1 {
		t.Errorf("%v %s", sent, res.Text)
	}
}

func itoa(n int64) string { raw, _ := json.Marshal(n); return string(raw) }

// TestNoWriteIsSentTwice: whatever happens to its answer.
func TestNoWriteIsSentTwice(t *testing.T) {
	for name, args := range map[string]string{
		"api_post":   `{"path":"/leads","body":[{"name":"Once"}]}`,
		"api_put":    `{"path":"/leads/1/files","body":[{"file_uuid":"a"}]}`,
		"api_patch":  `{"path":"/leads","body":[{"id":1,"price":5}]}`,
		"api_delete": `{"path":"/webhooks","body":{"destination":"https://example.com"}}`,
	} {
		r := newRig(t)
		r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: http.StatusBadGateway, Times: -1})
		res, _, sent := r.sent(name, args)
		if !res.IsError || len(sent) != 1 || !strings.Contains(string(res.Structured), `"outcome_unknown"`) || !strings.Contains(res.Text, "Do not repeat") {
			t.Errorf("%s: sent %v: %s", name, sent, res.Text)
		}
	}
}

func TestModes(t *testing.T) {
	r := newRig(t)
	for mode, want := range map[registry.Mode]int{registry.ModeRead: 1, registry.ModeWrite: 4, registry.ModeFull: 5} {
		chosen, err := registry.Select(r.tools, registry.Choice{Toolsets: []string{"api"}, Mode: mode})
		if err != nil || len(chosen) != want {
			t.Errorf("%s: %d tools, %v", mode, len(chosen), err)
		}
	}
}
