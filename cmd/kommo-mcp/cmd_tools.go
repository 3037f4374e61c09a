package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type toolsCmd struct {
	common

	JSON     bool `name:"json" help:"Print the definitions as an MCP client sees them." xor:"form"`
	Markdown bool `help:"Print the table of the README." xor:"form"`
}

// Run lists the tools of the chosen toolsets and mode. It needs no token.
func (c *toolsCmd) Run(ctx context.Context, a *app) error {
	p, err := a.wire(ctx, c.flags())
	if err != nil {
		return err
	}
	defer p.close()
	switch {
	case c.JSON:
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"tools": p.tools})
	case c.Markdown:
		_, err = fmt.Fprint(a.out, toolTable(p.tools))
		return err
	default:
		for _, t := range p.tools {
			fmt.Fprintf(a.out, "%-26s %-7s %s\n", t.Name(), t.Spec().Class, firstSentence(t.Spec().Description))
		}
		return nil
	}
}

// toolTable is the README's table of tools.
func toolTable(tools []registry.Tool) string {
	var b strings.Builder
	b.WriteString("| tool | class | what it does |\n|---|---|---|\n")
	for _, t := range tools {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.Name(), t.Spec().Class, strings.ReplaceAll(firstSentence(t.Spec().Description), "|", "\\|"))
	}
	return b.String()
}

func firstSentence(s string) string {
	if i := strings.Index(s, ". "); i >= 0 {
		return s[:i+1]
	}
	return s
}
