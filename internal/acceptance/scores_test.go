package acceptance

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// lowestScore is the least that a definition may have in any dimension.
const lowestScore = 4

// scoreWeights are the weights of the dimensions, in the order of the table.
func scoreWeights() []float64 { return []float64{0.25, 0.20, 0.20, 0.15, 0.10, 0.10} }

// scoreRows reads the rows of the table: the tool and what follows in its columns.
func scoreRows(t *testing.T) (names []string, columns map[string][]string) {
	t.Helper()
	raw, err := os.ReadFile("../../docs/tool-scores.md")
	if err != nil {
		t.Fatal(err)
	}
	columns = map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		name, isTool := strings.CutPrefix(cells[0], "`")
		if name, isTool = strings.TrimSuffix(name, "`"), isTool && strings.HasPrefix(line, "|"); isTool {
			names, columns[name] = append(names, name), cells[1:]
		}
	}
	return names, columns
}

// TestToolScores holds the table of scores to the tools: every default tool has a
// row, the order is that of the registry, no score is under the floor, and the sum
// is that of its parts.
func TestToolScores(t *testing.T) {
	names, columns := scoreRows(t)
	var known, without []string
	for _, tool := range tools.All(crm.Provider(nil)) {
		known = append(known, tool.Name())
		if !slices.Contains(names, tool.Name()) {
			without = append(without, tool.Name())
		}
	}
	for _, tool := range listed(t, registry.ModeWrite) {
		if slices.Contains(without, tool.Name()) {
			t.Errorf("the default tool %s has no row", tool.Name())
		}
	}
	t.Logf("%d tools scored, without a row: %q", len(names), without)
	inOrder := slices.DeleteFunc(slices.Clone(known), func(name string) bool { return !slices.Contains(names, name) })
	if !slices.Equal(names, inOrder) {
		t.Errorf("rows\n%q\nwant the order of the registry, each tool once\n%q", names, inOrder)
	}
	for name, cells := range columns {
		checkScores(t, name, cells)
	}
}

func checkScores(t *testing.T, name string, cells []string) {
	t.Helper()
	weights := scoreWeights()
	if len(cells) != len(weights)+2 || cells[len(cells)-1] == "" {
		t.Errorf("%s: columns %q", name, cells)
		return
	}
	sum := 0.0
	for i, weight := range weights {
		score, err := strconv.Atoi(cells[i])
		if err != nil || score < lowestScore || score > 5 {
			t.Errorf("%s: score %q", name, cells[i])
		}
		sum += weight * float64(score)
	}
	if total, err := strconv.ParseFloat(cells[len(weights)], 64); err != nil || math.Abs(total-sum) > 0.005 {
		t.Errorf("%s: TDQS %s, want %.2f", name, cells[len(weights)], sum)
	}
}
