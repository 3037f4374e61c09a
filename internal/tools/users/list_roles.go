package users

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listRolesIn struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100,default=20" jsonschema_description:"Rows per answer."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"The previous next_cursor."`
}

// ListRoles lists roles with their rights.
func ListRoles(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_roles", Title: "List roles and their rights", Class: registry.Read, Toolset: toolset,
		Description: "Lists the roles of the account with their rights in words and the users who have them. " +
			"Use it to compare what roles allow; list_users shows single users, also those with rights of their own. " +
			"Administrators have no need of a role and are not listed under one. Needs the token of an administrator. Roles can be changed in Kommo's settings only.",
	}, func(ctx context.Context, in listRolesIn) (crm.RoleList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.RoleList{}, err
		}
		return s.ListRoles(ctx, in.Limit, in.Cursor)
	})
}
