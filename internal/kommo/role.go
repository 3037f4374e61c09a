package kommo

import (
	"context"
	"iter"
)

// Role is a set of rights that several users share.
type Role struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Rights   UserRights `json:"rights"`
	Embedded struct {
		Users []Linked `json:"users"`
	} `json:"_embedded"`
}

// RolesService reads roles; administrators only.
type RolesService struct{ c *Client }

// List reads one page. with: users.
func (s *RolesService) List(ctx context.Context, o ListOptions, with ...string) (Page[Role], error) {
	q := withQuery(with)
	o.into(q)
	return getPage[Role](ctx, s.c, "roles.list", "/roles", "roles", q)
}

// All walks all roles.
func (s *RolesService) All(ctx context.Context, with ...string) iter.Seq2[Role, error] {
	return everyPage(func(page int) (Page[Role], error) {
		return s.List(ctx, ListOptions{Page: page, Limit: MaxPage}, with...)
	})
}

// Get reads one role. with: users.
func (s *RolesService) Get(ctx context.Context, id int64, with ...string) (Role, error) {
	return getOne[Role](ctx, s.c, Request{Op: "roles.get", Path: idPath("/roles", id), Query: withQuery(with)})
}
