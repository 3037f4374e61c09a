package registry_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// human answers every question with the same action and counts them.
type human struct {
	action mcp.ElicitationResponseAction
	asked  []string
}

func (h *human) Elicit(_ context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	h.asked = append(h.asked, r.Params.Message)
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: h.action, Content: map[string]any{}}}, nil
}

// shop is an MCP server with one confirmed tool.
func shop(t *testing.T) (*wiper, *server.MCPServer) {
	t.Helper()
	w := &wiper{}
	s := server.NewMCPServer("test", "1", server.WithToolCapabilities(false), server.WithOutputSchemaValidation())
	registry.Register(s, []registry.Tool{w.tool("set_marks")})
	return w, s
}

func dial(t *testing.T, tr transport.Interface, version string, opts ...client.ClientOption) *client.Client {
	t.Helper()
	if version != mcp.LATEST_PROTOCOL_VERSION {
		opts = append(opts, client.WithLegacyProtocolOnly()) //nolint:staticcheck // the older era, on purpose
	}
	c := client.NewClient(tr, opts...)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Initialize(t.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: version}}); err != nil {
		t.Fatal(err)
	}
	return c
}

var bothEras = []string{mcp.LATEST_PROTOCOL_VERSION, "2025-11-25"}

func TestAPersonDecides(t *testing.T) {
	for _, version := range bothEras {
		for action, want := range map[mcp.ElicitationResponseAction][]int64{
			mcp.ElicitationResponseActionAccept: {1, 2}, mcp.ElicitationResponseActionDecline: nil, mcp.ElicitationResponseActionCancel: nil, "": nil,
		} {
			t.Run(version+" "+string(action), func(t *testing.T) {
				w, s := shop(t)
				h := &human{action: action}
				tr := transport.NewInProcessTransportWithOptions(s, transport.WithElicitationHandler(h))
				c := dial(t, tr, version, client.WithElicitationHandler(h))
				res := call(t, c, "set_marks", map[string]any{"lead_ids": []int{1, 2}})
				if !slices.Equal(w.seen(), want) || !slices.Equal(h.asked, []string{"Mark them?"}) {
					t.Errorf("asked %q, written %v", h.asked, w.seen())
				}
				raw, _ := json.Marshal(res.StructuredContent)
				if res.IsError != (want == nil) || res.IsError && !strings.Contains(string(raw), `"declined"`) {
					t.Errorf("%s", raw)
				}
			})
		}
	}
}

// TestOnlyThoseWhoCanAreAsked: without the capability, and where an answer could
// not find back, the preview carries a token.
func TestOnlyThoseWhoCanAreAsked(t *testing.T) {
	for _, version := range bothEras {
		t.Run(version, func(t *testing.T) {
			w, s := shop(t)
			c := dial(t, transport.NewInProcessTransport(s), version)
			offered(t, w, call(t, c, "set_marks", map[string]any{"lead_ids": []int{1}}))
		})
	}
	t.Run("stateless HTTP of the older era", func(t *testing.T) {
		w, s := shop(t)
		h := &human{action: mcp.ElicitationResponseActionAccept}
		offered(t, w, call(t, dial(t, web(t, s), "2025-11-25", client.WithElicitationHandler(h)), "set_marks", map[string]any{"lead_ids": []int{1}}))
		if len(h.asked) != 0 {
			t.Error("somebody was asked")
		}
	})
	t.Run("stateless HTTP of this era", func(t *testing.T) {
		w, s := shop(t)
		h := &human{action: mcp.ElicitationResponseActionAccept}
		call(t, dial(t, web(t, s), mcp.LATEST_PROTOCOL_VERSION, client.WithElicitationHandler(h)), "set_marks", map[string]any{"lead_ids": []int{1}})
		if !slices.Equal(w.seen(), []int64{1}) || len(h.asked) != 1 {
			t.Errorf("asked %q, written %v", h.asked, w.seen())
		}
	})
}

func offered(t *testing.T, w *wiper, res *mcp.CallToolResult) {
	t.Helper()
	raw, err := json.Marshal(res.StructuredContent)
	if err != nil || res.IsError || !strings.Contains(string(raw), `"confirm_token"`) || len(w.seen()) != 0 {
		t.Errorf("%s, written %v", raw, w.seen())
	}
}

// web serves an MCP server as the product does.
func web(t *testing.T, s *server.MCPServer) transport.Interface {
	t.Helper()
	srv := httptest.NewServer(server.NewStreamableHTTPServer(s, server.WithStateLess(true), server.WithDisableStreaming(true)))
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	tr, err := transport.NewStreamableHTTP(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// raw sends a tools/call of this era as a client may forge it.
func raw(t *testing.T, s *server.MCPServer, args, rest, capabilities string) string {
	t.Helper()
	message := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"set_marks","arguments":%s%s,"_meta":{`+
		`"io.modelcontextprotocol/protocolVersion":%q,"io.modelcontextprotocol/clientCapabilities":%s}}}`, args, rest, mcp.LATEST_PROTOCOL_VERSION, capabilities)
	answer, err := json.Marshal(s.HandleMessage(t.Context(), json.RawMessage(message)))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// answered is what a client adds to a retry.
func answered(state, action string) string {
	return fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirm":{"action":%q,"content":{}}}`, state, action)
}

const (
	canAsk  = `{"elicitation":{}}`
	canNot  = `{}`
	urlOnly = `{"elicitation":{"url":{}}}`
)

func stateOf(t *testing.T, answer string) string {
	t.Helper()
	var doc struct {
		Result struct {
			ResultType   string `json:"resultType"`
			RequestState string `json:"requestState"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(answer), &doc); err != nil || doc.Result.RequestState == "" || doc.Result.ResultType != "input_required" {
		t.Fatalf("%s, %v", answer, err)
	}
	return doc.Result.RequestState
}

func TestForgedConfirmationsWriteNothing(t *testing.T) {
	w, s := shop(t)
	const args = `{"lead_ids":[1,2]}`
	state := stateOf(t, raw(t, s, args, "", canAsk))
	for name, answer := range map[string]string{
		"no state":             raw(t, s, args, answered("", "accept"), canAsk),
		"an invented state":    raw(t, s, args, answered("c29tZXRoaW5n", "accept"), canAsk),
		"a changed state":      raw(t, s, args, answered("A"+state[1:], "accept"), canAsk),
		"other arguments":      raw(t, s, `{"lead_ids":[1,2,3]}`, answered(state, "accept"), canAsk),
		"no capability":        raw(t, s, args, answered(state, "accept"), canNot),
		"addresses only":       raw(t, s, args, answered(state, "accept"), urlOnly),
		"as a token":           raw(t, s, `{"lead_ids":[1,2],"confirm_token":"`+state+`"}`, "", canNot),
		"a state and no words": raw(t, s, args, `,"requestState":"`+state+`"`, canAsk),
	} {
		if len(w.seen()) != 0 {
			t.Fatalf("%s: written %v: %s", name, w.seen(), answer)
		}
	}
	if raw(t, s, args, answered(state, "accept"), canAsk); !slices.Equal(w.seen(), []int64{1, 2}) {
		t.Fatalf("the honest answer wrote %v", w.seen())
	}
	if again := raw(t, s, args, answered(state, "accept"), canAsk); len(w.seen()) != 2 || !strings.Contains(again, "used already") {
		t.Errorf("a repeated answer wrote %v: %s", w.seen(), again)
	}
	state = stateOf(t, raw(t, s, args, "", canAsk))
	raw(t, s, args, answered(state, "decline"), canAsk)
	if late := raw(t, s, args, answered(state, "accept"), canAsk); len(w.seen()) != 2 || !strings.Contains(late, "used already") {
		t.Errorf("an answer after the refusal wrote %v: %s", w.seen(), late)
	}
}

func TestConfirmationExpires(t *testing.T) {
	w := &wiper{}
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s := server.NewMCPServer("test", "1")
	registry.Register(s, registry.Configure([]registry.Tool{w.tool("set_marks")}, registry.Options{Now: func() time.Time { return at }}))
	const args = `{"lead_ids":[1]}`
	state := stateOf(t, raw(t, s, args, "", canAsk))
	at = at.Add(10 * time.Minute)
	if answer := raw(t, s, args, answered(state, "accept"), canAsk); len(w.seen()) != 0 || !strings.Contains(answer, "expired") {
		t.Errorf("written %v: %s", w.seen(), answer)
	}
}

// TestProgressArrives: every report, the last one included, before the answer.
func TestProgressArrives(t *testing.T) {
	for _, version := range bothEras {
		t.Run(version, func(t *testing.T) {
			w, s := shop(t)
			c := dial(t, web(t, s), version)
			var mu sync.Mutex
			var got []string
			c.OnNotification(func(n mcp.JSONRPCNotification) {
				mu.Lock()
				defer mu.Unlock()
				if n.Method == "notifications/progress" {
					f := n.Params.AdditionalFields
					got = append(got, fmt.Sprint(f["progressToken"], " ", f["progress"], "/", f["total"], " ", f["message"]))
				}
			})
			preview := call(t, c, "set_marks", map[string]any{"lead_ids": []int{1, 2}})
			token := preview.StructuredContent.(map[string]any)["confirm_token"]
			req := mcp.CallToolRequest{Params: mcp.CallToolParams{
				Name: "set_marks", Arguments: map[string]any{"lead_ids": []int{1, 2}, "confirm_token": token},
				Meta: &mcp.Meta{ProgressToken: "p7"},
			}}
			if _, err := c.CallTool(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if want := []string{"p7 1/2 marking", "p7 2/2 marking"}; !slices.Equal(got, want) || len(w.seen()) != 2 {
				t.Errorf("got %q", got)
			}
		})
	}
}
