package crm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// UserQuery is which users to list. All that is set must hold.
type UserQuery struct {
	Query    string // part of a name or e-mail
	Group    string
	Role     string
	Inactive bool // also those who can no longer sign in
	Limit    int
	Cursor   string
}

// UserRow is a user with what he may do. Rights are left out for administrators,
// who may do everything, and for those who can no longer sign in.
type UserRow struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Email    string  `json:"email,omitempty"`
	Group    string  `json:"group,omitempty"`
	Role     string  `json:"role,omitempty"`
	Access   string  `json:"access"` // admin, free seat, inactive, or by rights
	Language string  `json:"language,omitempty"`
	Me       bool    `json:"me,omitempty"`
	Rights   *Rights `json:"rights,omitempty"`
}

// UserList is one page of users, in the order of Kommo.
type UserList struct {
	Items      []UserRow `json:"items"`
	HasMore    bool      `json:"has_more"`
	NextCursor string    `json:"next_cursor,omitempty"`
	Hint       string    `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l UserList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l UserList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// ListUsers lists users with their rights in words: one request with a warm
// directory. Administrators only (Kommo API facts: users and roles).
func (s *Service) ListUsers(ctx context.Context, in UserQuery) (UserList, error) {
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return UserList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return UserList{}, err
	}
	names, err := s.names.Snapshot(ctx, directory.InPipelines)
	if err != nil {
		return UserList{}, err
	}
	group, err := groupCalled(in.Group, names.Account.Groups)
	if err != nil {
		return UserList{}, err
	}
	var roles []string
	found, err := scanPages(ctx, at, scan[kommo.User]{
		limit: in.Limit, pageSize: kommo.MaxPage,
		page: func(ctx context.Context, page, size int) (kommo.Page[kommo.User], error) {
			return s.api.Users.List(ctx, kommo.ListOptions{Page: page, Limit: size}, "role", "group")
		},
		keep: func(u kommo.User) bool {
			roles = append(roles, roleOf(u))
			return in.wants(u, group)
		},
	})
	if err != nil {
		return UserList{}, adminsOnly(err, "The users")
	}
	out := UserList{Items: make([]UserRow, 0, len(found.items)), HasMore: found.hasMore, NextCursor: found.next(), after: found.after}
	for _, u := range found.items {
		out.Items = append(out.Items, userRow(u, names))
	}
	if len(out.Items) == 0 {
		out.Hint = usersHint(in, roles)
	}
	return out, nil
}

// wants tells whether a user is asked for.
func (in UserQuery) wants(u kommo.User, group *directory.Group) bool {
	text := directory.Fold(u.Name + " " + u.Email)
	return (in.Inactive || u.Rights.Active) &&
		(group == nil || idOf(u.Rights.GroupID) == group.ID) &&
		(in.Role == "" || directory.SameName(in.Role, roleOf(u)) || in.Role == strconv.FormatInt(idOf(u.Rights.RoleID), 10)) &&
		strings.Contains(text, directory.Fold(in.Query))
}

func userRow(u kommo.User, names *directory.Snapshot) UserRow {
	row := UserRow{
		ID: u.ID, Name: u.Name, Email: u.Email, Group: groupOf(u, names), Role: roleOf(u), Language: u.Lang,
		Access: "by rights", Me: u.ID == names.Account.CurrentUserID,
	}
	switch {
	case !u.Rights.Active:
		row.Access = "inactive"
	case u.Rights.Admin:
		row.Access = "admin"
	case u.Rights.Free:
		row.Access, row.Rights = "free seat", rightsOf(u.Rights, names)
	default:
		row.Rights = rightsOf(u.Rights, names)
	}
	return row
}

func roleOf(u kommo.User) string {
	if len(u.Embedded.Roles) == 0 {
		return ""
	}
	return u.Embedded.Roles[0].Name
}

// groupOf names the group of a user; Kommo names none for members of the default
// one.
func groupOf(u kommo.User, names *directory.Snapshot) string {
	if len(u.Embedded.Groups) > 0 {
		return u.Embedded.Groups[0].Name
	}
	for _, g := range names.Account.Groups {
		if g.ID == idOf(u.Rights.GroupID) {
			return g.Name
		}
	}
	return ""
}

// groupCalled resolves a group by name or id; nil for empty text.
func groupCalled(text string, groups []directory.Group) (*directory.Group, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil //nolint:nilnil // no group was asked for, which is no error
	}
	p := problem.Missing("group", fmt.Sprintf("There is no group %q in this account.", short(text, longName))).WithNext("Use one of these names or an id.")
	for _, g := range groups {
		if directory.SameName(g.Name, text) || strconv.FormatInt(g.ID, 10) == strings.TrimSpace(text) {
			return &g, nil
		}
		p = p.WithCandidates(problem.Candidate{ID: g.ID, Name: g.Name})
	}
	return nil, p
}

// adminsOnly explains that only administrators may read what was asked for.
func adminsOnly(err error, what string) error {
	if !kommo.HasCode(err, kommo.CodeForbidden, kommo.CodeScope) {
		return err
	}
	return problem.New(problem.Forbidden, what+" can be read by administrators of the account only, and this token's user is none.").
		WithNext("Use the token of an administrator. get_account tells who you are; me and user ids work as responsible.").Wrap(err)
}

func usersHint(in UserQuery, roles []string) string {
	if in.Role != "" && !slices.ContainsFunc(roles, func(r string) bool { return directory.SameName(r, in.Role) }) {
		slices.Sort(roles)
		roles = slices.DeleteFunc(slices.Compact(roles), func(r string) bool { return r == "" })
		return "Nobody has a role of that name. Roles in use: " + listed(roles) + "."
	}
	if !in.Inactive {
		return "No active user fits. Leave out group, role or query, or give inactive true for those who left."
	}
	return "No user fits. Leave out group, role or query."
}

// GroupRow is a group of users.
type GroupRow struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Users    []string `json:"users"`              // the active ones
	Inactive int      `json:"inactive,omitempty"` // how many can no longer sign in
}

// GroupList is all groups of the account.
type GroupList struct {
	Items   []GroupRow `json:"items"`
	HasMore bool       `json:"has_more"`
	Note    string     `json:"note,omitempty"`
}

// ListGroups lists the groups with their users: no request with a warm directory.
func (s *Service) ListGroups(ctx context.Context) (GroupList, error) {
	var account directory.Account
	var users directory.List[directory.User]
	g, groupCtx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { account, err = s.names.Account(groupCtx); return err })
	g.Go(func() (err error) { users, err = s.names.Users(groupCtx); return err })
	if err := g.Wait(); err != nil {
		return GroupList{}, err
	}
	out := GroupList{Items: make([]GroupRow, 0, len(account.Groups))}
	if users.Unavailable != "" {
		out.Note = "Their users are not listed: " + users.Unavailable + "."
	}
	for _, group := range account.Groups {
		row := GroupRow{ID: group.ID, Name: group.Name, Users: []string{}}
		for _, u := range users.Items {
			switch {
			case u.GroupID != group.ID:
			case u.Active:
				row.Users = append(row.Users, u.Name)
			default:
				row.Inactive++
			}
		}
		out.Items = append(out.Items, row)
	}
	return out, nil
}
