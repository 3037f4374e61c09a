package resources

import (
	"context"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/prompts"
)

func (s *Set) addPrompts(srv *mcpserver.MCPServer) {
	for _, p := range s.prompts {
		srv.AddPrompt(promptDefinition(p), func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			text, err := p.Render(r.Params.Arguments)
			if err != nil {
				return nil, errors.New("prompt " + p.Name + ": " + err.Error())
			}
			return mcp.NewGetPromptResult(p.Description, []mcp.PromptMessage{
				mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text)),
			}), nil
		})
	}
}

func promptDefinition(p prompts.Prompt) mcp.Prompt {
	opts := []mcp.PromptOption{mcp.WithPromptDescription(p.Description), mcp.WithPromptTitle(p.Title)}
	for _, a := range p.Arguments {
		about := []mcp.ArgumentOption{mcp.ArgumentDescription(a.Description)}
		if a.Required {
			about = append(about, mcp.RequiredArgument())
		}
		opts = append(opts, mcp.WithArgument(a.Name, about...))
	}
	return mcp.NewPrompt(p.Name, opts...)
}
