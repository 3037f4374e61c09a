package crm

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// RoleRow is a role: the rights that its users share.
type RoleRow struct {
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	Rights *Rights  `json:"rights"`
	Users  []string `json:"users"` // by name
}

// RoleList is one page of roles.
type RoleList struct {
	Items      []RoleRow `json:"items"`
	HasMore    bool      `json:"has_more"`
	NextCursor string    `json:"next_cursor,omitempty"`
	Hint       string    `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l RoleList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l RoleList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// ListRoles lists roles with their rights in words and who has them: one request
// with a warm directory. Administrators only (Kommo API facts: users and roles).
func (s *Service) ListRoles(ctx context.Context, limit int, from string) (RoleList, error) {
	digest, err := questionOf(limit)
	if err != nil {
		return RoleList{}, err
	}
	at, err := decodeCursor(from, digest)
	if err != nil {
		return RoleList{}, err
	}
	var names *directory.Snapshot
	var found scanned[kommo.Role]
	g, groupCtx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		names, err = s.names.Snapshot(groupCtx, directory.InUsers, directory.InPipelines)
		return err
	})
	g.Go(func() (err error) {
		found, err = scanPages(groupCtx, at, scan[kommo.Role]{
			limit: limit, pageSize: limit, keep: func(kommo.Role) bool { return true },
			page: func(ctx context.Context, page, size int) (kommo.Page[kommo.Role], error) {
				return s.api.Roles.List(ctx, kommo.ListOptions{Page: page, Limit: size}, "users")
			},
		})
		return adminsOnly(err, "The roles")
	})
	if err := g.Wait(); err != nil {
		return RoleList{}, err
	}
	out := RoleList{Items: make([]RoleRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	for _, r := range found.items {
		row := RoleRow{ID: r.ID, Name: r.Name, Rights: rightsOf(r.Rights, names), Users: []string{}}
		for _, u := range r.Embedded.Users {
			row.Users = append(row.Users, names.UserName(u.ID))
		}
		out.Items = append(out.Items, row)
	}
	if len(out.Items) == 0 {
		out.Hint = "This account has no roles: each user has rights of his own, which list_users shows."
	}
	return out, nil
}
