package registry_test

import (
	"context"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// A tool file holds the input, the output, the definition and a short handler, in this order.
type pingIn struct {
	LeadID int64    `json:"lead_id" jsonschema:"minimum=1,example=42" jsonschema_description:"The number of an existing lead, as in its URL"`
	Kind   string   `json:"kind,omitempty" jsonschema:"enum=soft,enum=loud,default=soft" jsonschema_description:"How to ping: soft (default) or loud"`
	Tags   []string `json:"tags,omitempty" jsonschema:"maxItems=5,example=VIP" jsonschema_description:"Tags the lead must have; one value or a list"`
}

type pingOut struct {
	ID  int64  `json:"id"`
	URL string `json:"url"`
	How string `json:"how"`
}

func pingSpec() registry.Spec {
	return registry.Spec{
		Name:  "get_ping",
		Title: "Ping a lead",
		Description: "Tells whether a lead can be reached and how. Use it before a call to check an id that a person gave; " +
			"it changes nothing and costs one request.",
		Class: registry.Read,
	}
}

// GetPing would take the provider of the account's service as its only parameter.
func GetPing() registry.Tool {
	return registry.Define(pingSpec(), func(_ context.Context, in pingIn) (pingOut, error) {
		if in.LeadID == 404 {
			return pingOut{}, problem.Missing("lead_id", "There is no lead 404.", problem.Candidate{ID: 403, Name: "Lopez"})
		}
		return pingOut{ID: in.LeadID, URL: fmt.Sprintf("https://demo.kommo.com/leads/detail/%d", in.LeadID), How: in.Kind}, nil
	})
}

func ExampleDefine() {
	tool := GetPing()
	fmt.Println(registry.Check([]registry.Tool{tool}))
	for _, args := range []string{`{"lead_id":"42"}`, `{"lead_id":404}`, `{"lead":1}`} {
		fmt.Println(tool.Call(context.Background(), []byte(args)).Text)
	}
	// Output:
	// <nil>
	// {"id":42,"url":"https://demo.kommo.com/leads/detail/42","how":"soft"}
	// There is no lead 404.
	// Candidates:
	// - Lopez (id 403)
	// Next: Call again with one of the candidates.
	// Unknown argument "lead": did you mean "lead_id"?
	// Next: Valid arguments: lead_id, kind, tags. Correct this and call again; nothing was done.
}
