package bulk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// forged is the token with one character changed, whichever it was.
func forged(token string) string {
	other := byte('A')
	if token[10] == other {
		other = 'B'
	}
	return token[:10] + string(other) + token[11:]
}

// TestTokensThatDoNotHold: forged, expired, replayed or with other arguments,
// nothing is written.
func TestTokensThatDoNotHold(t *testing.T) {
	o := newOffice(t)
	ids := o.open(2)
	args := list(ids) + `,"add_tags":["Bulk"]`
	preview, _ := o.call("tag_leads", args)
	for name, try := range map[string][2]string{
		"forged":         {args, forged(preview.Confirm)},
		"invented":       {args, "yes"},
		"other leads":    {list(ids[:1]) + `,"add_tags":["Bulk"]`, preview.Confirm},
		"another change": {list(ids) + `,"add_tags":["Other"]`, preview.Confirm},
	} {
		if _, res := o.call("tag_leads", try[0], token(try[1])); !res.IsError || len(o.writes()) != 0 {
			t.Errorf("%s: wrote %v: %s", name, o.writes(), res.Text)
		}
	}
	o.clock.After(10 * time.Minute)
	if _, res := o.call("tag_leads", args, token(preview.Confirm)); !res.IsError || !strings.Contains(res.Text, "expired") || len(o.writes()) != 0 {
		t.Errorf("expired: wrote %v: %s", o.writes(), res.Text)
	}
	preview, _ = o.call("tag_leads", args)
	o.call("tag_leads", args, token(preview.Confirm))
	if _, res := o.call("tag_leads", args, token(preview.Confirm)); !res.IsError {
		t.Errorf("a replay passed: %s", res.Text)
	}
	o.wrote("PATCH /api/v4/leads 2")
}

// person answers with an action.
type person struct {
	action mcp.ElicitationResponseAction
	asked  []string
}

func (p *person) Elicit(_ context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	p.asked = append(p.asked, r.Params.Message)
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: p.action}}, nil
}

func (o *office) connect(version string, p *person) *client.Client {
	o.Helper()
	s := server.NewMCPServer("test", "1", server.WithToolCapabilities(false), server.WithOutputSchemaValidation())
	registry.Register(s, o.tools)
	opts := []client.ClientOption{client.WithElicitationHandler(p)}
	if version != mcp.LATEST_PROTOCOL_VERSION {
		opts = append(opts, client.WithLegacyProtocolOnly()) //nolint:staticcheck // the older era, on purpose
	}
	c := client.NewClient(transport.NewInProcessTransportWithOptions(s, transport.WithElicitationHandler(p)), opts...)
	if err := c.Start(o.Context()); err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { _ = c.Close() })
	if _, err := c.Initialize(o.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: version}}); err != nil {
		o.Fatal(err)
	}
	return c
}

// TestAPersonIsAsked: only consent writes, in both eras.
func TestAPersonIsAsked(t *testing.T) {
	for _, version := range []string{mcp.LATEST_PROTOCOL_VERSION, "2025-11-25"} {
		for _, action := range []mcp.ElicitationResponseAction{
			mcp.ElicitationResponseActionAccept, mcp.ElicitationResponseActionDecline, mcp.ElicitationResponseActionCancel,
		} {
			t.Run(fmt.Sprint(version, " ", action), func(t *testing.T) {
				o := newOffice(t)
				ids := o.open(60)
				p := &person{action: action}
				c := o.connect(version, p)
				var mu sync.Mutex
				var seen []float64
				c.OnNotification(func(n mcp.JSONRPCNotification) {
					mu.Lock()
					defer mu.Unlock()
					if done, ok := n.Params.AdditionalFields["progress"]; ok {
						seen = append(seen, number(done))
					}
				})
				res, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{
					Name: "move_leads", Arguments: map[string]any{"lead_ids": ids, "to_stage": "won"}, Meta: &mcp.Meta{ProgressToken: 1},
				}})
				if err != nil {
					t.Fatal(err)
				}
				if len(p.asked) != 1 || !strings.Contains(p.asked[0], "60 leads") || !strings.Contains(p.asked[0], "stage won") {
					t.Errorf("asked %q", p.asked)
				}
				mu.Lock()
				defer mu.Unlock()
				if action == mcp.ElicitationResponseActionAccept {
					o.wrote("PATCH /api/v4/leads 50", "PATCH /api/v4/leads 10")
					if res.IsError || !slices.Equal(seen, []float64{50, 60}) {
						t.Errorf("progress %v: %v", seen, res.Content)
					}
					return
				}
				o.wrote()
				if !res.IsError || len(seen) != 0 {
					t.Errorf("%v", res.Content)
				}
			})
		}
	}
}

func number(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	default:
		return -1
	}
}

// TestNothingToAsk: a job that would write nothing asks nobody.
func TestNothingToAsk(t *testing.T) {
	o := newOffice(t)
	p := &person{action: mcp.ElicitationResponseActionAccept}
	res, err := o.connect(mcp.LATEST_PROTOCOL_VERSION, p).CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{
		Name: "tag_leads", Arguments: map[string]any{"lead_ids": o.open(1), "remove_tags": []string{"Not There"}},
	}})
	if err != nil || len(p.asked) != 0 {
		t.Fatalf("asked %q, %v", p.asked, err)
	}
	if status := res.StructuredContent.(map[string]any)["status"]; status != crm.BulkNothing {
		t.Errorf("%v", status)
	}
}
