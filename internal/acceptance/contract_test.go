package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

var update = flag.Bool("update", false, "write the golden files anew")

// listed are the tools of a mode, without any account; of the default toolset
// unless others are named.
func listed(t *testing.T, mode registry.Mode, toolsets ...string) []registry.Tool {
	t.Helper()
	all := tools.All(crm.Provider(nil))
	if err := registry.Check(all); err != nil {
		t.Fatal(err)
	}
	chosen, err := registry.Select(all, registry.Choice{Mode: mode, Toolsets: toolsets})
	if err != nil {
		t.Fatal(err)
	}
	return chosen
}

func pretty(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// golden compares with a file, which must exist. go generate writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run go generate ./...", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (- golden, + now); run go generate ./... if it is meant:\n%s", name, diff)
	}
}

// TestGoldenDefinitions covers the opt-in toolsets, too.
func TestGoldenDefinitions(t *testing.T) {
	folder := filepath.Join("..", "tools", "definitions")
	all := tools.All(nil)
	for _, tool := range all {
		golden(t, filepath.Join("..", folder, tool.Name()+".json"), pretty(t, tool))
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != len(all) {
		t.Errorf("%d files in %s for %d tools: %v", len(files), folder, len(all), err)
	}
}

// TestListShowsWhatIsReflected, although it is made of the files.
func TestListShowsWhatIsReflected(t *testing.T) {
	r := newRig(t, rigOptions{mode: registry.ModeFull, toolsets: []string{registry.AllToolsets}})
	type list struct {
		Result struct{ Tools []any }
	}
	var got, want list
	answer, err := json.Marshal(r.mcp.HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)))
	if err != nil {
		t.Fatal(err)
	}
	reflected, err := json.Marshal(map[string]any{"result": map[string]any{"tools": r.tools}})
	if err := errors.Join(err, json.Unmarshal(answer, &got), json.Unmarshal(reflected, &want)); err != nil {
		t.Fatal(err)
	}
	if len(got.Result.Tools) < 90 {
		t.Errorf("only %d tools are listed", len(got.Result.Tools))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the list differs (- reflected, + listed): %s", diff)
	}
}

func TestGoldenLists(t *testing.T) {
	for _, mode := range []registry.Mode{registry.ModeRead, registry.ModeWrite, registry.ModeFull} {
		golden(t, "lists/"+string(mode)+".json", pretty(t, lines(listed(t, mode))))
		golden(t, "lists/all-"+string(mode)+".json", pretty(t, lines(listed(t, mode, registry.AllToolsets))))
	}
}

// line is a tool in a golden list.
type line struct {
	Name    string         `json:"name"`
	Toolset string         `json:"toolset"`
	Class   string         `json:"class"`
	Hints   registry.Hints `json:"hints"`
}

func lines(tools []registry.Tool) []line {
	out := make([]line, 0, len(tools))
	for _, tool := range tools {
		out = append(out, line{tool.Name(), tool.Spec().Toolset, tool.Spec().Class.String(), tool.Spec().Hints()})
	}
	return out
}

const (
	listBudget     = 19_000 // default tools/list without output schemas, bytes
	listBudgetFull = 36_000 // with them
	toolBudget     = 2_000  // one tool's name, description and input schema
	callBudget     = 2_800  // post_call_summary
	mostTools      = 15
)

func TestListBudgets(t *testing.T) {
	list := listed(t, registry.ModeWrite)
	if len(list) != mostTools {
		t.Errorf("%d tools, want %d", len(list), mostTools)
	}
	full, lean := 0, 0
	for _, tool := range list {
		raw, err := json.Marshal(tool)
		if err != nil {
			t.Fatal(err)
		}
		full += len(raw) + 1
		lean += len(raw) + 1 - len(tool.OutputSchema()) - len(`,"outputSchema":`)
		budget := toolBudget
		if tool.Name() == "post_call_summary" {
			budget = callBudget
		}
		own := len(tool.Name()) + len(tool.Spec().Description) + len(tool.InputSchema())
		t.Logf("%-26s %5d bytes of %d, output schema %d", tool.Name(), own, budget, len(tool.OutputSchema()))
		if own > budget {
			t.Errorf("%s takes %d bytes, budget %d", tool.Name(), own, budget)
		}
	}
	t.Logf("default tools/list: %d bytes without output schemas (budget %d), %d with (budget %d)", lean, listBudget, full, listBudgetFull)
	if lean > listBudget || full > listBudgetFull {
		t.Errorf("the list takes %d and %d bytes, budgets %d and %d", lean, full, listBudget, listBudgetFull)
	}
}

type property struct {
	Type        any    `json:"type"`
	Description string `json:"description"`
}

// TestArgumentsAgreeAcrossTools: one spelling, one type and one meaning for an
// argument, wherever it occurs. Those that mean the same in every tool are told in the
// same words; a name is that of what the tool is about.
func TestArgumentsAgreeAcrossTools(t *testing.T) {
	seen, told := map[string]string{}, map[string]string{}
	everywhere := []string{"idempotency_key", "limit", "cursor", "confirm_token", "field", "api_only"}
	for _, tool := range listed(t, registry.ModeFull, registry.AllToolsets) {
		var schema struct {
			Properties map[string]property `json:"properties"`
		}
		if err := json.Unmarshal(tool.InputSchema(), &schema); err != nil {
			t.Fatal(err)
		}
		for name, p := range schema.Properties {
			base, _ := p.Type.(string)
			if base == "array" { // a list of what is single elsewhere has the same base type
				base = "string"
			}
			if before, ok := seen[name]; ok && before != base {
				t.Errorf("%s.%s is %s, elsewhere %s", tool.Name(), name, base, before)
			}
			seen[name] = base
			if before, ok := told[name]; ok && before != p.Description && slices.Contains(everywhere, name) {
				t.Errorf("%s.%s is %q, elsewhere %q", tool.Name(), name, p.Description, before)
			}
			told[name] = p.Description
		}
	}
}

var toolName = regexp.MustCompile(`\b(get|search|list|report|create|add|post|update|move|link|unlink|accept|decline|run|stop|upload|attach|detach|restore|set|delete|tag|assign)_[a-z_]+\b`)

// TestDescriptionsNameToolsThatExist and say when to use another.
func TestDescriptionsNameToolsThatExist(t *testing.T) {
	known, arguments := map[string]bool{}, map[string]bool{}
	all := listed(t, registry.ModeFull, registry.AllToolsets)
	for _, tool := range all {
		known[tool.Name()] = true
		var schema struct {
			Properties map[string]property `json:"properties"`
		}
		if err := json.Unmarshal(tool.InputSchema(), &schema); err != nil {
			t.Fatal(err)
		}
		for name := range schema.Properties {
			arguments[name] = true
		}
	}
	for _, tool := range all {
		for _, named := range toolName.FindAllString(tool.Spec().Description, -1) {
			if !known[named] && !arguments[named] {
				t.Errorf("%s mentions %s, which does not exist", tool.Name(), named)
			}
		}
	}
}

// TestDescriptionsFitTheClass: no read tool leads with a verb of change.
func TestDescriptionsFitTheClass(t *testing.T) {
	for _, tool := range listed(t, registry.ModeFull, registry.AllToolsets) {
		first, _, _ := strings.Cut(tool.Spec().Description, " ")
		changes := regexp.MustCompile(`(?i)^(create|add|update|change|set|move|delete|write|log)s?$`).MatchString(first)
		if tool.Spec().Class == registry.Read && changes {
			t.Errorf("%s reads and begins with %q", tool.Name(), first)
		}
		if n := len(tool.Spec().Description); n < 80 || n > 800 {
			t.Errorf("%s: description of %d characters", tool.Name(), n)
		}
	}
}
