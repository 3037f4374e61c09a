package kommo

import "testing"

func TestContacts(t *testing.T) {
	body := `{"id":41,"name":"Ann Lee","first_name":"Ann","last_name":"Lee","responsible_user_id":11,"group_id":3,"created_by":0,"updated_by":11,
		"created_at":100,"updated_at":200,"closest_task_at":300,"is_deleted":false,"is_unsorted":true,"account_id":5,
		"custom_fields_values":[{"field_id":31,"field_name":"Phone","field_code":"PHONE","field_type":"multitext","is_computed":true,
		"values":[{"value":"+15550001","enum_id":8,"enum_code":"WORK"}]}],
		"_embedded":{"tags":[],"companies":[{"id":8}],"leads":[{"id":901}],"customers":[{"id":2}]}}`
	c, r := recorded(t, body,
		`{"_page":1,"_links":{},"_embedded":{"contacts":[`+body+`]}}`,
		`{"_embedded":{"contacts":[{"id":42,"is_deleted":false,"is_unsorted":true,"request_id":"0"}]}}`,
		`{"id":41,"name":"Ann","updated_at":300,"is_unsorted":true}`,
		`{"_embedded":{"contacts":[{"id":41,"name":"Ann","updated_at":300}]}}`)
	p := must(c.Contacts.Get(t.Context(), 41, "leads", "customers"))(t)
	f := p.Fields[0]
	switch {
	case p.ID != 41 || p.Name != "Ann Lee" || p.FirstName != "Ann" || p.LastName != "Lee" || p.ResponsibleID != 11 || p.GroupID != 3:
		fallthrough
	case p.UpdatedBy != 11 || p.CreatedAt != 100 || p.UpdatedAt != 200 || p.ClosestTaskAt != 300 || !p.Unsorted || p.AccountID != 5:
		fallthrough
	case f.FieldID != 31 || f.Name != "Phone" || !f.Is(CodePhone) || f.Type != FieldMultitext || !f.Computed || f.Texts()[0] != "+15550001" || f.Values[0].Kind() != "WORK":
		fallthrough
	case p.Embedded.Companies[0].ID != 8 || p.Embedded.Leads[0].ID != 901 || p.Embedded.Customers[0].ID != 2:
		t.Errorf("a named key was lost: %+v", p)
	}
	page := must(c.Contacts.List(t.Context(), CardListFilter{CardFilter: CardFilter{Query: "5550001"}, ListOptions: ListOptions{Limit: 5}}))(t)
	if len(page.Items) != 1 || page.HasNext {
		t.Errorf("page is %+v", page)
	}
	made := must(c.Contacts.Create(t.Context(), []ContactWrite{{
		Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", ResponsibleID: 11, CreatedBy: new(int64(0)), UpdatedBy: new(int64(1)), CreatedAt: 7, UpdatedAt: 8,
		Embedded: &CardEmbedding{Tags: TagSet{{Name: "vip"}}},
	}}))(t)
	if made[0].ID != 42 || !made[0].Unsorted {
		t.Errorf("made %+v", made)
	}
	u := must(c.Contacts.Update(t.Context(), 41, ContactWrite{FirstName: "Ann", AddTags: []TagRef{{ID: 3}}}))(t)
	if u.ID != 41 || u.Name != "Ann" || u.UpdatedAt != 300 || !u.Unsorted {
		t.Errorf("updated %+v", u)
	}
	must(c.Contacts.UpdateMany(t.Context(), []ContactWrite{{ID: 41, Name: "Ann"}}))(t)
	if all := must(Collect(c.Contacts.All(t.Context(), CardListFilter{})))(t); len(all) != 0 {
		t.Errorf("walked %d", len(all))
	}
	r.want(t,
		get("/contacts/41", "with=leads,customers"), get("/contacts", "limit=5&query=5550001"),
		post("/contacts", `[{"name":"Ann Lee","first_name":"Ann","last_name":"Lee","responsible_user_id":11,"created_by":0,"updated_by":1,
			"created_at":7,"updated_at":8,"_embedded":{"tags":[{"name":"vip"}]}}]`),
		patch("/contacts/41", `{"first_name":"Ann","tags_to_add":[{"id":3}]}`),
		patch("/contacts", `[{"id":41,"name":"Ann"}]`), get("/contacts", "limit=250"))
}

func TestCompanies(t *testing.T) {
	body := `{"id":8,"name":"Acme","responsible_user_id":11,"group_id":0,"created_by":1,"updated_by":2,"created_at":100,"updated_at":200,
		"closest_task_at":null,"is_deleted":false,"custom_fields_values":null,"account_id":5,"_embedded":{"tags":[{"id":3,"name":"vip"}],"contacts":[{"id":41}]}}`
	c, r := recorded(t, body, `{"_links":{"next":{"href":"n"}},"_embedded":{"companies":[`+body+`]}}`, "",
		`{"_embedded":{"companies":[{"id":9,"request_id":"0"}]}}`, `{"_embedded":{"companies":[{"id":8,"name":"Acme","updated_at":9}]}}`,
		`{"_embedded":{"companies":[{"id":8,"updated_at":9}]}}`)
	p := must(c.Companies.Get(t.Context(), 8, "contacts"))(t)
	if p.ID != 8 || p.Name != "Acme" || p.UpdatedBy != 2 || p.CreatedBy != 1 || p.Embedded.Contacts[0].ID != 41 || p.Embedded.Tags[0].Name != "vip" {
		t.Errorf("a named key was lost: %+v", p)
	}
	all := must(Collect(c.Companies.All(t.Context(), CardListFilter{CardFilter: CardFilter{Order: Order{By: "id"}}})))(t)
	if len(all) != 1 {
		t.Errorf("walked %d", len(all))
	}
	made := must(c.Companies.Create(t.Context(), []CompanyWrite{{Name: "New", Fields: []FieldValueWrite{{FieldCode: CodeEmail, Values: []ValueWrite{{Value: "a@x.io"}}}}}}))(t)
	u := must(c.Companies.Update(t.Context(), 8, CompanyWrite{Name: "Acme", ResponsibleID: 12}))(t)
	if made[0].ID != 9 || u.Name != "Acme" || u.UpdatedAt != 9 {
		t.Errorf("made %+v, updated %+v", made, u)
	}
	must(c.Companies.UpdateMany(t.Context(), []CompanyWrite{{ID: 8, UpdatedAt: 9}}))(t)
	r.want(t,
		get("/companies/8", "with=contacts"),
		get("/companies", "limit=250&order[id]=asc"), get("/companies", "limit=250&order[id]=asc&page=2"),
		post("/companies", `[{"name":"New","custom_fields_values":[{"field_code":"EMAIL","values":[{"value":"a@x.io"}]}]}]`),
		patch("/companies/8", `{"name":"Acme","responsible_user_id":12}`), patch("/companies", `[{"id":8,"updated_at":9}]`))
}
