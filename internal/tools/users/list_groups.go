package users

import (
	"context"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
)

type listGroupsIn struct{}

// ListGroups lists the groups of users.
func ListGroups(p crm.Provider) registry.Tool {
	return registry.Define(registry.Spec{
		Name: "list_groups", Title: "List groups of users", Class: registry.Read, Toolset: toolset,
		Description: "Lists the groups (teams) of the account with their active users by name and how many have left. " +
			"A right to the own group's records means the group listed here. " +
			"Use list_users with group for the rights of its members. All groups come at once. " +
			"Without the rights of an administrator the groups come without their users.",
	}, func(ctx context.Context, _ listGroupsIn) (crm.GroupList, error) {
		s, err := p(ctx)
		if err != nil {
			return crm.GroupList{}, err
		}
		return s.ListGroups(ctx)
	})
}
