package sandbox

import (
	"fmt"
	"testing"
)

func TestContactIsCreatedReadAndPatched(t *testing.T) {
	g := newRig(t)
	r := g.post("/contacts", `[{"first_name":"Ann","last_name":"Lee"},{"name":"Bob","request_id":"b"}]`).want(200)
	r.eq("0", "_embedded", "contacts", 0, "request_id")
	r.eq("b", "_embedded", "contacts", 1, "request_id")
	r.eq(false, "_embedded", "contacts", 0, "is_unsorted")
	id := int64(r.rows("contacts")[0]["id"].(float64))
	path := fmt.Sprintf("/contacts/%d", id)
	one := g.get(path + "?with=leads,customers").want(200)
	one.eq("Ann Lee", "name")
	one.eq("Ann", "first_name")
	one.eq(nil, "custom_fields_values")
	one.eq([]any{}, "_embedded", "leads")
	one.eq([]any{}, "_embedded", "companies")
	g.tick(3)
	p := g.patch(path, fmt.Sprintf(`{"id":%d,"request_id":null,"last_name":"Ray","_embedded":{"tags":[{"name":"vip"}]}}`, id)).want(200)
	p.eq("Ann Ray", "name")
	p.eq(1_760_000_003, "updated_at")
	g.get("/contacts?query=ray").want(200).eq(id, "_embedded", "contacts", 0, "id")
	g.get("/contacts?query=nobody").want(204)
	g.get("/contacts/1").want(204)
	g.get("/contacts?order[name]=desc").want(200).eq("Bob", "_embedded", "contacts", 0, "name")
	g.patch("/contacts/1", `{"name":"x"}`).want(400)
	g.post("/contacts", `{"name":"x"}`).want(400)
}

func TestCompanyRefusesContactNames(t *testing.T) {
	g := newRig(t)
	r := g.post("/companies", `[{"name":"Acme"},{"first_name":"A","request_id":"q"}]`).want(400)
	r.eq("FieldNotExpected", "validation-errors", 0, "errors", 0, "code")
	r.eq("q", "validation-errors", 0, "request_id")
	g.get("/companies").want(204)
	id := g.made("companies", "/companies", `[{"name":"Acme"}]`)[0]
	one := g.get(fmt.Sprintf("/companies/%d?with=contacts", id)).want(200)
	one.eq([]any{}, "_embedded", "contacts")
	if _, has := one.json()["first_name"]; has {
		t.Error("a company has no first_name")
	}
	patched := g.patch("/companies", fmt.Sprintf(`[{"id":%d,"name":"Acme 2"}]`, id)).want(200)
	patched.eq("Acme 2", "_embedded", "companies", 0, "name")
}

func TestTrashedContactIsFoundOnlyInTheBin(t *testing.T) {
	g := newRig(t)
	id := g.made("contacts", "/contacts", `[{"name":"Ann"}]`)[0]
	a := g.s.byHost[g.host]
	contacts(a).get(id).Deleted = true
	g.get("/contacts").want(204)
	g.get("/contacts?with=only_deleted").want(200).eq(false, "_embedded", "contacts", 0, "is_deleted")
}

func TestContactChatIsTiedToOneContact(t *testing.T) {
	g := newRig(t)
	ids := g.made("contacts", "/contacts", `[{"name":"Ann"},{"name":"Bob"}]`)
	g.get("/contacts/chats?chat_id=u-1").want(204)
	body := `[{"contact_id":%d,"chat_id":"u-1"}]`
	r := g.do("POST", "/contacts/chats", fmt.Sprintf(body, ids[0]), "Content-Type", "application/x-www-form-urlencoded").want(200)
	r.eq(1, "_total_items")
	r.eq("0", "_embedded", "chats", 0, "request_id")
	g.post("/contacts/chats", fmt.Sprintf(body, ids[1])).want(200)
	g.get(fmt.Sprintf("/contacts/chats?contact_id[]=%d", ids[0])).want(204)
	g.get("/contacts/chats?chat_id=u-1").want(200).eq(ids[1], "_embedded", "chats", 0, "contact_id")
}
