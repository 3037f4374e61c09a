package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

type role struct {
	ID     int64
	Name   string
	Rights rights
}

func roles(a *account) *table[role] { return tableFor[role](a, "roles", 485_001) }

func rolePath(id int64) string { return fmt.Sprintf("/roles/%d", id) }

// addRole is for seeds and for POST.
func addRole(a *account, name string, r rights) *role {
	row := &role{ID: roles(a).alloc(), Name: name, Rights: r}
	roles(a).put(row.ID, row)
	return row
}

func roleRoutes() []route {
	with := []string{"users"}
	return []route{
		{Method: "GET", Path: "/roles", Do: listRoles, With: with, Admin: true},
		{Method: "GET", Path: "/roles/{id:int}", Do: getRole, With: with, Admin: true},
		{Method: "POST", Path: "/roles", Do: createRoles, Admin: true},
		{Method: "PATCH", Path: "/roles/{id:int}", Do: patchRole, Admin: true},
		{Method: "DELETE", Path: "/roles/{id:int}", Do: deleteRole, Admin: true},
	}
}

type roleView struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Rights    roleRights `json:"rights"`
	RequestID string     `json:"request_id,omitempty"`
	Links     links      `json:"_links"`
	Embedded  object     `json:"_embedded,omitempty"`
}

// roleRights are rights without what only a user has.
type roleRights struct {
	Leads         entityRights  `json:"leads"`
	Contacts      entityRights  `json:"contacts"`
	Companies     entityRights  `json:"companies"`
	Tasks         taskRights    `json:"tasks"`
	MailAccess    bool          `json:"mail_access"`
	CatalogAccess bool          `json:"catalog_access"`
	FilesAccess   bool          `json:"files_access"`
	StatusRights  []statusRight `json:"status_rights"`
	CatalogRights any           `json:"catalog_rights"`
}

func (c *call) readRole(r *role, self func(string) links) roleView {
	v := roleView{ID: r.ID, Name: r.Name, Links: self(rolePath(r.ID)), Rights: roleRights{
		Leads: r.Rights.Leads, Contacts: r.Rights.Contacts, Companies: r.Rights.Companies, Tasks: r.Rights.Tasks,
		MailAccess: r.Rights.MailAccess, CatalogAccess: r.Rights.CatalogAccess, FilesAccess: r.Rights.FilesAccess,
		StatusRights: r.Rights.StatusRights, CatalogRights: r.Rights.CatalogRights,
	}}
	if c.with("users") {
		members := []embeddedEntity{}
		for id, u := range users(c.a).all() {
			if u.Rights.RoleID != nil && *u.Rights.RoleID == r.ID {
				members = append(members, embeddedEntity{id, self(fmt.Sprintf("/users/%d", id))})
			}
		}
		v.Embedded = object{"users": members}
	}
	return v
}

func listRoles(c *call) answer {
	var rows []*role
	for _, r := range roles(c.a).all() {
		rows = append(rows, r)
	}
	return list(c, paging{totals: true}, "roles", "/roles", rows, func(r *role) roleView {
		return c.readRole(r, c.selfItem)
	})
}

func getRole(c *call) answer {
	r := roles(c.a).get(c.id("id"))
	if r == nil {
		return problem(http.StatusNotFound, "Role not found")
	}
	return ok(c.readRole(r, c.self))
}

func createRoles(c *call) answer {
	b, bad := c.parseMany(schema{
		{name: "name", kind: stringKind, required: true, notBlank: true},
		{name: "rights", kind: objectKind, required: true, fields: rightsSchema()},
	}, maxBatch)
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		checkRights(it.obj("rights"), &it.p)
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []roleView
	for _, it := range b {
		name, _ := it.str("name")
		v := c.readRole(addRole(c.a, name, c.rightsFrom(it.obj("rights"), rights{})), c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return created(whole(c, "roles", "/roles", out))
}

func patchRole(c *call) answer {
	r := roles(c.a).get(c.id("id"))
	if r == nil {
		return problem(http.StatusNotFound, "Role not found")
	}
	it, bad := c.parseOne(schema{
		{name: "name", kind: stringKind, notBlank: true},
		{name: "rights", kind: objectKind, fields: rightsSchema()},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	if name, sent := it.str("name"); sent {
		r.Name = name
	}
	if o := it.obj("rights"); o != nil {
		r.Rights = c.rightsFrom(o, r.Rights)
	}
	return answer{status: http.StatusAccepted, body: c.readRole(r, c.self)}
}

func deleteRole(c *call) answer {
	id := c.id("id")
	if !roles(c.a).has(id) {
		return invalidField("id", codeNotSupported)
	}
	roles(c.a).del(id)
	for _, u := range users(c.a).all() {
		if u.Rights.RoleID != nil && *u.Rights.RoleID == id {
			u.Rights.RoleID = nil
		}
	}
	return noContent()
}

// rightsSchema is the rights object of a user or role being written.
func rightsSchema() schema {
	letter := func(name string, letters ...string) field {
		return field{name: name, kind: stringKind, check: oneOf(letters...)}
	}
	entity := schema{
		letter("view", "A", "G", "M", "D"), letter("edit", "A", "G", "M", "D"), letter("add", "A", "D"),
		letter("delete", "A", "G", "M", "D"), letter("export", "A", "G", "M", "D"),
	}
	stage := schema{
		{name: "entity_type", kind: stringKind, required: true, check: oneOf("leads")},
		{name: "pipeline_id", kind: intKind, required: true, check: exists("pipelines")},
		{name: "status_id", kind: intKind, required: true},
		{name: "rights", kind: objectKind, required: true, fields: schema{
			letter("view", "A", "D"), letter("edit", "A", "D"), letter("delete", "A", "D"), letter("export", "A", "D"),
		}},
	}
	s := schema{
		{name: "leads", kind: objectKind, fields: entity},
		{name: "contacts", kind: objectKind, fields: entity},
		{name: "companies", kind: objectKind, fields: entity},
		{name: "tasks", kind: objectKind, fields: schema{letter("edit", "A", "G", "M", "D"), letter("delete", "A", "G", "M", "D")}},
		{name: "status_rights", kind: listKind, item: &field{kind: objectKind, fields: stage}},
		{name: "catalog_rights", kind: anyKind},
		{name: "custom_fields_rights", kind: anyKind},
		{name: "group_id", kind: intKind},
		{name: "role_id", kind: intKind, check: exists("roles")},
	}
	for _, flag := range []string{
		"mail_access", "catalog_access", "files_access", "is_free", "is_admin", "is_active",
		"oper_day_reports_view_access", "oper_day_user_tracking",
	} {
		s = append(s, field{name: flag, kind: boolKind})
	}
	return s
}

// checkRights asks for the four objects unless a role or the free plan stands for
// them, and refuses rights that exceed view.
func checkRights(o object, p *problems) {
	_, byRole := o.int("role_id")
	free, _ := o.bool("is_free")
	const order = "DMGA"
	for _, entity := range []string{"leads", "contacts", "companies", "tasks"} {
		e := o.obj(entity)
		if e == nil {
			if !byRole && !free && o != nil {
				p.add("rights."+entity, codeMissing)
			}
			continue
		}
		view, sent := e.str("view")
		for _, name := range []string{"edit", "delete", "export"} {
			if l, has := e.str(name); sent && has && strings.Index(order, l) > strings.Index(order, view) {
				p.add("rights."+entity+"."+name, codeNotSupported)
			}
		}
	}
}

// rightsFrom lays the sent rights over base. A role's rights replace the sent ones.
func (c *call) rightsFrom(o object, base rights) rights {
	flat := maps.Clone(o)
	if id, byRole := o.int("role_id"); byRole {
		if r := roles(c.a).get(id); r != nil {
			base = r.Rights
			base.IsActive, base.RoleID = true, &r.ID
			delete(flat, "leads")
			delete(flat, "contacts")
			delete(flat, "companies")
			delete(flat, "tasks")
		}
	}
	// The names in JSON are those of the struct, so the decoder does the laying-over.
	data, err := json.Marshal(flat)
	if err == nil {
		err = json.Unmarshal(data, &base)
	}
	if err != nil {
		return rights{} // cannot happen: the schema has checked every key
	}
	return base
}
