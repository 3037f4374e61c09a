package kommo

import (
	"context"
	"encoding/json"
	"iter"
)

// User is a user of the account. Only administrators may read users.
type User struct {
	ID       int64        `json:"id"`
	Name     string       `json:"name"`
	Email    string       `json:"email"`
	Lang     string       `json:"lang"`
	UUID     *string      `json:"uuid"`
	AmojoID  *string      `json:"amojo_id"`
	Rank     *string      `json:"user_rank"`
	Phone    *string      `json:"phone_number"`
	Rights   UserRights   `json:"rights"`
	Embedded UserEmbedded `json:"_embedded"`
}

// UserEmbedded comes with role and group.
type UserEmbedded struct {
	Roles  []Named `json:"roles"`
	Groups []Named `json:"groups"`
}

// Named is an id with its name.
type Named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// UserRights say what a user may do. A right is A all, G group, M own, D
// denied, L linked.
type UserRights struct {
	Leads         CardRights    `json:"leads"`
	Contacts      CardRights    `json:"contacts"`
	Companies     CardRights    `json:"companies"`
	Tasks         TaskRights    `json:"tasks"`
	MailAccess    bool          `json:"mail_access"`
	CatalogAccess bool          `json:"catalog_access"`
	FilesAccess   bool          `json:"files_access"`
	StatusRights  []StageRights `json:"status_rights"`
	// ListRights narrow the rights to single lists; FieldRights have no
	// recorded form.
	ListRights  []ListRights    `json:"catalog_rights"`
	FieldRights json.RawMessage `json:"custom_fields_rights"`
	DayReports  bool            `json:"oper_day_reports_view_access"`
	DayTracking bool            `json:"oper_day_user_tracking"`
	Admin       bool            `json:"is_admin"`
	Free        bool            `json:"is_free"`
	Active      bool            `json:"is_active"`
	GroupID     *int64          `json:"group_id"`
	RoleID      *int64          `json:"role_id"`
}

// CardRights are the rights to a kind of card.
type CardRights struct {
	View   string `json:"view"`
	Edit   string `json:"edit"`
	Add    string `json:"add"`
	Delete string `json:"delete"`
	Export string `json:"export"`
}

// TaskRights are the rights to tasks.
type TaskRights struct {
	Edit   string `json:"edit"`
	Delete string `json:"delete"`
}

// StageRights narrow the rights to leads within one stage.
type StageRights struct {
	EntityType string     `json:"entity_type"`
	PipelineID int64      `json:"pipeline_id"`
	StatusID   int64      `json:"status_id"`
	Rights     CardRights `json:"rights"`
}

// ListRights are the rights to one list (catalog).
type ListRights struct {
	CatalogID int64      `json:"catalog_id"`
	Rights    CardRights `json:"rights"`
}

// UsersService reads users.
type UsersService struct{ c *Client }

// List reads one page. with: role, group, uuid, amojo_id, user_rank,
// phone_number.
func (s *UsersService) List(ctx context.Context, o ListOptions, with ...string) (Page[User], error) {
	q := withQuery(with)
	o.into(q)
	return getPage[User](ctx, s.c, "users.list", "/users", "users", q)
}

// All walks all users.
func (s *UsersService) All(ctx context.Context, with ...string) iter.Seq2[User, error] {
	return everyPage(func(page int) (Page[User], error) {
		return s.List(ctx, ListOptions{Page: page, Limit: MaxPage}, with...)
	})
}

// Get reads one user.
func (s *UsersService) Get(ctx context.Context, id int64, with ...string) (User, error) {
	return getOne[User](ctx, s.c, Request{Op: "users.get", Path: idPath("/users", id), Query: withQuery(with)})
}
