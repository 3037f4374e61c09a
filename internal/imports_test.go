// Package internal_test holds the arrows between the rooms.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/kommo-mcp/kommo-mcp/"

// mayImport says which rooms a room may use. Arrows point down only; a room
// that is not listed uses none.
var mayImport = map[string][]string{
	"cmd/kommo-mcp": {
		"internal/server", "internal/tools", "internal/tools/registry", "internal/resources", "internal/crm",
		"internal/directory", "internal/hooks", "internal/kommo", "internal/problem", "internal/sandbox", "internal/store", "internal/auth", "internal/seal",
		"internal/principal", "internal/access", "internal/authserver", "internal/connect", "internal/pages", "internal/audit", "internal/tenant", "internal/redact", "internal/metrics",
	},
	"internal/auth":             {"internal/store", "internal/kommo", "internal/problem", "internal/redact"},
	"internal/kommo":            {"internal/redact"},
	"internal/access":           {"internal/store", "internal/principal", "internal/problem"},
	"internal/authserver":       {"internal/store", "internal/principal", "internal/problem", "internal/connect", "internal/pages", "internal/sanitize", "internal/throttle"},
	"internal/connect":          {"internal/access", "internal/auth", "internal/store", "internal/kommo", "internal/problem", "internal/pages", "internal/principal", "internal/throttle"},
	"internal/tenant":           {"internal/crm", "internal/principal", "internal/problem"},
	"internal/audit":            {"internal/principal"},
	"internal/server":           {"internal/principal", "internal/resources", "internal/tools/registry", "internal/crm", "internal/hooks", "internal/problem"},
	"internal/resources":        {"internal/crm", "internal/directory", "internal/kommo", "internal/problem", "internal/sanitize", "prompts"},
	"internal/tools":            {"internal/tools/api", "internal/tools/base", "internal/tools/bulk", "internal/tools/calls", "internal/tools/contacts", "internal/tools/events", "internal/tools/users", "internal/tools/files", "internal/tools/setup", "internal/tools/webhooks", "internal/tools/incoming", "internal/tools/catalogs", "internal/tools/automation", "internal/tools/registry", "internal/crm"},
	"internal/tools/api":        {"internal/tools/registry", "internal/crm"},
	"internal/tools/calls":      {"internal/tools/registry", "internal/crm"},
	"internal/tools/base":       {"internal/tools/registry", "internal/crm"},
	"internal/tools/files":      {"internal/tools/registry", "internal/crm"},
	"internal/tools/setup":      {"internal/tools/registry", "internal/crm"},
	"internal/tools/webhooks":   {"internal/tools/registry", "internal/crm"},
	"internal/tools/users":      {"internal/tools/registry", "internal/crm"},
	"internal/tools/contacts":   {"internal/tools/registry", "internal/crm"},
	"internal/tools/events":     {"internal/tools/registry", "internal/crm"},
	"internal/tools/incoming":   {"internal/tools/registry", "internal/crm"},
	"internal/tools/bulk":       {"internal/tools/registry", "internal/crm"},
	"internal/tools/catalogs":   {"internal/tools/registry", "internal/crm"},
	"internal/tools/automation": {"internal/tools/registry", "internal/crm"},
	"internal/tools/registry":   {"internal/principal", "internal/audit", "internal/kommo", "internal/problem", "internal/sanitize"},
	"internal/crm":              {"internal/store", "internal/directory", "internal/hooks", "internal/kommo", "internal/problem", "internal/when", "internal/phone"},
	"internal/hooks":            {"internal/phone"},
	"internal/directory":        {"internal/kommo", "internal/problem"},
	"internal/toolstest":        {"internal/tools/registry", "internal/crm", "internal/directory", "internal/kommo", "internal/sandbox", "internal/testclock"}, // for tests
	"internal/canary/cage":      {"internal/canary"},                                                                                                           // for tests
	"internal/fidelity":         {"internal/kommo", "internal/sandbox"},
}

// onlyIn names outside modules that one room has to itself.
var onlyIn = map[string][]string{
	"github.com/mark3labs/mcp-go":         {"internal/tools/registry", "internal/server", "internal/resources", "cmd/kommo-mcp"},
	"github.com/zalando/go-keyring":       {"internal/seal"},
	"github.com/prometheus/client_golang": {"internal/metrics"},
	"github.com/alecthomas/kong":          {"cmd/kommo-mcp"},
	"net/http":                            {"internal/kommo", "internal/auth", "internal/server", "internal/sandbox", "internal/fidelity", "internal/hooks", "internal/metrics", "cmd/kommo-mcp", "internal/authserver", "internal/connect", "internal/pages"},
}

func TestArrowsPointDown(t *testing.T) {
	read := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git") {
			return firstOf(err, filepath.SkipDir)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		read++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), "../"))
		for _, imported := range file.Imports {
			name, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, room, path, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 50 {
		t.Errorf("only %d files were read", read)
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkImport(t *testing.T, room, path, name string) {
	t.Helper()
	if inner, ok := strings.CutPrefix(name, module); ok {
		if !slices.Contains(mayImport[room], inner) {
			t.Errorf("%s may not import %s", path, inner)
		}
		return
	}
	for owned, rooms := range onlyIn {
		if (name == owned || strings.HasPrefix(name, owned+"/")) && !slices.Contains(rooms, room) {
			t.Errorf("%s may not import %s", path, name)
		}
	}
}
