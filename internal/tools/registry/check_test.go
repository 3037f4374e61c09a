package registry_test

import (
	"context"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// good is a definition that Check accepts; tests break one thing each.
func good(change func(*registry.Spec)) registry.Tool { return goodWith[struct{}, listOut](change) }

func goodWith[In, Out any](change func(*registry.Spec)) registry.Tool {
	s := listSpec()
	s.Description = strings.ReplaceAll(s.Description, "get_thing", "a card")
	if change != nil {
		change(&s)
	}
	return registry.Define(s, func(context.Context, In) (out Out, err error) { return out, nil })
}

func TestCheckAcceptsAGoodTool(t *testing.T) {
	if err := registry.Check([]registry.Tool{goodWith[listIn, listOut](nil)}); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsWhatIsWrongWithASpec(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*registry.Spec)
		want   string
	}{
		{"camel case", func(s *registry.Spec) { s.Name = "listThings" }, "the name must match"},
		{"one word", func(s *registry.Spec) { s.Name = "list" }, "the name must match"},
		{"long name", func(s *registry.Spec) { s.Name = "list_" + strings.Repeat("x", 36) }, "at most 40"},
		{"verb", func(s *registry.Spec) { s.Name = "frobnicate_things" }, `the verb "frobnicate" is not one of accept, add`},
		{"verb of another class", func(s *registry.Spec) { s.Class = registry.Delete }, `the verb "list" does not fit the class delete`},
		{"no class", func(s *registry.Spec) { s.Class = 0 }, "the class is missing"},
		{"no description", func(s *registry.Spec) { s.Description = "" }, "the description has 0 characters"},
		{"long description", func(s *registry.Spec) { s.Description = strings.Repeat("word ", 200) }, "it needs 80 to 800"},
		{"no title", func(s *registry.Spec) { s.Title = "" }, "the title must be there"},
		{"override", func(s *registry.Spec) { s.Idempotent = true }, "only class Create overrides"},
		{"open world read", func(s *registry.Spec) { s.OpenWorld = true }, "a read tool sends no message"},
		{"read that deletes", func(s *registry.Spec) { s.Description = "Deletes " + s.Description }, "starts with a word of writing"},
		{"silent delete", func(s *registry.Spec) { s.Name, s.Class = "delete_things", registry.Delete }, "must say whether it can be undone"},
		{"slow", func(s *registry.Spec) { s.Timeout = 2 * registry.DefaultTimeout }, "the time limit is over"},
		{"ghost", func(s *registry.Spec) { s.Description += " See search_ghosts." }, "names the tool search_ghosts, which does not exist"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := registry.Check([]registry.Tool{good(tc.change)})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

type (
	noText struct {
		LeadID int64 `json:"lead_id"`
	}
	reworded struct {
		LeadID int64 `json:"lead_id" jsonschema_description:"The id of the lead."`
	}
	enumUnsaid struct {
		Kind string `json:"kind" jsonschema:"enum=lead,enum=contact" jsonschema_description:"Which kind: lead or person"`
	}
	listEnumUnsaid struct {
		Kind []string `json:"kinds" jsonschema:"enum=lead,enum=contact" jsonschema_description:"Which kinds: lead or person"`
	}
	anything struct {
		Value any `json:"value" jsonschema_description:"Whatever you like to give"`
	}
	exclusive struct {
		Price float64 `json:"price" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Amount in the currency"`
	}
	nullable struct {
		Price *float64 `json:"price" jsonschema:"nullable" jsonschema_description:"Amount in the currency"`
	}
	deep struct {
		Items []struct {
			Tags []string `json:"tags"`
		} `json:"items" jsonschema_description:"Things with their tags"`
	}
	badFormat struct {
		Name string `json:"name" jsonschema:"pattern=(" jsonschema_description:"A name with a pattern"`
	}
	leadAsText struct {
		LeadID string `json:"lead_id" jsonschema_description:"Number or name of a lead"`
	}
	withError struct {
		Error string `json:"error"`
	}
	anyOut struct {
		Value any `json:"value"`
	}
)

func TestCheckFindsWhatIsWrongWithASchema(t *testing.T) {
	long := func(s *registry.Spec) { s.Description = strings.Repeat("ü", 800) }
	for _, tc := range []struct {
		name string
		tool registry.Tool
		want string
	}{
		{"no text", goodWith[noText, listOut](nil), "argument lead_id: the description needs at least 15"},
		{"reworded", goodWith[reworded, listOut](nil), "argument lead_id: the description needs at least 15"},
		{"enum unsaid", goodWith[enumUnsaid, listOut](nil), "must name the value contact"},
		{"list enum unsaid", goodWith[listEnumUnsaid, listOut](nil), "must name the value contact"},
		{"any", goodWith[anything, listOut](nil), "\"/value\" has not exactly one type"},
		{"any in the answer", goodWith[struct{}, anyOut](nil), "output schema: \"/value\" is a bare boolean schema"},
		{"exclusive", goodWith[exclusive, listOut](nil), "uses exclusiveMinimum"},
		{"nullable", goodWith[nullable, listOut](nil), "uses oneOf"},
		{"deep", goodWith[deep, listOut](nil), "levels deep, at most 3"},
		{"bad pattern", goodWith[badFormat, listOut](nil), "bad schema"},
		{"heavy", goodWith[listIn, listOut](long), "bytes, at most 2000"},
		{"no struct in", goodWith[[]string, listOut](nil), "the input must be a struct"},
		{"no struct out", goodWith[struct{}, []string](nil), "the output must be a struct"},
		{"error key", goodWith[struct{}, withError](nil), `may not have a key "error"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := registry.Check([]registry.Tool{tc.tool})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestCheckLooksAcrossTools(t *testing.T) {
	twice := registry.Check([]registry.Tool{good(nil), good(nil)})
	if twice == nil || !strings.Contains(twice.Error(), "list_things: the name is taken twice") {
		t.Errorf("got %v", twice)
	}
	other := goodWith[leadAsText, listOut](func(s *registry.Spec) { s.Name = "list_more" })
	types := registry.Check([]registry.Tool{goodWith[listIn, listOut](nil), other})
	if types == nil || !strings.Contains(types.Error(), "argument lead_id is integer in list_things and string in list_more") {
		t.Errorf("got %v", types)
	}
}

func TestTheCallToolMayWeighMore(t *testing.T) {
	tool := func(name string) registry.Tool {
		return goodWith[listIn, listOut](func(s *registry.Spec) {
			s.Name, s.Class, s.Description = name, registry.Create, strings.Repeat("x", 800)
		})
	}
	if err := registry.Check([]registry.Tool{tool("post_call_summary")}); err != nil || tool("post_call_summary").Bytes() <= 2000 {
		t.Errorf("%d bytes: %v", tool("post_call_summary").Bytes(), err)
	}
	if err := registry.Check([]registry.Tool{tool("post_call_summarz")}); err == nil {
		t.Error("another tool may weigh as much")
	}
}
