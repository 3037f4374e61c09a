// Package server assembles the MCP server and serves it over stdio and
// Streamable HTTP, to clients of both protocol eras (2025-11-25 and
// 2026-07-28; the era is decided per request by mcp-go).
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/resources"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

// Parts are what the server offers.
type Parts struct {
	Version   string
	Tools     []registry.Tool
	Resources *resources.Set
	Logger    *slog.Logger
}

// listTTL is how long a client may keep the lists, in milliseconds. They never
// change for one principal while the process runs.
const listTTL = 300_000

// New assembles the server. Nothing that changes at run time is advertised
// (listChanged, subscribe): mcp-go 1.2.1 acknowledges resource subscriptions
// and then never delivers, and a client that sees listChanged keeps a stream
// open that blocks the shutdown.
func New(p Parts) *mcpserver.MCPServer {
	hooks := &mcpserver.Hooks{}
	hooks.AddOnRequestInitialization(checkShape)
	hide := registry.Hide(p.Tools)
	hooks.AddAfterListTools(func(ctx context.Context, _ any, _ *mcp.ListToolsRequest, listed *mcp.ListToolsResult) {
		hide(ctx, listed)
	})
	s := mcpserver.NewMCPServer("kommo-mcp", p.Version,
		mcpserver.WithHooks(hooks),
		mcpserver.WithTitle("Kommo CRM"),
		mcpserver.WithDescription("Work in a Kommo account: leads, contacts, tasks, notes, calls."),
		mcpserver.WithInstructions(instructions),
		mcpserver.WithToolCapabilities(false),
		mcpserver.WithPromptCapabilities(false),
		mcpserver.WithResourceCapabilities(false, false),
		mcpserver.WithCompletions(),
		mcpserver.WithPromptCompletionProvider(p.Resources),
		mcpserver.WithResourceCompletionProvider(p.Resources),
		mcpserver.WithCacheHints(listTTL, mcp.CacheScopePrivate),
		mcpserver.WithMethodCacheHints(mcp.MethodResourcesRead, 0, mcp.CacheScopePrivate),
		mcpserver.WithResourceHandlerMiddleware(guardResource(p.Logger)),
		mcpserver.WithPromptHandlerMiddleware(guardPrompt(p.Logger)),
		mcpserver.WithRecovery(),
	)
	registry.Register(s, p.Tools)
	p.Resources.AddTo(s)
	return s
}

// guardResource words errors so that they get their code, and keeps a panic's
// text from the client: mcp-go would send it.
func guardResource(log *slog.Logger) mcpserver.ResourceHandlerMiddleware {
	return func(next mcpserver.ResourceHandlerFunc) mcpserver.ResourceHandlerFunc {
		return func(ctx context.Context, r mcp.ReadResourceRequest) (out []mcp.ResourceContents, err error) {
			defer func() { err = recovered(ctx, log, recover(), err) }()
			out, err = next(ctx, r)
			if err != nil {
				err = resourceError(ctx, log, err)
			}
			return out, err
		}
	}
}

// resourceError is an error as a client may read it: the words of tools, with what to
// do next, and nothing of how we read Kommo.
func resourceError(ctx context.Context, log *slog.Logger, err error) error {
	if errors.Is(err, mcpserver.ErrResourceNotFound) {
		return asResourceError(ctx, err)
	}
	p := registry.Explain(ctx, err)
	if p.Code == problem.Internal {
		log.ErrorContext(ctx, "a resource cannot be read", "error", err)
	}
	return errors.New(registry.Line(p))
}

// guardPrompt does the same for prompts, which fail by their arguments only;
// without it a panic drops the HTTP connection.
func guardPrompt(log *slog.Logger) mcpserver.PromptHandlerMiddleware {
	return func(next mcpserver.PromptHandlerFunc) mcpserver.PromptHandlerFunc {
		return func(ctx context.Context, r mcp.GetPromptRequest) (out *mcp.GetPromptResult, err error) {
			defer func() { err = recovered(ctx, log, recover(), err) }()
			out, err = next(ctx, r)
			if err != nil {
				err = asInvalidParams(err)
			}
			return out, err
		}
	}
}

func recovered(ctx context.Context, log *slog.Logger, cause any, err error) error {
	if cause == nil {
		return err
	}
	log.ErrorContext(ctx, "handler panicked", slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
	return errInternal
}
