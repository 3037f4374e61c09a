package registry_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// named is a tool with a name, class and toolset.
func named(name string, class registry.Class, toolset string) registry.Tool {
	s := listSpec()
	s.Name, s.Class, s.Toolset = name, class, toolset
	return registry.Define(s, func(context.Context, struct{}) (listOut, error) { return listOut{}, nil })
}

func sample() []registry.Tool {
	return []registry.Tool{
		named("update_lead", registry.Update, ""),
		named("search_leads", registry.Read, "default"),
		named("add_note", registry.Create, "default"),
		named("delete_lead", registry.Delete, "bulk"),
		named("preview_bulk", registry.Read, "bulk"),
		named("list_webhooks", registry.Read, "automation"),
	}
}

func TestSelect(t *testing.T) {
	for _, tc := range []struct {
		name     string
		toolsets []string
		mode     registry.Mode
		want     []string
	}{
		{"nothing said", nil, "", []string{"add_note", "search_leads", "update_lead"}},
		{"empty words", []string{"", " "}, "", []string{"add_note", "search_leads", "update_lead"}},
		{"read", nil, registry.ModeRead, []string{"search_leads"}},
		{"only bulk", []string{"bulk"}, "", []string{"preview_bulk"}},
		{"bulk, full", []string{"Bulk"}, registry.ModeFull, []string{"delete_lead", "preview_bulk"}},
		{"default and bulk", []string{"default", " bulk "}, registry.ModeRead, []string{"preview_bulk", "search_leads"}},
		{"all", []string{"all"}, "FULL", []string{"add_note", "delete_lead", "list_webhooks", "preview_bulk", "search_leads", "update_lead"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tools, err := registry.Select(sample(), registry.Choice{Toolsets: tc.toolsets, Mode: tc.mode})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, tool := range tools {
				got = append(got, tool.Name())
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestSelectNamesWhatIsValid(t *testing.T) {
	_, err := registry.Select(sample(), registry.Choice{Toolsets: []string{"bluk"}})
	if err == nil || !strings.Contains(err.Error(), `unknown toolset "bluk": use default, automation, bulk or all`) {
		t.Errorf("got %v", err)
	}
	_, err = registry.Select(sample(), registry.Choice{Mode: "rw"})
	if err == nil || !strings.Contains(err.Error(), `unknown mode "rw": use read, write or full`) {
		t.Errorf("got %v", err)
	}
}
