// Package resources offers the account as kommo:// resources, the prompts, and
// the completion of their arguments. Everything is JSON with names in place of
// ids, cleaned like the answers of tools.
package resources

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
	"github.com/kommo-mcp/kommo-mcp/internal/sanitize"
	"github.com/kommo-mcp/kommo-mcp/prompts"
)

const mimeJSON = "application/json"

// Set is all resources and prompts of the server.
type Set struct {
	account crm.Provider
	prompts []prompts.Prompt
}

// New reads the prompt texts. The error is a mistake in one of them.
func New(account crm.Provider) (*Set, error) {
	texts, err := prompts.All()
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	return &Set{account: account, prompts: texts}, nil
}

// view reads what one resource shows; args are the variables of its template.
type view func(ctx context.Context, s *crm.Service, args map[string]string) (any, error)

// resource is one resource or, with a variable in its URI, a template.
type resource struct {
	uri, name, title, about string
	show                    view
}

func catalogue() []resource {
	return []resource{
		{"kommo://account", "account", "Account", "The account: name, time zone, currency, today's date, who you are.", showAccount},
		{"kommo://pipelines", "pipelines", "Pipelines and stages", "All pipelines with their stages, in order, with ids.", showPipelines},
		{"kommo://users", "users", "Users", "Users with group and rights. Needs an administrator's token.", showUsers},
		{"kommo://roles", "roles", "Roles", "Roles with their rights in words and who has them. Needs an administrator's token.", showRoles},
		{"kommo://outbox", "outbox", "Calls that wait", "Calls that were accepted and are not written to Kommo yet, with the reason and the next try.", showOutbox},
	}
}

func templates() []resource {
	return []resource{
		{"kommo://fields/{entity}", "fields", "Custom fields", "Custom fields of leads, contacts or companies, with their types and options.", showFields},
		{"kommo://leads/{id}", "lead", "Lead", "One lead: contacts, fields, tasks, latest notes and changes.", showLead},
		{"kommo://contacts/{id}", "contact", "Contact", "One contact: phones, e-mails, company, leads, tasks, notes.", showContact},
		{"kommo://companies/{id}", "company", "Company", "One company: contacts, leads, tasks, notes.", showCompany},
	}
}

// AddTo registers resources, templates and prompts.
func (s *Set) AddTo(srv *mcpserver.MCPServer) {
	for _, r := range catalogue() {
		srv.AddResource(mcp.NewResource(r.uri, r.name, mcp.WithResourceDescription(r.about), mcp.WithMIMEType(mimeJSON), title(r.title)),
			func(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
				return s.read(ctx, r, req)
			})
	}
	for _, r := range templates() {
		srv.AddResourceTemplate(mcp.NewResourceTemplate(r.uri, r.name, mcp.WithTemplateDescription(r.about), mcp.WithTemplateMIMEType(mimeJSON)),
			func(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
				return s.read(ctx, r, req)
			})
	}
	s.addPrompts(srv)
}

func title(text string) mcp.ResourceOption {
	return func(r *mcp.Resource) { r.Title = text }
}

func (s *Set) read(ctx context.Context, r resource, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	service, err := s.account(ctx)
	if err != nil {
		return nil, err
	}
	shown, err := r.show(ctx, service, variables(req))
	if problem.HasCode(err, problem.NotFound) {
		return nil, fmt.Errorf("%w: %s: %w", mcpserver.ErrResourceNotFound, req.Params.URI, err)
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", r.name, err)
	}
	return []mcp.ResourceContents{mcp.TextResourceContents{URI: req.Params.URI, MIMEType: mimeJSON, Text: string(sanitize.JSON(raw))}}, nil
}

// variables are the template's variables: mcp-go gives each as a list.
func variables(req mcp.ReadResourceRequest) map[string]string {
	out := map[string]string{}
	for name, v := range req.Params.Arguments {
		switch v := v.(type) {
		case string:
			out[name] = v
		case []string:
			if len(v) > 0 {
				out[name] = v[0]
			}
		}
	}
	return out
}
