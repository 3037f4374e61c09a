package toolstest

import (
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

const (
	shortestDescription = 250
	longestDescription  = 600
	toolBudget          = 2000
)

// CheckDefinitions holds tools to the budgets of their definitions and to a toolset.
func CheckDefinitions(t *testing.T, toolset string, tools []registry.Tool) {
	t.Helper()
	for _, tool := range tools {
		if n := len([]rune(tool.Spec().Description)); n < shortestDescription || n > longestDescription {
			t.Errorf("%s: the description has %d characters", tool.Name(), n)
		}
		if n := tool.Bytes(); n > toolBudget {
			t.Errorf("%s takes %d bytes", tool.Name(), n)
		}
		if tool.Spec().Toolset != toolset {
			t.Errorf("%s is in the toolset %q", tool.Name(), tool.Spec().Toolset)
		}
	}
}
