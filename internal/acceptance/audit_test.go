package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/audit"
	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/principal"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// trail is the audit log as a test reads it: what came since it last looked.
type trail struct {
	path string
	read int
}

type trailLine struct {
	Who     struct{ Kind, ID string }
	Account string
	Tool    string
	Class   string
	Result  string
	Code    string
	Records []struct {
		Kind          string
		ID            int64
		UID           string
		How           string
		Before, After any
	}
	Before, After any
	Given         map[string]any
}

func newTrail(t *testing.T) (*trail, *audit.Log) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := audit.New(path, audit.WithAccount(func() string { return sandbox.DefaultHost }))
	t.Cleanup(func() { _ = l.Close() })
	return &trail{path: path}, l
}

func (r *trail) next(t *testing.T) (lines []trailLine, raw string) {
	t.Helper()
	text, err := os.ReadFile(r.path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	raw = string(text[r.read:])
	r.read = len(text)
	for line := range strings.Lines(raw) {
		var l trailLine
		if err := json.Unmarshal([]byte(line), &l); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%v: %s", err, line)
		}
		lines = append(lines, l)
	}
	return lines, raw
}

// writes are calls of all tools that write, in an order in which each finds what it
// needs.
func writes(t *testing.T, r *rig, calls []toolCall) []toolCall {
	t.Helper()
	type m = map[string]any
	known := r.ids(t)
	usual := samples(known)
	for _, name := range slices.Sorted(maps.Keys(usual)) {
		calls = append(calls, toolCall{name, usual[name]})
	}
	waiting := r.call(t, "list_incoming_leads", nil)["items"].([]any)
	spare, _ := waiting[1].(m)["uid"].(string)
	element := firstID(t, r.call(t, "list_catalog_elements", m{"query": "panel"}))
	calls = append(
		calls,
		toolCall{"decline_incoming_lead", m{"uid": spare}},
		toolCall{"set_webhook", m{"destination": "https://hooks.example.com/again", "events": []string{"add_lead"}}},
		toolCall{"api_delete", m{"path": "/webhooks", "body": `{"destination":"https://hooks.example.com/again"}`}},
		toolCall{"link_product_to_lead", m{"lead_id": known.lead, "element": element, "quantity": 2}},
	)
	return slices.DeleteFunc(calls, func(c toolCall) bool { return r.tool(t, c.tool).Spec().Class == registry.Read })
}

// without before and after: those of which no state is known.
var stateless = map[string]string{
	"stop_bot":    "Kommo does not say what becomes of it",
	"api_patch":   "a raw request",
	"api_delete":  "a raw request",
	"set_webhook": "new: created tells",
}

// TestEveryWriteIsOnRecord walks all tools that write: one line each, with who,
// account, tool, records and their state before and after, and no text of a customer.
func TestEveryWriteIsOnRecord(t *testing.T) {
	t.Parallel()
	trail, log := newTrail(t)
	r, calls := newWholeRig(t, rigOptions{clock: instantClock{}, audit: log})
	trail.next(t)
	ctx := principal.With(t.Context(), principal.Principal{Kind: principal.Key, ID: "k7", Mode: principal.Full})
	tried := map[string]bool{}
	for _, c := range writes(t, r, calls) {
		spec := r.tool(t, c.tool).Spec()
		raw, err := json.Marshal(c.args)
		if err != nil {
			t.Fatal(err)
		}
		res := r.tool(t, c.tool).Call(ctx, raw)
		var preview struct {
			Token string `json:"confirm_token"`
		}
		if _ = json.Unmarshal(res.Structured, &preview); preview.Token != "" {
			if lines, text := trail.next(t); len(lines) > 0 {
				t.Errorf("%s: a preview is on record: %s", c.tool, text)
			}
			raw, _ = json.Marshal(withArgument(c.args, "confirm_token", preview.Token))
			res = r.tool(t, c.tool).Call(ctx, raw)
		}
		tried[c.tool] = true
		lines, text := trail.next(t)
		if len(lines) != 1 {
			t.Errorf("%s: %d lines: %s", c.tool, len(lines), text)
			continue
		}
		if res.IsError {
			t.Errorf("%s: %s", c.tool, res.Text)
		}
		onRecord(t, spec, lines[0], text)
		if private := privateTexts(spec, c.args); slices.ContainsFunc(append(private, r.token, "confirm_token"), func(p string) bool { return strings.Contains(text, p) }) {
			t.Errorf("%s: one of %q is on record: %s", c.tool, private, text)
		}
	}
	for _, tool := range tools.All(crm.Provider(nil)) {
		if _, excused := map[string]bool{"api_put": true, "link_incoming_lead": true, "retry_pending_call": true}[tool.Name()]; tool.Spec().Class != registry.Read && !tried[tool.Name()] && !excused {
			t.Errorf("%s was not tried", tool.Name())
		}
	}
}

func withArgument(args map[string]any, key string, v any) map[string]any {
	out := maps.Clone(args)
	out[key] = v
	return out
}

// onRecord checks what a line must have.
func onRecord(t *testing.T, s registry.Spec, l trailLine, text string) {
	t.Helper()
	if l.Tool != s.Name || l.Class != s.Class.String() || l.Who.Kind != "key" || l.Who.ID != "k7" || l.Account != sandbox.DefaultHost || l.Result == "" || l.Result == "error" {
		t.Errorf("%s: %s", s.Name, text)
	}
	states := l.Before != nil || l.After != nil
	for _, one := range l.Records {
		if one.Kind == "" || one.ID == 0 && one.UID == "" {
			t.Errorf("%s: a record without kind or id: %s", s.Name, text)
		}
		states = states || one.Before != nil && one.After != nil
	}
	if len(l.Records) == 0 && s.Name != "api_delete" {
		t.Errorf("%s names no record: %s", s.Name, text)
	}
	if _, excused := stateless[s.Name]; !excused && !states && s.Class != registry.Create && l.Result != "unchanged" {
		t.Errorf("%s tells nothing of before and after: %s", s.Name, text)
	}
}

// privateTexts are what a caller wrote, other than the names of what an account is
// set up with.
func privateTexts(s registry.Spec, args map[string]any) (out []string) {
	for key, v := range args {
		switch v := v.(type) {
		case string:
			if settled := s.Toolset == "setup" || s.Toolset == "catalogs" || s.Toolset == "automation"; !settled && !slices.Contains([]string{"stage", "to_stage", "direction", "file_uuid", "uid", "kind", "to_responsible", "category", "destination", "path", "body"}, key) {
				out = append(out, v)
			}
		case map[string]any:
			for _, inner := range v {
				if text, ok := inner.(string); ok {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

// TestRefusedWritesAreOnRecord: by the schema, by the rights of a key, by Kommo, and
// with its answer lost; with the ids that the caller named.
func TestRefusedWritesAreOnRecord(t *testing.T) {
	t.Parallel()
	trail, log := newTrail(t)
	r, calls := newWholeRig(t, rigOptions{clock: instantClock{}, audit: log})
	all := writes(t, r, calls)
	trail.next(t)
	reader := principal.With(t.Context(), principal.Principal{Kind: principal.Key, ID: "reader", Mode: principal.Read})
	for _, c := range firstOfEach(all) {
		raw, err := json.Marshal(c.args)
		if err != nil {
			t.Fatal(err)
		}
		tool := r.tool(t, c.tool)
		for _, try := range []struct {
			code string
			call func() registry.Result
		}{
			{"invalid_argument", func() registry.Result {
				return tool.Call(t.Context(), json.RawMessage(`{"no_such_argument":"Zoe Quartz"}`))
			}},
			{"read_only", func() registry.Result { return tool.Call(reader, raw) }},
			{"", func() registry.Result {
				r.box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403, PathPrefix: "/", Times: -1})
				defer r.box.ClearFaults()
				return tool.Call(t.Context(), raw)
			}},
		} {
			res := try.call()
			lines, text := trail.next(t)
			if !res.IsError || len(lines) != 1 || lines[0].Result != "error" || lines[0].Code == "" || try.code != "" && lines[0].Code != try.code || strings.Contains(text, "Zoe") {
				t.Errorf("%s, %s: %s\n%s", c.tool, try.code, res.Text, text)
				continue
			}
			if id, ok := c.args["lead_id"]; try.code != "invalid_argument" && ok && !strings.Contains(text, fmt.Sprintf(`{"kind":"lead","id":%d`, id)) {
				t.Errorf("%s: %d is not on record: %s", c.tool, id, text)
			}
		}
	}
}
