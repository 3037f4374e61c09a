package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// listIn has an argument of every kind that tools use.
type listIn struct {
	Query     string         `json:"query,omitempty" jsonschema:"minLength=1,maxLength=50,example=Lopez" jsonschema_description:"Words to look for in the name"`
	LeadID    int64          `json:"lead_id" jsonschema:"minimum=1,example=42" jsonschema_description:"The number of an existing lead"`
	Limit     int            `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"How many rows, 1 to 100, default 20"`
	Price     *float64       `json:"price,omitempty" jsonschema:"minimum=0" jsonschema_description:"Amount in the account's currency"`
	Open      *bool          `json:"open,omitempty" jsonschema_description:"Only leads that are open"`
	Sort      string         `json:"sort,omitempty" jsonschema:"enum=updated_desc,enum=created_desc,default=updated_desc" jsonschema_description:"updated_desc (default) or created_desc"`
	Tags      []string       `json:"tags,omitempty" jsonschema:"maxItems=3,example=VIP" jsonschema_description:"Only leads with all these tags"`
	Kinds     []string       `json:"kinds,omitempty" jsonschema:"enum=lead,enum=contact" jsonschema_description:"Which kinds: lead, contact"`
	Users     []int64        `json:"users,omitempty" jsonschema_description:"The numbers of responsible users"`
	Fields    map[string]any `json:"fields,omitempty" jsonschema_description:"Custom fields by name, as filter"`
	StartedAt string         `json:"started_at,omitempty" jsonschema:"format=date-time" jsonschema_description:"When it began, with time zone"`
}

type row struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type listOut struct {
	Items      []row  `json:"items"`
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor,omitempty"`
}

func (o listOut) Len() int { return len(o.Items) }

func (o listOut) Keep(n int) any {
	o.Items, o.HasMore, o.NextCursor = o.Items[:n], true, "after"
	return o
}

const listText = "Lists things of the account, the newest first, one page at a time. Use get_thing for the details of one of them."

func listSpec() registry.Spec {
	return registry.Spec{
		Name: "list_things", Title: "List the things", Description: listText, Class: registry.Read,
		Narrow: "query or tags",
	}
}

// echo is a tool that keeps the input it got.
func echo(t *testing.T, got *listIn) registry.Tool {
	t.Helper()
	return registry.Define(listSpec(), func(_ context.Context, in listIn) (listOut, error) {
		*got = in
		return listOut{Items: []row{{1, "one"}}}, nil
	})
}

// failing is a tool of a class that returns err.
func failing(class registry.Class, err error) registry.Tool {
	s := listSpec()
	s.Class = class
	return registry.Define(s, func(context.Context, struct{}) (listOut, error) { return listOut{}, err })
}

type errorAnswer struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	Field      string `json:"field"`
	Candidates []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"candidates"`
	RetryAfter int    `json:"retry_after"`
	Next       string `json:"next"`
}

// errorOf reads structuredContent of a failed call.
func errorOf(t *testing.T, r registry.Result) (e errorAnswer) {
	t.Helper()
	if !r.IsError {
		t.Fatalf("the call succeeded: %s", r.Text)
	}
	doc := map[string]json.RawMessage{}
	if err := errors.Join(json.Unmarshal(r.Structured, &doc), json.Unmarshal(doc["error"], &e)); err != nil {
		t.Fatalf("structured error %s: %v", r.Structured, err)
	}
	return e
}

func TestDefineReflectsSchemas(t *testing.T) {
	var in listIn
	tool := echo(t, &in)
	var input struct {
		Type       string                    `json:"type"`
		Closed     *bool                     `json:"additionalProperties"`
		Required   []string                  `json:"required"`
		Properties map[string]map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(tool.InputSchema(), &input); err != nil {
		t.Fatal(err)
	}
	if input.Type != "object" || input.Closed == nil || *input.Closed || !slices.Equal(input.Required, []string{"lead_id"}) {
		t.Errorf("input schema %s", tool.InputSchema())
	}
	if d := input.Properties["limit"]["default"]; d != float64(20) {
		t.Errorf("default of limit is %v", d)
	}
	for _, noise := range []string{"$schema", "$id", "examples", "$ref"} {
		if strings.Contains(string(tool.InputSchema())+string(tool.OutputSchema()), noise) {
			t.Errorf("the schemas hold %s", noise)
		}
	}
	for _, closed := range []string{`"required"`, `"additionalProperties"`} {
		if strings.Contains(string(tool.OutputSchema()), closed) {
			t.Errorf("the output schema holds %s, so errors do not match it: %s", closed, tool.OutputSchema())
		}
	}
	if !strings.Contains(string(tool.OutputSchema()), `"error":{`) {
		t.Errorf("the output schema does not know errors: %s", tool.OutputSchema())
	}
	if strings.Index(string(tool.InputSchema()), `"query"`) > strings.Index(string(tool.InputSchema()), `"started_at"`) {
		t.Error("the order of the struct is lost")
	}
}

func TestDefineFillsDefaults(t *testing.T) {
	s := failing(registry.Read, nil).Spec()
	if s.Toolset != registry.DefaultToolset || s.Timeout != registry.DefaultTimeout {
		t.Errorf("got toolset %q, time limit %s", s.Toolset, s.Timeout)
	}
}

func TestHintsFollowFromTheClass(t *testing.T) {
	for _, tc := range []struct {
		spec registry.Spec
		want registry.Hints
	}{
		{registry.Spec{Class: registry.Read}, registry.Hints{ReadOnly: true, Idempotent: true}},
		{registry.Spec{Class: registry.Create}, registry.Hints{}},
		{registry.Spec{Class: registry.Create, Destructive: true, Idempotent: true}, registry.Hints{Destructive: true, Idempotent: true}},
		{registry.Spec{Class: registry.Update}, registry.Hints{Destructive: true, Idempotent: true}},
		{registry.Spec{Class: registry.Delete}, registry.Hints{Destructive: true, Idempotent: true}},
		{registry.Spec{Class: registry.Create, OpenWorld: true}, registry.Hints{OpenWorld: true}},
	} {
		if got := tc.spec.Hints(); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.spec.Class, got, tc.want)
		}
	}
}

func TestFindSuggestsTheNearestTool(t *testing.T) {
	tools := []registry.Tool{failing(registry.Read, nil)}
	if got, err := registry.Find(tools, "list_things"); err != nil || got.Name() != "list_things" || got.Title() != "List the things" {
		t.Errorf("got %q, %v", got.Name(), err)
	}
	if _, err := registry.Find(tools, "list_thing"); err == nil || !strings.Contains(err.Error(), `did you mean "list_things"?`) {
		t.Errorf("got %v", err)
	}
}
