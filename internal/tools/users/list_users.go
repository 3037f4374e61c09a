package users

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listUsersIn struct {
	Query    string `json:"query,omitempty" jsonschema:"example=Ana" jsonschema_description:"Part of a user's name or e-mail."`
	Group    string `json:"group,omitempty" jsonschema_description:"Group name or id, from list_groups."`
	Role     string `json:"role,omitempty" jsonschema_description:"Role name or id, from list_roles."`
	Inactive bool   `json:"inactive,omitempty" jsonschema:"default=false" jsonschema_description:"true lists also users who can no longer sign in."`
	Limit    int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor   string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListUsers lists users with their rights.
func ListUsers(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_users", Title: "List users and their rights", Class: registry.Read, Toolset: toolset,
		Narrow: "query, group or role",
		Description: "Lists the users of the account with group, role and rights in words: what each may view, add, edit, delete and export of leads, contacts, companies and tasks, and which stages differ. " +
			"Use get_account for names alone, list_roles for what a role allows, list_groups for teams. " +
			"access admin means everything. Needs the token of an administrator. What is given must all hold.",
	}, func(ctx context.Context, in listUsersIn) (crm.UserList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.UserList{}, err
		}
		return s.ListUsers(ctx, crm.UserQuery(in))
	})
}
