package users_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func names(list crm.UserList) string {
	var out []string
	for _, u := range list.Items {
		out = append(out, u.Name)
	}
	return strings.Join(out, ", ")
}

func TestListUsers(t *testing.T) {
	r := newRig(t, 0)
	for args, want := range map[string]string{
		`{}`:                       "Olivia Bennett, Marcus Reed, Ana Torres, Ana Whitfield, Daniel Cho, Priya Nair",
		`{"query":"ána"}`:          "Ana Torres, Ana Whitfield",
		`{"query":"priya.nair@"}`:  "Priya Nair",
		`{"group":"field crew"}`:   "Daniel Cho, Priya Nair",
		`{"group":"0"}`:            "Olivia Bennett, Marcus Reed, Ana Torres",
		`{"role":"Customer care"}`: "Ana Whitfield",
		`{"role":"485001"}`:        "Marcus Reed, Ana Torres",
		`{"query":"victor"}`:       "",
		`{"role":"King"}`:          "",
		`{"inactive":true,"role":"sales representative"}`: "Marcus Reed, Ana Torres, Victor Hale",
	} {
		var list crm.UserList
		if sent := r.Into("list_users", args, &list); sent != "GET" || names(list) != want || list.HasMore || (want == "") != (list.Hint != "") {
			t.Errorf("%s: %s, %s", args, sent, names(list))
		}
	}
	if e, sent := r.Fails("not_found", "list_users", `{"group":"Feld crew"}`); len(e.Candidates) != 3 || sent != "" {
		t.Errorf("%+v", e)
	}
}

func TestRightsInWords(t *testing.T) {
	var list crm.UserList
	newRig(t, 0).Into("list_users", `{"inactive":true}`, &list)
	by := map[string]crm.UserRow{}
	for _, u := range list.Items {
		by[u.Name] = u
	}
	if u := by["Olivia Bennett"]; u.Access != "admin" || !u.Me || u.Rights != nil {
		t.Errorf("%+v", u)
	}
	if u := by["Victor Hale"]; u.Access != "inactive" || u.Rights != nil {
		t.Errorf("%+v", u)
	}
	if u := by["Daniel Cho"]; u.Rights.Leads != "everything" || u.Access != "by rights" || u.Group != "Field crew" {
		t.Errorf("%+v", u)
	}
	u := by["Marcus Reed"]
	if u.Rights.Contacts != "own group's: view, edit, delete, export; may add" || u.Rights.Tasks != "own group's: edit, delete" ||
		!slices.Equal(u.Rights.Stages, []string{"Residential solar / Closed - lost: everything"}) {
		t.Errorf("%+v", u.Rights)
	}
}

func TestUsersByPages(t *testing.T) {
	r := newRig(t, 0)
	var all []string
	cursor := ""
	for range 10 {
		var list crm.UserList
		r.Into("list_users", `{"limit":4,"inactive":true,"cursor":"`+cursor+`"}`, &list)
		for _, u := range list.Items {
			all = append(all, u.Name)
		}
		if cursor = list.NextCursor; list.HasMore != (cursor != "") {
			t.Errorf("has_more %v with the cursor %q", list.HasMore, cursor)
		}
		if !list.HasMore {
			break
		}
	}
	if len(all) != 7 {
		t.Errorf("%d users: %v", len(all), all)
	}
}

func TestListRolesAndGroups(t *testing.T) {
	r := newRig(t, 0)
	var roles crm.RoleList
	if sent := r.Into("list_roles", `{"limit":1}`, &roles); sent != "GET" || !roles.HasMore || len(roles.Items) != 1 {
		t.Fatalf("%s %+v", sent, roles)
	}
	first := roles.Items[0]
	if first.Name != "Sales representative" || !slices.Equal(first.Users, []string{"Marcus Reed", "Ana Torres", "Victor Hale"}) ||
		first.Rights.Leads != "own group's: view, edit, delete, export; may add" {
		t.Errorf("%+v", first)
	}
	var rest crm.RoleList
	r.Into("list_roles", `{"limit":1,"cursor":"`+roles.NextCursor+`"}`, &rest)
	if rest.HasMore || len(rest.Items) != 1 || rest.Items[0].Name != "Customer care" {
		t.Errorf("%+v", rest)
	}
	var groups crm.GroupList
	if sent := r.Into("list_groups", `{}`, &groups); sent != "" || len(groups.Items) != 3 {
		t.Fatalf("%s %+v", sent, groups)
	}
	if g := groups.Items[0]; g.ID != 0 || g.Name != "Sales" || len(g.Users) != 3 || g.Inactive != 1 {
		t.Errorf("%+v", g)
	}
}

// An ordinary user may read neither users nor roles; groups come without users.
func TestOrdinaryUser(t *testing.T) {
	r := newRig(t, 10_450_004)
	for _, tool := range []string{"list_users", "list_roles"} {
		if e, _ := r.Fails("forbidden", tool, `{}`); !strings.Contains(e.Message, "administrators") {
			t.Errorf("%s: %+v", tool, e)
		}
	}
	var groups crm.GroupList
	r.Into("list_groups", `{}`, &groups)
	if len(groups.Items) != 3 || groups.Note == "" || len(groups.Items[0].Users) != 0 {
		t.Errorf("%+v", groups)
	}
}

func TestNoRoles(t *testing.T) {
	r := newRig(t, 0)
	r.Box.Inject(sandbox.Fault{PathPrefix: "/roles", Kind: sandbox.FaultStatus, Status: 204})
	var roles crm.RoleList
	r.Into("list_roles", `{}`, &roles)
	if len(roles.Items) != 0 || roles.Hint == "" {
		t.Errorf("%+v", roles)
	}
}
