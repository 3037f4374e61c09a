package kommo

import "testing"

func TestAccount(t *testing.T) {
	c, r := recorded(t, `{"id":5,"name":"Acme","subdomain":"acme","language":"en","created_at":100,"created_by":0,"updated_at":200,"updated_by":1,
		"current_user_id":11,"country":"US","currency":"USD","currency_symbol":"$","customers_mode":"disabled","is_unsorted_on":true,"mobile_feature_version":0,
		"is_loss_reason_enabled":true,"is_helpbot_enabled":true,"is_technical_account":true,"contact_name_display_order":1,"amojo_id":"am","uuid":"uu",
		"version":15,"drive_url":"https://drive-b.kommo.com","is_api_filter_enabled":false,"entity_names":{"leads":{}},
		"invoices_settings":{"lang":"en","invoices_catalog_id":4},
		"_embedded":{"amojo_rights":{"can_direct":true,"can_create_groups":true},"users_groups":[{"id":0,"name":"Sales","uuid":null}],
		"task_types":[{"id":1,"name":"Call","color":null,"icon_id":null,"code":"FOLLOW_UP"}],
		"datetime_settings":{"date_pattern":"d","short_date_pattern":"sd","short_time_pattern":"st","date_format":"df","time_format":"tf",
		"timezone":"America/New_York","timezone_offset":"-05:00"}}}`, `{"id":5}`)
	a := must(c.Account.Get(t.Context(), "users_groups", "task_types"))(t)
	e := a.Embedded
	switch {
	case a.ID != 5 || a.Name != "Acme" || a.Subdomain != "acme" || a.Language != "en" || a.CreatedAt != 100 || a.UpdatedAt != 200 || a.UpdatedBy != 1:
		fallthrough
	case a.CurrentUserID != 11 || a.Country != "US" || a.Currency != "USD" || a.CurrencySymbol != "$" || a.CustomersMode != "disabled" || !a.UnsortedOn:
		fallthrough
	case !a.LossReasonsOn || !a.HelpbotOn || !a.Technical || a.ContactNameOrder != 1 || a.AmojoID != "am" || a.UUID != "uu" || a.Version != 15:
		fallthrough
	case a.DriveURL != "https://drive-b.kommo.com" || *a.APIFilterOn || string(a.EntityNames) != `{"leads":{}}` || *a.Invoices != InvoiceSettings{"en", 4}:
		fallthrough
	case *e.Amojo != AmojoRights{true, true} || e.Groups[0].Name != "Sales" || e.TaskTypes[0].Name != "Call" || *e.TaskTypes[0].Code != "FOLLOW_UP":
		fallthrough
	case e.Datetime != DatetimeSettings{"America/New_York", "-05:00", "d", "sd", "st", "df", "tf"}:
		t.Errorf("a named key was lost: %+v", a)
	}
	if bare := must(c.Account.Get(t.Context()))(t); bare.APIFilterOn != nil || bare.Embedded.Groups != nil {
		t.Errorf("what was not asked for reads as %+v", bare)
	}
	r.want(t, get("/account", "with=users_groups,task_types"), get("/account", ""))
}

func TestUsersAndRoles(t *testing.T) {
	rights := `{"leads":{"view":"A","edit":"G","add":"A","delete":"D","export":"M"},"contacts":{"view":"G"},"companies":{"view":"M"},
		"tasks":{"edit":"A","delete":"D"},"mail_access":true,"catalog_access":true,"files_access":true,
		"status_rights":[{"entity_type":"leads","pipeline_id":70,"status_id":71,"rights":{"view":"A","edit":"D","delete":"D"}}],
		"catalog_rights":[{"catalog_id":4,"rights":{"view":"L"}}],"custom_fields_rights":null,"oper_day_reports_view_access":true,
		"oper_day_user_tracking":true,"is_admin":false,"is_free":true,"is_active":true,"group_id":3,"role_id":null}`
	user := `{"id":11,"name":"Ann","email":"ann@x.io","lang":"en","uuid":"u","amojo_id":"am","user_rank":"master","phone_number":"+1555","rights":` + rights + `,
		"_embedded":{"roles":[{"id":2,"name":"Seller"}],"groups":[{"id":3,"name":"Sales"}]}}`
	role := `{"id":2,"name":"Seller","rights":` + rights + `,"_embedded":{"users":[{"id":11}]}}`
	c, r := recorded(t, user, `{"_total_items":1,"_page":1,"_page_count":1,"_embedded":{"users":[`+user+`]}}`, `{"_embedded":{"users":[`+user+`]}}`,
		role, `{"_total_items":1,"_embedded":{"roles":[`+role+`]}}`, "")
	u := must(c.Users.Get(t.Context(), 11, "role", "group"))(t)
	g := u.Rights
	switch {
	case u.ID != 11 || u.Name != "Ann" || u.Email != "ann@x.io" || u.Lang != "en" || *u.UUID != "u" || *u.AmojoID != "am" || *u.Rank != "master" || *u.Phone != "+1555":
		fallthrough
	case g.Leads != CardRights{"A", "G", "A", "D", "M"} || g.Contacts.View != "G" || g.Companies.View != "M" || g.Tasks != TaskRights{"A", "D"}:
		fallthrough
	case !g.MailAccess || !g.CatalogAccess || !g.FilesAccess || g.Admin || !g.Free || !g.Active || *g.GroupID != 3 || g.RoleID != nil || !g.DayReports || !g.DayTracking:
		fallthrough
	case g.StatusRights[0].StatusID != 71 || g.StatusRights[0].PipelineID != 70 || g.StatusRights[0].Rights.Edit != "D" || g.ListRights[0].Rights.View != "L":
		fallthrough
	case u.Embedded.Roles[0] != Named{2, "Seller"} || u.Embedded.Groups[0] != Named{3, "Sales"}:
		t.Errorf("a named key was lost: %+v", u)
	}
	page := must(c.Users.List(t.Context(), ListOptions{Page: 2, Limit: 7}, "role"))(t)
	if *page.Total != 1 || len(page.Items) != 1 {
		t.Errorf("page is %+v", page)
	}
	must(Collect(c.Users.All(t.Context())))(t)
	o := must(c.Roles.Get(t.Context(), 2, "users"))(t)
	if o.Name != "Seller" || o.Embedded.Users[0].ID != 11 || o.Rights.Leads.View != "A" {
		t.Errorf("role reads as %+v", o)
	}
	must(c.Roles.List(t.Context(), ListOptions{}))(t)
	must(Collect(c.Roles.All(t.Context(), "users")))(t)
	r.want(t, get("/users/11", "with=role,group"), get("/users", "limit=7&page=2&with=role"), get("/users", "limit=250"),
		get("/roles/2", "with=users"), get("/roles", ""), get("/roles", "limit=250&with=users"))
}
