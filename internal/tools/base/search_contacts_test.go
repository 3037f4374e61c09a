package base_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
)

func TestSearchContactsByPhoneInAnySpelling(t *testing.T) {
	r := newReader(t, 0)
	for args, want := range map[string]string{
		`{"phone":"2025550101"}`:                            "Grace Holloway",
		`{"phone":"+1 (202) 555-0101"}`:                     "Grace Holloway",
		`{"phone":"001 202 555 0101"}`:                      "Grace Holloway",
		`{"query":"202.555.0101"}`:                          "Grace Holloway",
		`{"phone":"+7 900 000 01 45"}`:                      "Dmitri Sokolov",
		`{"phone":"+525555550143"}`:                         "Ximena Robles",
		`{"email":"GRACE.Holloway@example.com"}`:            "Grace Holloway",
		`{"query":"Peñalver"}`:                              "Íñigo Peñalver",
		`{"phone":"+12025550101","query":"grace"}`:          "Grace Holloway",
		`{"kind":"company","email":"office21@example.com"}`: "Amber Court Hotel",
		`{"kind":"company","query":"Kingsley"}`:             "Kingsley Warehouse",
	} {
		var got crm.PersonList
		r.call(base.SearchContacts, args, &got)
		if len(got.Items) != 1 || got.Items[0].Name != want {
			t.Errorf("%s: %+v", args, got.Items)
		}
	}
}

func TestSearchContactsSharedPhone(t *testing.T) {
	r := newReader(t, 0)
	var got crm.PersonList
	r.call(base.SearchContacts, `{"phone":"+12025550150"}`, &got)
	if len(got.Items) != 2 || got.Items[0].Match != "exact" || got.Items[1].Match != "exact" {
		t.Errorf("%+v", got.Items)
	}
	r.call(base.SearchContacts, `{"phone":"+12025550150 ext. 4"}`, &got)
	if len(got.Items) != 2 || got.Items[0].Match != "similar" || got.Note == "" {
		t.Errorf("%+v", got)
	}
}

func TestSearchContactsFindsNobody(t *testing.T) {
	r := newReader(t, 0)
	for _, args := range []string{
		`{"phone":"+1 202 555 9999"}`, `{"email":"holloway@example.com"}`, `{"query":"zzzz"}`, `{"phone":"+12025550101","query":"rosa"}`,
	} {
		var got crm.PersonList
		r.call(base.SearchContacts, args, &got)
		if len(got.Items) != 0 || got.Items == nil || got.Hint == "" || got.HasMore {
			t.Errorf("%s: %+v", args, got)
		}
	}
	for args, field := range map[string]string{`{"phone":"none"}`: "phone", `{"email":"grace"}`: "email", `{"kind":"lead"}`: "kind"} {
		if e := r.refused(base.SearchContacts, args); e.Error.Field != field {
			t.Errorf("%s: %+v", args, e.Error)
		}
	}
}

func TestSearchContactsPagesCoverEveryRowOnce(t *testing.T) {
	r := newReader(t, 0)
	r.call(getAccount, `{}`, nil)
	var ids []int64
	cursor := ""
	for range 20 {
		var got crm.PersonList
		n, paths := r.requests(func() { r.call(base.SearchContacts, `{"limit":20`+cursor+`}`, &got) })
		if n > 2 { // the page and the companies' names
			t.Errorf("%d requests: %q", n, paths)
		}
		for _, row := range got.Items {
			ids = append(ids, row.ID)
		}
		if !got.HasMore {
			break
		}
		cursor = `,"cursor":"` + got.NextCursor + `"`
	}
	all := len(ids)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 150 || all != 150 {
		t.Errorf("%d rows of 150 contacts", all)
	}
}

func TestGetContact(t *testing.T) {
	r := newReader(t, 0)
	var found crm.PersonList
	r.call(base.SearchContacts, `{"query":"Grace Holloway"}`, &found)
	var got crm.PersonBrief
	n, paths := r.requests(func() { r.call(base.GetContact, `{"contact_id":`+number(found.Items[0].ID)+`}`, &got) })
	if got.Name != "Grace Holloway" || len(got.Leads) != 2 || got.Leads[0].Stage != "Negotiation" || len(got.Phones) != 1 || got.Kind != "contact" {
		t.Errorf("%+v", got)
	}
	if n > 8 {
		t.Errorf("cold: %d requests %q", n, paths)
	}
	n, paths = r.requests(func() { r.call(base.GetContact, `{"contact_id":`+number(found.Items[0].ID)+`}`, &got) })
	if n != 4 {
		t.Errorf("warm: %d requests %q", n, paths)
	}
	r.call(base.SearchContacts, `{"kind":"company","query":"Amber Court"}`, &found)
	r.call(base.GetContact, `{"company_id":`+number(found.Items[0].ID)+`}`, &got)
	if got.Kind != "company" || len(got.Contacts) != 2 || got.Contacts[0].Name == "" || len(got.Leads) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestGetContactRefuses(t *testing.T) {
	r := newReader(t, 0)
	for args, want := range map[string]string{
		`{}`: "contact_id", `{"contact_id":1,"company_id":2}`: "company_id", `{"contact_id":1}`: "contact_id", `{"company_id":1}`: "company_id",
	} {
		e := r.refused(base.GetContact, args)
		if e.Error.Field != want || !strings.Contains(e.Error.Next, "search_contacts") && !strings.Contains(e.Error.Next, "one of them") {
			t.Errorf("%s: %+v", args, e.Error)
		}
	}
}

// A phone that somebody has and an e-mail that is another's: the hint must not deny the phone.
func TestSearchContactsHintOfSeveralArguments(t *testing.T) {
	r := newReader(t, 0)
	var out crm.PersonList
	r.call(base.SearchContacts, `{"phone":"+1 415 555 0138","email":"nobody@example.com"}`, &out)
	if len(out.Items) != 0 || !strings.Contains(out.Hint, "at once") {
		t.Errorf("found %d, hint %q", len(out.Items), out.Hint)
	}
}
