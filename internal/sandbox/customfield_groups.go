package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// fieldGroup is a tab of the card. Its id is text (Kommo API facts: custom fields,
// groups).
type fieldGroup struct {
	ID, Owner, Name string
	Sort            int64
	Predefined      bool
	key             int64
}

const defaultGroup = "default"

func fieldGroups(a *account) *table[fieldGroup] {
	_, made := a.tables["field-groups"]
	t := tableFor[fieldGroup](a, "field-groups", 27_101_001)
	if made {
		return t
	}
	for _, owner := range []string{"leads", "contacts", "companies", "customers"} {
		a.addFieldGroup(fieldGroup{ID: defaultGroup, Owner: owner, Name: "Main", Sort: 0, Predefined: true})
		if owner == "leads" {
			a.addFieldGroup(fieldGroup{ID: "statistic", Owner: owner, Name: "Statistics", Sort: 1, Predefined: true})
		}
	}
	return t
}

func (a *account) addFieldGroup(g fieldGroup) *fieldGroup {
	t := fieldGroups(a)
	g.key = t.alloc()
	if g.ID == "" {
		g.ID = fmt.Sprintf("%s_%d", g.Owner, g.key*1000)
	}
	t.put(g.key, &g)
	return &g
}

func (a *account) fieldGroup(owner, id string) *fieldGroup {
	for _, g := range fieldGroups(a).all() {
		if g.Owner == owner && g.ID == id {
			return g
		}
	}
	return nil
}

func fieldGroupRoutes() []route {
	all := "/{entity:leads|contacts|companies|customers}/custom_fields/groups"
	one := all + "/{id}"
	return []route{
		{Method: "GET", Path: all, Do: listFieldGroups},
		{Method: "GET", Path: one, Do: getFieldGroup},
		{Method: "POST", Path: all, Do: createFieldGroups, Admin: true},
		{Method: "PATCH", Path: one, Do: patchFieldGroup, Admin: true},
		{Method: "DELETE", Path: one, Do: deleteFieldGroup, Admin: true},
	}
}

type fieldGroupView struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Sort         int64  `json:"sort"`
	IsPredefined bool   `json:"is_predefined"`
	Type         string `json:"type"`
	EntityType   string `json:"entity_type"`
	// Fields are the ids of the group's fields; the PHP client relies on the key.
	Fields    []int64 `json:"fields"`
	RequestID string  `json:"request_id,omitempty"`
	Links     links   `json:"_links"`
}

func (c *call) groupsPath() string { return "/" + c.args["entity"] + "/custom_fields/groups" }

func (c *call) readFieldGroup(g *fieldGroup, self func(string) links) fieldGroupView {
	ids := []int64{}
	for _, f := range c.a.fieldsOf(g.Owner) {
		if f.GroupID == nil && g.ID == defaultGroup || f.GroupID != nil && *f.GroupID == g.ID {
			ids = append(ids, f.ID)
		}
	}
	return fieldGroupView{
		ID: g.ID, Name: g.Name, Sort: g.Sort, IsPredefined: g.Predefined, Type: "custom_field_group",
		EntityType: g.Owner, Fields: ids, Links: self(c.groupsPath() + "/" + g.ID),
	}
}

func listFieldGroups(c *call) answer {
	var rows []*fieldGroup
	for _, g := range fieldGroups(c.a).all() {
		if g.Owner == c.args["entity"] {
			rows = append(rows, g)
		}
	}
	slices.SortStableFunc(rows, func(x, y *fieldGroup) int { return cmp.Compare(x.Sort, y.Sort) })
	return list(c, paging{totals: true}, "custom_field_groups", c.groupsPath(), rows, func(g *fieldGroup) fieldGroupView {
		return c.readFieldGroup(g, c.selfItem)
	})
}

func groupMissing() answer { return problem(http.StatusNotFound, "Custom field group not found") }

func getFieldGroup(c *call) answer {
	g := c.a.fieldGroup(c.args["entity"], c.args["id"])
	if g == nil {
		return groupMissing()
	}
	return ok(c.readFieldGroup(g, c.self))
}

// groupFieldsSchema: fields puts fields into the group, by their ids.
func groupFieldsSchema(owner string, required bool) schema {
	return schema{
		{name: "name", kind: stringKind, required: required, notBlank: true},
		{name: "sort", kind: intKind, required: required},
		{name: "fields", kind: listKind, item: &field{kind: intKind, check: func(c *call, v any) string {
			if c.a.fieldOf(owner, v.(int64)) != nil {
				return ""
			}
			return codeNotSupported
		}}},
	}
}

func createFieldGroups(c *call) answer {
	owner := c.args["entity"]
	b, bad := c.parseMany(groupFieldsSchema(owner, true), maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []fieldGroupView
	for _, it := range b {
		g := c.a.addFieldGroup(fieldGroup{Owner: owner})
		c.a.setFieldGroup(g, it.object)
		v := c.readFieldGroup(g, c.self)
		v.RequestID = it.requestID
		out = append(out, v)
	}
	return created(whole(c, "custom_field_groups", c.groupsPath(), out))
}

func patchFieldGroup(c *call) answer {
	owner := c.args["entity"]
	g := c.a.fieldGroup(owner, c.args["id"])
	if g == nil {
		return groupMissing()
	}
	it, bad := c.parseOne(groupFieldsSchema(owner, false))
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	c.a.setFieldGroup(g, it.object)
	v := c.readFieldGroup(g, c.self)
	if it.sentID {
		v.RequestID = it.requestID
	}
	return ok(v)
}

func (a *account) setFieldGroup(g *fieldGroup, o object) {
	if v, sent := o.str("name"); sent {
		g.Name = v
	}
	if v, sent := o.int("sort"); sent {
		g.Sort = v
	}
	for _, v := range o.list("fields") {
		id, _ := v.(int64)
		if f := a.fieldOf(g.Owner, id); f != nil {
			f.GroupID = nil
			if g.ID != defaultGroup {
				f.GroupID = &g.ID
			}
		}
	}
}

// deleteFieldGroup moves the fields of the group to the main one.
func deleteFieldGroup(c *call) answer {
	g := c.a.fieldGroup(c.args["entity"], c.args["id"])
	if g == nil || g.Predefined {
		return groupMissing()
	}
	fieldGroups(c.a).del(g.key)
	for _, f := range c.a.fieldsOf(g.Owner) {
		if f.GroupID != nil && *f.GroupID == g.ID {
			f.GroupID = nil
		}
	}
	return noContent()
}
