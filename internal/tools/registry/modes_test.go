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

func TestSelectSingleTools(t *testing.T) {
	for _, tc := range []struct {
		name   string
		choice registry.Choice
		want   string
	}{
		{"only these", registry.Choice{Tools: []string{"Preview_Bulk", " add_note "}}, "add_note preview_bulk"},
		{"beside a toolset", registry.Choice{Toolsets: []string{"default"}, Tools: []string{"list_webhooks"}}, "add_note list_webhooks search_leads update_lead"},
		{"without one", registry.Choice{Exclude: []string{"add_note"}}, "search_leads update_lead"},
		{"without a toolset", registry.Choice{Toolsets: []string{"all"}, Exclude: []string{"bulk", "update_lead"}}, "add_note list_webhooks search_leads"},
		{"named and taken away", registry.Choice{Tools: []string{"add_note", "update_lead"}, Exclude: []string{"add_note"}}, "update_lead"},
		{"a delete tool in mode full", registry.Choice{Tools: []string{"delete_lead"}, Mode: registry.ModeFull}, "delete_lead"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tools, err := registry.Select(sample(), tc.choice)
			var got []string
			for _, tool := range tools {
				got = append(got, tool.Name())
			}
			if err != nil || strings.Join(got, " ") != tc.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestSelectRefusesUnknownTools(t *testing.T) {
	const every = "add_note, delete_lead, list_webhooks, preview_bulk, search_leads, update_lead"
	for _, tc := range []struct {
		choice registry.Choice
		want   string
	}{
		{registry.Choice{Tools: []string{"serch_leads"}}, `unknown tool "serch_leads" (did you mean search_leads?): use ` + every},
		{registry.Choice{Exclude: []string{"bulky_things"}}, `unknown tool "bulky_things": use ` + every + "; or one of the toolsets default, automation, bulk"},
		{registry.Choice{Tools: []string{"delete_lead"}}, "the tool delete_lead is of the class delete, which the mode write leaves out"},
		{registry.Choice{Tools: []string{"x_y"}, Toolsets: []string{"z"}}, `unknown toolset "z"`},
	} {
		if _, err := registry.Select(sample(), tc.choice); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: got %v", tc.choice, err)
		}
	}
}
