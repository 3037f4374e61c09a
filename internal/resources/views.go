package resources

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// names is a list of things, or the reason why they cannot be read.
type names[T any] struct {
	Items       []T    `json:"items"`
	Unavailable string `json:"unavailable,omitempty"`
}

type pipelineView struct {
	ID       int64       `json:"id"`
	Name     string      `json:"name"`
	Main     bool        `json:"main,omitempty"`
	Archived bool        `json:"archived,omitempty"`
	Stages   []stageView `json:"stages"`
}

type stageView struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
}

func showPipelines(ctx context.Context, s *crm.Service, _ map[string]string) (any, error) {
	all, err := s.Directory().Pipelines(ctx)
	if err != nil {
		return nil, err
	}
	out := names[pipelineView]{Items: []pipelineView{}}
	for _, p := range all {
		v := pipelineView{ID: p.ID, Name: p.Name, Main: p.Main, Archived: p.Archive, Stages: []stageView{}}
		for _, st := range p.Stages {
			v.Stages = append(v.Stages, stageView{ID: st.ID, Name: st.Name, Kind: string(st.Kind)})
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

type userView struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"`
	Group    string `json:"group,omitempty"`
	Role     string `json:"role,omitempty"`
	Access   string `json:"access,omitempty"`
	Inactive bool   `json:"inactive,omitempty"`
}

func showUsers(ctx context.Context, s *crm.Service, _ map[string]string) (any, error) {
	all, err := s.Directory().Users(ctx)
	if err != nil {
		return nil, err
	}
	out := names[userView]{Items: []userView{}, Unavailable: all.Unavailable}
	for _, u := range all.Items {
		out.Items = append(out.Items, userView{
			ID: u.ID, Name: u.Name, Email: u.Email, Group: u.Group, Role: u.Role, Access: u.Access, Inactive: !u.Active,
		})
	}
	return out, nil
}

// showRoles lists the first 250 roles, which is more than an account has.
func showRoles(ctx context.Context, s *crm.Service, _ map[string]string) (any, error) {
	all, err := s.ListRoles(ctx, kommo.MaxPage, "")
	if p, ok := errors.AsType[*problem.Problem](err); ok && p.Code == problem.Forbidden {
		return names[crm.RoleRow]{Items: []crm.RoleRow{}, Unavailable: p.Message}, nil
	}
	return names[crm.RoleRow]{Items: all.Items}, err
}

// outboxView is the outbox with the mark of what callers said.
type outboxView struct {
	Notice string `json:"notice"`
	crm.PendingCalls
}

// showOutbox lists the first hundred calls that wait.
func showOutbox(ctx context.Context, s *crm.Service, _ map[string]string) (any, error) {
	calls, err := s.Pending(ctx, 100)
	return outboxView{untrusted, calls}, err
}

type fieldView struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Code     string   `json:"code,omitempty"`
	Type     string   `json:"type"`
	Currency string   `json:"currency,omitempty"`
	Options  []string `json:"options,omitempty"`
	ReadOnly bool     `json:"read_only,omitempty"`
}

func showFields(ctx context.Context, s *crm.Service, args map[string]string) (any, error) {
	entity := kommo.Entity(strings.ToLower(args["entity"]))
	if directory.FieldsOf(entity) == "" {
		return nil, problem.Missing("entity", "there are custom fields of leads, contacts and companies")
	}
	all, err := s.Directory().Fields(ctx, entity)
	if err != nil {
		return nil, err
	}
	out := names[fieldView]{Items: []fieldView{}, Unavailable: all.Unavailable}
	for _, f := range all.Items {
		v := fieldView{ID: f.ID, Name: f.Name, Code: f.Code, Type: string(f.Type), Currency: f.Currency, ReadOnly: f.Computed}
		for _, o := range f.Options {
			v.Options = append(v.Options, o.Label)
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// idIn reads the id in a template; anything else is no resource.
func idIn(args map[string]string) (int64, error) {
	id, err := strconv.ParseInt(args["id"], 10, 64)
	if err != nil || id <= 0 {
		return 0, problem.Missing("id", "the id must be a positive number")
	}
	return id, nil
}
