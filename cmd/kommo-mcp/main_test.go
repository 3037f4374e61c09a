package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

var update = flag.Bool("update", false, "write generated files anew")

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // as in internal/acceptance
	testscript.Main(m, map[string]func(){"kommo-mcp": main})
}

// TestScripts runs the binary's commands as a user does.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"KOMMO_ACCESS_TOKEN", "KOMMO_API_KEY", "KOMMO_SUBDOMAIN", "KOMMO_BASE_URL"} {
				env.Setenv(name, "")
			}
			return nil
		},
	})
}

// run runs the program in this process.
func run(t *testing.T, env map[string]string, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	a := &app{
		env:    func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		in:     strings.NewReader(stdin),
		out:    &out,
		errOut: &errOut,
	}
	code = a.run(t.Context(), args)
	return code, out.String(), errOut.String()
}

// TestReadmeTable holds the README's tables to the registry.
func TestReadmeTable(t *testing.T) {
	code, table, stderr := run(t, nil, "", "tools", "--markdown")
	if code != exitOK {
		t.Fatal(stderr)
	}
	readmeBlock(t, "tools", table)
	readmeBlock(t, "toolsets", toolsetTable(tools.All(nil)))
}

// toolsetTable is the README's table of the opt-in toolsets. Tools that delete
// are in italics.
func toolsetTable(all []registry.Tool) string {
	var b strings.Builder
	b.WriteString("| toolset | tools |\n|---|---|\n")
	for _, set := range registry.Toolsets(all)[1:] {
		var names []string
		for _, t := range all {
			switch {
			case t.Spec().Toolset != set:
			case t.Spec().Class == registry.Delete:
				names = append(names, "*`"+t.Name()+"`*")
			default:
				names = append(names, "`"+t.Name()+"`")
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", set, strings.Join(names, ", "))
	}
	return b.String()
}

// readmeBlock holds what stands between the marks of a name, or writes it.
func readmeBlock(t *testing.T, name, want string) {
	t.Helper()
	begin, end := "<!-- "+name+":begin (written by go generate ./cmd/kommo-mcp) -->\n", "<!-- "+name+":end -->"
	path := filepath.Join("..", "..", "README.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), begin)
	table, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("the README has no marks around %s", name)
	}
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("the table of %s is out of date; run go generate ./cmd/kommo-mcp\n%s", name, want)
	}
	if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSecretsShowNowhere(t *testing.T) {
	const canary = "canary-7f3a-not-a-token"
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range []map[string]string{
		{"KOMMO_ACCESS_TOKEN": canary},
		{"KOMMO_ACCESS_TOKEN": canary, "KOMMO_SUBDOMAIN": "not a host!"},
		{"KOMMO_API_KEY": canary, "KOMMO_BASE_URL": "http://127.0.0.1:1", "KOMMO_MCP_MAX_RETRIES": "0"},
		{"KOMMO_ACCESS_TOKEN_FILE": file, "KOMMO_BASE_URL": "http://127.0.0.1:1", "KOMMO_MCP_MAX_RETRIES": "0"},
	} {
		for _, args := range [][]string{{"doctor"}, {"call", "get_account"}, {"tools"}} {
			_, stdout, stderr := run(t, env, "", args...)
			if strings.Contains(stdout+stderr, canary) {
				t.Errorf("%v shows the token: %s%s", args, stdout, stderr)
			}
		}
	}
}

// startRequests are what a client sends before it can use the tools.
const startRequests = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{}}
`

// TestStartIsLight holds what BenchmarkStart measures in a figure that no busy
// machine changes: reflecting the schemas of the default tools would take 13,000
// allocations more, compiling them 90,000. The command line takes some 300 for each
// command that there is, and -race some hundreds in all.
func TestStartIsLight(t *testing.T) {
	for _, tc := range []struct {
		toolsets string
		tools    int
		budget   float64
	}{{"default", 15, 14_500}, {"all", 80, 20_000}} {
		env := map[string]string{"HOME": t.TempDir(), "KOMMO_MCP_TOOLSETS": tc.toolsets}
		got := testing.AllocsPerRun(3, func() {
			code, out, stderr := run(t, env, startRequests, "stdio")
			if n := strings.Count(out, `"inputSchema"`); code != exitOK || n < tc.tools {
				t.Errorf("%d tools, want at least %d: %s", n, tc.tools, stderr)
			}
		})
		t.Logf("from the start to the answer of tools/list with the toolset %s: %.0f allocations, budget %.0f", tc.toolsets, got, tc.budget)
		if got > tc.budget {
			t.Errorf("the start with the toolset %s takes %.0f allocations, budget %.0f", tc.toolsets, got, tc.budget)
		}
	}
}

// BenchmarkStart measures a process from its start to the answer of tools/list,
// without any settings, and with all toolsets for comparison. Budget: 50 ms.
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "kommo-mcp")
	if out, err := command(b.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, toolsets := range []string{"default", "all"} {
		b.Run(toolsets, func(b *testing.B) {
			for b.Loop() {
				cmd := command(b.Context(), binary, "stdio", "--toolsets", toolsets)
				cmd.Env = []string{"HOME=" + b.TempDir()}
				cmd.Stdin = strings.NewReader(startRequests)
				out, err := cmd.Output()
				if err != nil || !bytes.Contains(out, []byte(`"search_leads"`)) {
					b.Fatalf("%v: %s", err, out)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/start")
		})
	}
}
