package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

type user struct {
	ID                      int64
	Name, Email, Lang       string
	UUID, AmojoID, UserRank string
	Phone                   string
	Rights                  rights
}

// group is a department. The default group has the id 0.
type group struct {
	ID   int64
	Name string
	UUID *string
}

func users(a *account) *table[user] { return tableFor[user](a, "users", 10_450_001) }

func groups(a *account) *table[group] { return tableFor[group](a, "groups", 435_001) }

// groupOf is the group of a user, 0 when the user is unknown or in none.
func (a *account) groupOf(userID int64) int64 {
	if u := users(a).get(userID); u != nil && u.Rights.GroupID != nil {
		return *u.Rights.GroupID
	}
	return 0
}

// addUser is for seeds and for POST.
func addUser(a *account, name, email string, r rights) *user {
	t := users(a)
	u := &user{
		ID: t.alloc(), Name: name, Email: email, Lang: a.profile.language, Rights: r,
		UUID: newUUID(), AmojoID: newUUID(), UserRank: "newbie",
	}
	t.put(u.ID, u)
	return u
}

// Users and roles are for administrators only (Kommo API facts: users and roles).
func userRoutes() []route {
	with := []string{"role", "group", "uuid", "amojo_id", "user_rank", "phone_number"}
	return []route{
		{Method: "GET", Path: "/users", Do: listUsers, With: with, Admin: true},
		{Method: "GET", Path: "/users/{id:int}", Do: getUser, With: with, Admin: true},
		{Method: "POST", Path: "/users", Do: createUsers, Admin: true},
		{Method: "POST", Path: "/users/activate", Do: switchUsers(true), Admin: true},
		{Method: "POST", Path: "/users/deactivate", Do: switchUsers(false), Admin: true},
	}
}

type userView struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Email     string  `json:"email"`
	Lang      string  `json:"lang"`
	Rights    rights  `json:"rights"`
	UUID      *string `json:"uuid,omitempty"`
	AmojoID   *string `json:"amojo_id,omitempty"`
	UserRank  *string `json:"user_rank,omitempty"`
	Phone     *string `json:"phone_number,omitempty"`
	RequestID string  `json:"request_id,omitempty"`
	Links     links   `json:"_links"`
	Embedded  object  `json:"_embedded,omitempty"`
}

func (c *call) readUser(u *user, path string, self func(string) links) userView {
	v := userView{ID: u.ID, Name: u.Name, Email: u.Email, Lang: u.Lang, Rights: u.Rights, Links: self(path)}
	for name, field := range map[string]struct {
		to   **string
		text *string
	}{
		"uuid": {&v.UUID, &u.UUID}, "amojo_id": {&v.AmojoID, &u.AmojoID},
		"user_rank": {&v.UserRank, &u.UserRank}, "phone_number": {&v.Phone, &u.Phone},
	} {
		if c.with(name) {
			*field.to = field.text
		}
	}
	emb := object{}
	if c.with("role") {
		emb["roles"] = c.rolesOf(u, self)
	}
	if c.with("group") {
		emb["groups"] = c.groupsOf(u)
	}
	if len(emb) > 0 {
		v.Embedded = emb
	}
	return v
}

func (c *call) rolesOf(u *user, self func(string) links) []object {
	out := []object{}
	if u.Rights.RoleID != nil {
		if r := roles(c.a).get(*u.Rights.RoleID); r != nil {
			out = append(out, object{"id": r.ID, "name": r.Name, "_links": self(rolePath(r.ID))})
		}
	}
	return out
}

func (c *call) groupsOf(u *user) []object {
	out := []object{}
	if u.Rights.GroupID != nil {
		if g := groups(c.a).get(*u.Rights.GroupID); g != nil {
			out = append(out, object{"id": g.ID, "name": g.Name})
		}
	}
	return out
}

func listUsers(c *call) answer {
	var rows []*user
	for _, u := range users(c.a).all() {
		rows = append(rows, u)
	}
	return list(c, paging{totals: true, slash: "/"}, "users", "/users", rows, func(u *user) userView {
		// The slash before the query is Kommo's.
		return c.readUser(u, fmt.Sprintf("/users/%d/", u.ID), c.selfItem)
	})
}

func getUser(c *call) answer {
	u := users(c.a).get(c.id("id"))
	if u == nil {
		return problem(http.StatusNotFound, "User not found")
	}
	return ok(c.readUser(u, fmt.Sprintf("/users/%d", u.ID), c.self))
}

var (
	hasDigit = regexp.MustCompile(`[0-9]`)
	hasUpper = regexp.MustCompile(`[A-Z]`)
	hasLower = regexp.MustCompile(`[a-z]`)
)

const (
	maxUsersPerCall = 10
	maxUserName     = 50
	minPassword     = 6
)

func userSchema() schema {
	return schema{
		{name: "name", kind: stringKind, required: true, notBlank: true, check: func(_ *call, v any) string {
			if s, _ := v.(string); len([]rune(s)) > maxUserName {
				return codeTooLong
			}
			return ""
		}},
		{name: "email", kind: stringKind, required: true, notBlank: true},
		{name: "password", kind: stringKind, required: true, notBlank: true, check: func(_ *call, v any) string {
			s, _ := v.(string)
			if len(s) < minPassword || !hasDigit.MatchString(s) || !hasUpper.MatchString(s) || !hasLower.MatchString(s) {
				return codeNotSupported
			}
			return ""
		}},
		{name: "lang", kind: stringKind, check: oneOf("en", "ru", "es", "pt")},
		{name: "rights", kind: objectKind, required: true, fields: rightsSchema()},
	}
}

func createUsers(c *call) answer {
	b, bad := c.parseMany(userSchema(), maxUsersPerCall)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		checkRights(it.obj("rights"), &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []userView
	for _, it := range b {
		name, _ := it.str("name")
		email, _ := it.str("email")
		u := addUser(c.a, name, email, c.rightsFrom(it.obj("rights"), rights{IsActive: true}))
		if lang, sent := it.str("lang"); sent {
			u.Lang = lang
		}
		v := c.readUser(u, fmt.Sprintf("/users/%d", u.ID), c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return created(whole(c, "users", "/users", out))
}

// switchUsers activates or deactivates up to ten users given as [{"id":…}];
// administrators are refused.
func switchUsers(active bool) handler {
	return func(c *call) answer {
		b, bad := c.parseMany(schema{{name: "id", kind: intKind, required: true, check: exists("users")}}, maxUsersPerCall)
		if bad != nil {
			return *bad
		}
		for _, it := range b {
			id, _ := it.int("id")
			if u := users(c.a).get(id); u != nil && u.Rights.IsAdmin {
				it.p.add("id", codeNotSupported)
			}
		}
		if bad := b.refused(); bad != nil {
			return *bad
		}
		for _, it := range b {
			id, _ := it.int("id")
			users(c.a).get(id).Rights.IsActive = active
		}
		return noContent()
	}
}

// newUUID is a random version 4 UUID.
func newUUID() string {
	h := []byte(randomHex(16))
	h[12], h[16] = '4', '8'
	return string(slices.Concat(h[:8], []byte("-"), h[8:12], []byte("-"), h[12:16], []byte("-"), h[16:20], []byte("-"), h[20:]))
}
