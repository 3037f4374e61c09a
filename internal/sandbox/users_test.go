package sandbox

import (
	"fmt"
	"testing"
)

const memberJSON = `"leads":{"view":"M","edit":"M","add":"A","delete":"D","export":"D"},
	"contacts":{"view":"A","edit":"M","add":"A","delete":"D","export":"D"},
	"companies":{"view":"A","edit":"M","add":"A","delete":"D","export":"D"},"tasks":{"edit":"M","delete":"D"}`

func userBody(rights string) string {
	return `[{"name":"Ana","email":"ana@example.com","password":"Secret1","lang":"es","rights":{` + rights + `}}]`
}

func TestUserListHasTotalsAndTheSlash(t *testing.T) {
	g := newRig(t)
	var team int64
	g.state(func(a *account) {
		team = groups(a).alloc()
		groups(a).put(team, &group{ID: team, Name: "North"})
		r := memberRights("G")
		r.GroupID, r.RoleID = &team, &addRole(a, "Closer", memberRights("G")).ID
		addUser(a, "Ana", "ana@example.com", r).Phone = "+15550001"
	})
	r := g.get("/users?with=role,group,uuid,amojo_id,user_rank,phone_number&limit=1&page=2").want(200)
	r.eq(2, "_total_items")
	r.eq(2, "_page_count")
	q := "?with=role%2Cgroup%2Cuuid%2Camojo_id%2Cuser_rank%2Cphone_number&limit=1&page="
	r.eq("https://demo.kommo.com/api/v4/users/"+q+"2", "_links", "self", "href")
	u := func(path ...any) []any { return append([]any{"_embedded", "users", 0}, path...) }
	id := int64(r.at(u("id")...).(float64))
	r.eq(fmt.Sprintf("https://demo.kommo.com/api/v4/users/%d/%s2", id, q), u("_links", "self", "href")...)
	r.eq("Closer", u("_embedded", "roles", 0, "name")...)
	r.eq(map[string]any{"id": team, "name": "North"}, u("_embedded", "groups", 0)...)
	r.eq("+15550001", u("phone_number")...)
	r.eq(team, u("rights", "group_id")...)
	r.eq("G", u("rights", "leads", "view")...)
	r.eq(nil, u("rights", "status_rights")...)
	if uuid, _ := r.at(u("uuid")...).(string); len(uuid) != 36 {
		t.Errorf("uuid %q", uuid)
	}
	one := g.get(fmt.Sprintf("/users/%d", id)).want(200)
	one.eq(fmt.Sprintf("https://demo.kommo.com/api/v4/users/%d", id), "_links", "self", "href")
	if one.at("uuid") != nil || one.at("_embedded") != nil {
		t.Errorf("extras without with: %s", one.raw)
	}
	g.get("/users/5").want(404)
	g.get("/users?page=9").want(204)
}

func TestUsersAreCreatedAndSwitched(t *testing.T) {
	g := newRig(t)
	r := g.post("/users", userBody(memberJSON)).want(201)
	r.eq("0", "_embedded", "users", 0, "request_id")
	r.eq("M", "_embedded", "users", 0, "rights", "leads", "view")
	r.eq("es", "_embedded", "users", 0, "lang")
	r.eq(true, "_embedded", "users", 0, "rights", "is_active")
	id := int64(r.at("_embedded", "users", 0, "id").(float64))
	token := g.s.UserToken(g.host, id)
	body := fmt.Sprintf(`[{"id":%d}]`, id)
	admin := g.token
	g.post("/users/deactivate", body).want(204)
	g.token = token
	g.get("/account").want(401)
	g.token = admin
	g.post("/leads", fmt.Sprintf(`[{"responsible_user_id":%d}]`, id)).want(400)
	g.post("/users/activate", body).want(204)
	g.token = token
	g.get("/account").want(200)
	g.token = admin
	g.post("/users/deactivate", fmt.Sprintf(`[{"id":%d}]`, users(g.s.byHost[g.host]).ids[0])).want(400)
}

func TestUserRulesAreChecked(t *testing.T) {
	g := newRig(t)
	for _, tc := range []struct{ body, code, path string }{
		{`[{"name":"a","email":"a@b.c","password":"Secret1","rights":{}}]`, "FieldMissing", "rights.leads"},
		{`[{"name":"a","email":"a@b.c","password":"secret1","rights":{"is_free":true}}]`, "NotSupportedChoice", "password"},
		{`[{"name":"a","password":"Secret1","rights":{"is_free":true}}]`, "FieldMissing", "email"},
		{`[{"name":"123456789012345678901234567890123456789012345678901","email":"a@b.c","password":"Secret1","rights":{"is_free":true}}]`, "TooLong", "name"},
		{userBody(`"leads":{"view":"M","edit":"A"},"contacts":{},"companies":{},"tasks":{}`), "NotSupportedChoice", "rights.leads.edit"},
		{userBody(`"leads":{"view":"Z"},"contacts":{},"companies":{},"tasks":{}`), "NotSupportedChoice", "rights.leads.view"},
		{userBody(`"role_id":5`), "NotSupportedChoice", "rights.role_id"},
	} {
		r := g.post("/users", tc.body).want(400)
		r.eq(tc.code, "validation-errors", 0, "errors", 0, "code")
		r.eq(tc.path, "validation-errors", 0, "errors", 0, "path")
	}
	eleven := "["
	for range 11 {
		eleven += userBody(memberJSON)[1:len(userBody(memberJSON))-1] + ","
	}
	g.post("/users", eleven[:len(eleven)-1]+"]").want(422)
	g.patch("/users", `[]`).want(405)
}

func TestRoleLifeCycle(t *testing.T) {
	g := newRig(t)
	g.get("/roles").want(204)
	r := g.post("/roles", `[{"name":"Closer","rights":{`+memberJSON+`}}]`).want(201)
	id := int64(r.at("_embedded", "roles", 0, "id").(float64))
	path := rolePath(id)
	g.patch(path, `{"name":"Opener","rights":{"leads":{"view":"G"}}}`).want(202).eq("G", "rights", "leads", "view")
	one := g.get(path + "?with=users").want(200)
	one.eq("Opener", "name")
	one.eq("M", "rights", "leads", "edit")
	one.eq([]any{}, "_embedded", "users")

	user := g.post("/users", userBody(fmt.Sprintf(`"role_id":%d`, id))).want(201)
	user.eq("G", "_embedded", "users", 0, "rights", "leads", "view") // the role's rights
	user.eq(id, "_embedded", "users", 0, "rights", "role_id")
	g.get(path+"?with=users").eq(user.at("_embedded", "users", 0, "id"), "_embedded", "users", 0, "id")
	g.get("/roles").want(200).eq(1, "_total_items")

	g.del(path).want(204)
	g.get(path).want(404)
	g.patch(path, `{"name":"x"}`).want(404)
	uid := int64(user.at("_embedded", "users", 0, "id").(float64))
	g.get(fmt.Sprintf("/users/%d", uid)).eq(nil, "rights", "role_id")
}

func TestAccountAndItsExtras(t *testing.T) {
	g := newRig(t)
	plain := g.get("/account").want(200)
	plain.eq("demo", "subdomain")
	plain.eq("USD", "currency")
	plain.eq(1, "contact_name_display_order")
	plain.eq("https://demo.kommo.com/api/v4/account", "_links", "self", "href")
	for _, key := range []string{"amojo_id", "version", "drive_url", "_embedded"} {
		if plain.at(key) != nil {
			t.Errorf("%s without with", key)
		}
	}
	r := g.get("/account?with=amojo_id,amojo_rights,users_groups,task_types,version,entity_names,datetime_settings,drive_url,is_api_filter_enabled,invoices_settings,uuid").want(200)
	r.eq("https://drive-c.kommo.com", "drive_url")
	r.eq(true, "is_api_filter_enabled")
	r.eq(0, "_embedded", "users_groups", 0, "id")
	r.eq(map[string]any{"id": 1, "name": "Follow-up", "color": nil, "icon_id": nil, "code": "FOLLOW_UP"}, "_embedded", "task_types", 0)
	r.eq("MEETING", "_embedded", "task_types", 1, "code")
	r.eq("America/New_York", "_embedded", "datetime_settings", "timezone")
	r.eq("-04:00", "_embedded", "datetime_settings", "timezone_offset")
	r.eq(true, "_embedded", "amojo_rights", "can_direct")
	for _, key := range []string{"amojo_id", "version", "entity_names", "invoices_settings", "uuid"} {
		if r.at(key) == nil {
			t.Errorf("no %s", key)
		}
	}
	g.get("/account?with=null").want(200)
}

// TestRecordsOfADeactivatedUserCanBeSaved: clients save with the users they read.
func TestRecordsOfADeactivatedUserCanBeSaved(t *testing.T) {
	g := newRig(t)
	r := g.post("/users", userBody(memberJSON)).want(201)
	id := int64(r.at("_embedded", "users", 0, "id").(float64))
	paths := []string{
		fmt.Sprintf("/leads/%d", g.made("leads", "/leads", fmt.Sprintf(`[{"responsible_user_id":%d}]`, id))[0]),
		fmt.Sprintf("/contacts/%d", g.made("contacts", "/contacts", fmt.Sprintf(`[{"name":"Ann","responsible_user_id":%d}]`, id))[0]),
		fmt.Sprintf("/tasks/%d", g.made("tasks", "/tasks", fmt.Sprintf(`[{"text":"x","complete_till":1,"responsible_user_id":%d}]`, id))[0]),
	}
	others := g.made("leads", "/leads", `[{"name":"mine"}]`)[0]
	g.post("/users/deactivate", fmt.Sprintf(`[{"id":%d}]`, id)).want(204)
	for _, path := range paths {
		g.patch(path, fmt.Sprintf(`{"responsible_user_id":%d,"created_by":%d,"updated_by":%d}`, id, id, id)).want(200)
		g.patch(path, `{"created_by":5}`).want(400)
	}
	g.patch(fmt.Sprintf("/leads/%d", others), fmt.Sprintf(`{"responsible_user_id":%d}`, id)).want(400)
}
