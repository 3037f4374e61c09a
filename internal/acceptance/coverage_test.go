package acceptance

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// section is one area of Kommo's API.
type section struct {
	title     string
	endpoints []endpoint
}

// endpoint is a documented operation. Paths are below /api/v4 unless they name
// another API or host ("drive:"); {a|b} stands for an operation each. An operation
// that no tool reaches says why in note.
type endpoint struct {
	method, path string
	tools        string // names, by commas
	note         string
}

// fallback is the tool that reaches what no other does.
var fallback = map[string]string{"GET": "api_get", "POST": "api_post", "PUT": "api_put", "PATCH": "api_patch", "DELETE": "api_delete"}

func (e endpoint) names() []string {
	return strings.FieldsFunc(e.tools, func(r rune) bool { return r == ',' || r == ' ' })
}

func (e endpoint) onlyFallback() bool { return e.tools == fallback[e.method] }

func allEndpoints() []section {
	return slices.Concat(cardEndpoints(), noteEndpoints(), aroundEndpoints(), platformEndpoints())
}

// TestGoldenCoverage writes and checks docs/api-coverage.md.
func TestGoldenCoverage(t *testing.T) {
	golden(t, filepath.Join("..", "..", "..", "docs", "api-coverage.md"), []byte(coverage(allEndpoints(), tools.All(nil))))
}

// coverage renders the table.
func coverage(sections []section, all []registry.Tool) string {
	var named, through, none int
	var body strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&body, "\n## %s\n\n| operation | tool | remark |\n|---|---|---|\n", s.title)
		for _, e := range s.endpoints {
			n := len(spelled(e))
			switch {
			case e.tools == "":
				none += n
			case e.onlyFallback():
				through += n
			default:
				named += n
			}
			fmt.Fprintf(&body, "| `%s %s` | %s | %s |\n", e.method, strings.ReplaceAll(e.path, "|", "\\|"), covered(e), e.note)
		}
	}
	return fmt.Sprintf("# What Kommo's API offers and which tool covers it\n\n"+
		"Written by `go generate ./internal/acceptance` from a table there and the list of tools; a test holds both to the operations that the sandbox serves.\n\n"+
		"%d operations: %d by tools of their own, %d through the toolset `api`, %d by none, with the reason; there are %d tools. "+
		"Paths are below `/api/v4` unless they name another API; `drive:`, `amojo:` and `oauth:` are other hosts. `{a|b}` stands for an operation each.\n",
		named+through+none, named, through, none, len(all)) + body.String()
}

func covered(e endpoint) string {
	if e.tools == "" {
		return "none"
	}
	text := "`" + strings.Join(e.names(), "`, `") + "`"
	if e.onlyFallback() {
		return "through " + text
	}
	return text
}

// TestCoverageIsTrue: the tools exist, reasons are given, and each tool covers
// something.
func TestCoverageIsTrue(t *testing.T) {
	class := map[string]registry.Class{}
	for _, tool := range tools.All(nil) {
		class[tool.Name()] = tool.Spec().Class
	}
	used := map[string]bool{}
	for _, s := range allEndpoints() {
		for _, e := range s.endpoints {
			if e.tools == "" && e.note == "" {
				t.Errorf("%s %s: no tool and no reason", e.method, e.path)
			}
			for _, name := range e.names() {
				used[name] = true
				switch {
				case class[name] == 0:
					t.Errorf("%s %s: there is no tool %s", e.method, e.path, name)
				case strings.HasPrefix(name, "api_") && (!e.onlyFallback() || !strings.HasPrefix(e.path, "/") || strings.HasPrefix(e.path, "/api/")):
					t.Errorf("%s %s cannot be reached through %s", e.method, e.path, name)
				}
			}
			writes := e.method != "GET" && e.tools != "" && !e.onlyFallback()
			if writes && !slices.ContainsFunc(e.names(), func(n string) bool { return class[n] != registry.Read }) {
				t.Errorf("%s %s: a read tool does not write", e.method, e.path)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(class)) {
		local := name == "list_pending_calls" || name == "retry_pending_call" // they look after this server's own outbox
		if !used[name] && !local {
			t.Errorf("the tool %s covers nothing in the table", name)
		}
	}
}

// TestCoverageIsWhole: the table and the sandbox, which were both written from
// the API's documentation, know the same operations.
func TestCoverageIsWhole(t *testing.T) {
	// What the sandbox does not play.
	unserved := regexp.MustCompile(`/continue/|/api/v2/sources/`)
	served, listed := sandbox.Endpoints(), map[string]bool{}
	for _, s := range allEndpoints() {
		for _, e := range s.endpoints {
			for _, line := range spelled(e) {
				if listed[line] {
					t.Errorf("%s is listed twice", line)
				}
				listed[line] = true
				if !slices.Contains(served, line) && !unserved.MatchString(line) {
					t.Errorf("%s is not served by the sandbox", line)
				}
			}
		}
	}
	for _, line := range served {
		if !listed[line] {
			t.Errorf("%s is missing in the table", line)
		}
	}
}

var (
	alternative = regexp.MustCompile(`\{([a-z_]+(?:\|[a-z_]+)+)\}`)
	wildcard    = regexp.MustCompile(`\{[a-z]+\}`)
)

// spelled are the operations of an endpoint as sandbox.Endpoints writes them.
func spelled(e endpoint) []string {
	path := e.path
	if host, rest, ok := strings.Cut(path, ":"); ok && !strings.HasPrefix(host, "/") {
		path = rest
	} else if !strings.HasPrefix(path, "/api/") {
		path = "/api/v4" + path
	}
	paths := []string{path}
	for again := true; again; {
		again = false
		var next []string
		for _, p := range paths {
			at := alternative.FindStringSubmatchIndex(p)
			if at == nil {
				next = append(next, p)
				continue
			}
			again = true
			for word := range strings.SplitSeq(p[at[2]:at[3]], "|") {
				next = append(next, p[:at[0]]+word+p[at[1]:])
			}
		}
		paths = next
	}
	for i, p := range paths {
		paths[i] = e.method + " " + wildcard.ReplaceAllString(p, "{}")
	}
	return paths
}
