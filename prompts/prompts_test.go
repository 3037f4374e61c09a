package prompts_test

import (
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/prompts"
)

func load(t *testing.T) map[string]prompts.Prompt {
	t.Helper()
	all, err := prompts.All()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]prompts.Prompt{}
	for _, p := range all {
		out[p.Name] = p
	}
	return out
}

func TestEveryPromptIsComplete(t *testing.T) {
	all := load(t)
	for _, name := range []string{"call_wrap_up", "daily_review", "lead_briefing", "new_lead_intake", "pipeline_review"} {
		p, ok := all[name]
		if !ok {
			t.Errorf("prompt %s is missing", name)
			continue
		}
		if p.Title == "" || len(p.Description) < 40 {
			t.Errorf("%s: title %q, description %q", name, p.Title, p.Description)
		}
		args := map[string]string{}
		for _, a := range p.Arguments {
			if len(a.Description) < 15 {
				t.Errorf("%s.%s: description %q", name, a.Name, a.Description)
			}
			args[a.Name] = "VALUE-" + a.Name
		}
		text, err := p.Render(args)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for a := range args {
			if !strings.Contains(text, "VALUE-"+a) {
				t.Errorf("%s: the text never uses %s", name, a)
			}
		}
		if strings.Contains(text, "{{") {
			t.Errorf("%s: a placeholder is left: %s", name, text)
		}
	}
}

func TestRenderSections(t *testing.T) {
	p := load(t)["daily_review"]
	without, err := p.Render(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(without, "attention of me today") {
		t.Errorf("without responsible: %s", without)
	}
	with, err := p.Render(map[string]string{"responsible": "Ana {{x}}"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(with, "attention of Ana {{x}} today") {
		t.Errorf("with responsible: %s", with)
	}
}

func TestRenderRefuses(t *testing.T) {
	p := load(t)["lead_briefing"]
	for name, args := range map[string]map[string]string{
		"lead is missing": {"lead": " "},
		"unknown argument": {
			"lead": "5", "led": "6",
		},
	} {
		_, err := p.Render(args)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v: got %v, want %q", args, err, name)
		}
	}
}
