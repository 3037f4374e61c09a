package registry

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/sanitize"
)

// person is who stands behind a client: whether they can be asked, and what they answered.
type person struct {
	present bool
	action  string // "" as long as there is no answer
	state   string // what came back with it; anybody could have written it
}

const (
	accepted   = string(mcp.ElicitationResponseActionAccept)
	questionID = "confirm"
)

type personKey struct{}

func withPerson(ctx context.Context, p person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

func personOf(ctx context.Context) person {
	p, _ := ctx.Value(personKey{}).(person)
	return p
}

// personBehind reads what a request says. Without the capability an answer counts for nothing: nobody was
// asked.
func personBehind(ctx context.Context, r mcp.CallToolRequest) person {
	p := person{present: canAsk(ctx)}
	if !p.present {
		return p
	}
	if a := server.ElicitationResponse(r.Params.InputResponses, questionID); a != nil {
		p.action, p.state = string(a.Action), r.Params.RequestState
		if p.action == "" {
			p.action = string(mcp.ElicitationResponseActionCancel)
		}
	}
	return p
}

// canAsk tells whether a form can be put to a person. mcp-go sends it unasked to clients that never declared
// the capability, and over stateless HTTP of the older era its answer could not find back: there the session
// has no id.
func canAsk(ctx context.Context) bool {
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		return info.ClientCapabilities != nil && takesForms(info.ClientCapabilities.Elicitation)
	}
	session := server.ClientSessionFromContext(ctx)
	if session == nil || session.SessionID() == "" {
		return false
	}
	_, routed := session.(server.SessionWithElicitation)
	about, known := session.(server.SessionWithClientInfo)
	return routed && known && takesForms(about.GetClientCapabilities().Elicitation)
}

// takesForms: a client that names no mode means forms.
func takesForms(c *mcp.ElicitationCapability) bool {
	return c != nil && (c.Form != nil || c.URL == nil)
}

// asked turns a question into the answer that makes the client ask. There is nothing to fill in: to accept is
// to agree.
func (q *question) asked() *mcp.CallToolResult {
	return server.NewInputRequestBuilder(q.state).Elicit(questionID, mcp.ElicitationParams{
		Message:         sanitize.Text(q.text),
		RequestedSchema: map[string]any{"type": "object", "properties": map[string]any{}},
	}).ToolResult()
}
