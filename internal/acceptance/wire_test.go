package acceptance

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// shown is a tool as a client gets it, before any SDK has filled in what is missing.
type shown struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Input       map[string]any  `json:"inputSchema"`
	Output      map[string]any  `json:"outputSchema"`
	Hints       map[string]bool `json:"annotations"`
}

// allShown is the list of all tools, off the wire.
func allShown(t *testing.T) []shown {
	t.Helper()
	r := newRig(t, rigOptions{mode: registry.ModeFull, toolsets: []string{registry.AllToolsets}})
	raw, err := json.Marshal(r.mcp.HandleMessage(t.Context(), json.RawMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Result struct {
			Tools []shown `json:"tools"`
		} `json:"result"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Result.Tools) < 90 {
		t.Fatalf("%d tools: %v", len(answer.Result.Tools), err)
	}
	return answer.Result.Tools
}

// TestHintsAreWhole: hosts take what is missing for true, and a read tool that may
// destroy or a hint against the name would be asked about, or not.
func TestHintsAreWhole(t *testing.T) {
	reads := []string{"get", "list", "search", "report", "preview", "download"}
	for _, tool := range allShown(t) {
		if got := slices.Sorted(maps.Keys(tool.Hints)); !slices.Equal(got, []string{"destructiveHint", "idempotentHint", "openWorldHint", "readOnlyHint"}) {
			t.Errorf("%s has the hints %v", tool.Name, got)
		}
		verb, _, _ := strings.Cut(tool.Name, "_")
		reading := slices.Contains(reads, verb) || tool.Name == "api_get"
		if tool.Hints["readOnlyHint"] != reading || reading && tool.Hints["destructiveHint"] {
			t.Errorf("%s: %v", tool.Name, tool.Hints)
		}
		if strings.HasPrefix(tool.Name, "delete_") && !tool.Hints["destructiveHint"] {
			t.Errorf("%s does not say that it destroys", tool.Name)
		}
	}
}

// TestNamesAreVerbAndNoun, short enough for every host and each one's own.
func TestNamesAreVerbAndNoun(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)+$`)
	seen := map[string]bool{}
	for _, tool := range allShown(t) {
		if !form.MatchString(tool.Name) || len(tool.Name) > 40 || seen[tool.Name] {
			t.Errorf("the name %q is malformed, too long or taken twice", tool.Name)
		}
		if tool.Title == "" || tool.Title == tool.Name || tool.Description == tool.Name {
			t.Errorf("%s: title %q", tool.Name, tool.Title)
		}
		seen[tool.Name] = true
	}
}

// TestSchemasAreReadByEveryHost: objects of one type each, closed where arguments
// are meant, without references and combinators, described, not deep.
func TestSchemasAreReadByEveryHost(t *testing.T) {
	for _, tool := range allShown(t) {
		if tool.Input["type"] != "object" || tool.Input["additionalProperties"] != false {
			t.Errorf("%s: the input is no closed object: %v", tool.Name, tool.Input)
		}
		for name, problem := range schemaProblems("", tool.Input, 3) {
			t.Errorf("%s: input %s %s", tool.Name, name, problem)
		}
		props, _ := tool.Input["properties"].(map[string]any)
		for name, p := range props {
			if text, _ := p.(map[string]any)["description"].(string); len(text) < 15 {
				t.Errorf("%s.%s is described as %q", tool.Name, name, text)
			}
		}
		if results, _ := tool.Output["properties"].(map[string]any); tool.Output["type"] != "object" || len(results) < 2 {
			t.Errorf("%s: the output is %v", tool.Name, tool.Output)
		}
		for name, problem := range schemaProblems("", tool.Output, 12) {
			t.Errorf("%s: output %s %s", tool.Name, name, problem)
		}
	}
}

// schemaProblems finds what some host drops, truncates or throws on, by path.
func schemaProblems(path string, s any, levels int) map[string]string {
	node, ok := s.(map[string]any)
	if !ok {
		return map[string]string{path: "is a bare boolean or no schema"}
	}
	found := map[string]string{}
	if levels == 0 {
		found[path] = "lies too deep"
	}
	if _, one := node["type"].(string); !one {
		found[path+"/type"] = "is not one type"
	}
	for _, word := range []string{"$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "exclusiveMinimum", "exclusiveMaximum"} {
		if node[word] != nil {
			found[path+"/"+word] = "is read by some hosts only"
		}
	}
	kids := map[string]any{}
	if props, ok := node["properties"].(map[string]any); ok {
		maps.Copy(kids, props)
	}
	if items := node["items"]; items != nil {
		kids["[]"] = items
	}
	for name, kid := range kids {
		maps.Copy(found, schemaProblems(path+"/"+name, kid, levels-1))
	}
	return found
}
