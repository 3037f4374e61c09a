package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/hooks"
)

// settingsRead are the variables that loadConfig asks for, with hooks' platforms as one and
// without what belongs to the system.
func settingsRead() (out []string) {
	_, _ = loadConfig(Flags{Served: true}, func(name string) (string, bool) {
		for _, p := range hooks.All() {
			name = strings.Replace(name, "KOMMO_MCP_HOOK_"+strings.ToUpper(p.Name())+"_", "KOMMO_MCP_HOOK_<PLATFORM>_", 1)
		}
		if strings.HasPrefix(name, "KOMMO_") && !slices.Contains(out, name) {
			out = append(out, name)
		}
		return "", false
	})
	slices.Sort(out)
	return out
}

// TestSettingsAreTold: the help names exactly what is read, and the README's table
// too, where a file in place of a secret goes without saying.
func TestSettingsAreTold(t *testing.T) {
	var told []string
	for _, s := range settings() {
		name, secret := strings.CutSuffix(s.name, " *")
		told = append(told, name)
		if secret {
			told = append(told, name+"_FILE")
		}
	}
	slices.Sort(told)
	if read := settingsRead(); !slices.Equal(told, read) {
		t.Errorf("the help names\n%q\nand read are\n%q", told, read)
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(raw), "\n## Settings\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, s := range settings() {
		if name, _ := strings.CutSuffix(s.name, " *"); !ok || !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the README's table of settings does not tell of %s", name)
		}
	}
}

func TestHelpFitsATerminal(t *testing.T) {
	code, help, stderr := run(t, nil, "", "--help")
	if code != exitOK || !strings.Contains(help, "KOMMO_MCP_TRUSTED_PROXIES") {
		t.Fatalf("%d %s%s", code, help, stderr)
	}
	for line := range strings.Lines(help) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	if _, help, _ = run(t, nil, "", "http", "--help"); strings.Contains(help, "KOMMO_MCP_TRUSTED_PROXIES") {
		t.Error("each command's help lists all settings")
	}
}
