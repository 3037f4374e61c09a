package contacts_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func kinds(records []crm.Record) string {
	var out []string
	for _, r := range records {
		out = append(out, r.Kind)
	}
	return strings.Join(out, " ")
}

func (r *rig) contact(id int64) kommo.Contact {
	r.Helper()
	c, err := r.API.Contacts.Get(r.Context(), id, "leads")
	r.must(err)
	return c
}

func texts(fields []kommo.FieldValue, code string) string {
	for _, f := range fields {
		if f.Is(code) {
			return strings.Join(f.Texts(), ", ")
		}
	}
	return ""
}

func TestCreateContact(t *testing.T) {
	r := newRig(t, 0)
	var made crm.Made
	sent := r.Into("create_contact", `{"name":"Pat Newcomer","phone":"(202) 555-0199","email":" Pat@Example.net","company_name":"Brand New Inc",
		"responsible":"Marcus","fields":{"Position":"Owner"},"tags":["vip"]}`, &made)
	if sent != "GET GET GET POST POST POST" || kinds(made.Created) != "contact company" || kinds(made.Found) != "" || len(made.Warnings) > 0 {
		t.Fatalf("%s %+v", sent, made)
	}
	c := r.contact(made.ID)
	if c.Name != "Pat Newcomer" || texts(c.Fields, "PHONE") != "+12025550199" || texts(c.Fields, "EMAIL") != "Pat@Example.net" || c.ResponsibleID != 10_450_002 ||
		texts(c.Fields, "POSITION") != "Owner" || len(c.Embedded.Tags) != 1 || c.Embedded.Companies[0].ID != made.Created[1].ID {
		t.Errorf("%+v", c)
	}
	if sent := r.Into("create_contact", `{"name":"Second","company_name":"brand new inc"}`, &made); sent != "GET POST POST" ||
		kinds(made.Created) != "contact" || kinds(made.Found) != "company" {
		t.Errorf("%s %+v", sent, made)
	}
	if sent := r.Into("create_contact", `{"email":"only@example.net"}`, &made); sent != "GET POST" || r.contact(made.ID).Name != "only@example.net" {
		t.Errorf("%s %+v", sent, made)
	}
}

func TestContactThatExists(t *testing.T) {
	r := newRig(t, 0)
	var made crm.Made
	sent := r.Into("create_contact", `{"name":"Grace H.","phone":"202-555-0101","email":"new@example.net","fields":{"Position":"CEO"},"company_id":53870001}`, &made)
	if strings.Contains(sent, "POST") || kinds(made.Created) != "" || kinds(made.Found) != "contact" || made.Found[0].Name != "Grace Holloway" || made.ID != made.Found[0].ID {
		t.Fatalf("%s %+v", sent, made)
	}
	warnings := strings.Join(made.Warnings, " ")
	for _, part := range []string{"allow_duplicate", "called Grace Holloway", "new@example.net", "fields", "link_records"} {
		if !strings.Contains(warnings, part) {
			t.Errorf("%q is missing in %s", part, warnings)
		}
	}
	if e, sent := r.Fails("ambiguous", "create_contact", `{"name":"Pat","phone":"+1 202 555 0150"}`); len(e.Candidates) != 2 || strings.Contains(sent, "POST") {
		t.Errorf("%s %+v", sent, e)
	}
	if r.Into("create_contact", `{"name":"rosa delgado","phone":"+1 202 555 0150"}`, &made); kinds(made.Found) != "contact" || made.Found[0].Name != "Rosa Delgado" {
		t.Errorf("%+v", made)
	}
	if r.Into("create_contact", `{"name":"Pat","phone":"+1 202 555 0150","allow_duplicate":true}`, &made); kinds(made.Created) != "contact" {
		t.Errorf("%+v", made)
	}
}

func TestCreateCompany(t *testing.T) {
	r := newRig(t, 0)
	var made, again crm.Made
	if sent := r.Into("create_company", `{"name":"Zenith Roofs","phone":"+1 202 555 0190","email":"a@example.net","fields":{"Web":"https://zenith.example.com"},"tags":["new"]}`, &made); sent != "GET GET GET POST" ||
		kinds(made.Created) != "company" {
		t.Fatalf("%s %+v", sent, made)
	}
	c, err := r.API.Companies.Get(t.Context(), made.ID)
	r.must(err)
	if c.Name != "Zenith Roofs" || texts(c.Fields, "PHONE") != "+12025550190" || len(c.Embedded.Tags) != 1 {
		t.Errorf("%+v", c)
	}
	if sent := r.Into("create_company", `{"name":"ZENITH  roofs","phone":"+1 202 555 0111"}`, &again); sent != "GET GET" || again.ID != made.ID ||
		!strings.Contains(strings.Join(again.Warnings, " "), "The company found does not have the phone") {
		t.Errorf("%s %+v", sent, again)
	}
	for _, same := range []string{`"phone":"202 555 0190"`, `"email":"A@Example.net"`} {
		if r.Into("create_company", `{"name":"Zenith Ltd",`+same+`}`, &again); again.ID != made.ID || kinds(again.Created) != "" ||
			!strings.Contains(strings.Join(again.Warnings, " "), "called Zenith Roofs, not Zenith Ltd") {
			t.Errorf("%s: %+v", same, again)
		}
	}
	if sent := r.Into("create_company", `{"name":"Zenith Roofs","allow_duplicate":true}`, &again); sent != "POST" || again.ID == made.ID {
		t.Errorf("%s %+v", sent, again)
	}
	if e, _ := r.Fails("ambiguous", "create_company", `{"name":"Zenith Roofs"}`); len(e.Candidates) != 2 || e.Field != "name" {
		t.Errorf("%+v", e)
	}
	if r.Into("create_company", `{"name":"Zenith Roofs","phone":"+1 202 555 0190"}`, &again); again.ID != made.ID {
		t.Errorf("of two namesakes the one with the phone is meant: %+v", again)
	}
	r.Into("create_company", `{"name":"Apex Barns","email":"apex@example.net"}`, &again)
	if e, sent := r.Fails("ambiguous", "create_company", `{"name":"Apex Barns","phone":"+1 202 555 0190"}`); len(e.Candidates) != 2 || e.Field != "phone" || strings.Contains(sent, "POST") {
		t.Errorf("name and phone of two companies: %s %+v", sent, e)
	}
}

func TestCreateRefusals(t *testing.T) {
	r := newRig(t, 0)
	for args, want := range map[string]string{
		`{}`:                                                    "invalid_argument name",
		`{"name":" "}`:                                          "invalid_argument name",
		`{"name":"A","phone":"call me"}`:                        "invalid_argument phone",
		`{"name":"A","email":"nobody"}`:                         "invalid_argument email",
		`{"name":"A","fields":{"Phone":"1"}}`:                   "invalid_argument fields",
		`{"name":"A","fields":{"Shoe":"44"}}`:                   "not_found fields.Shoe",
		`{"name":"A","responsible":"Nobody"}`:                   "not_found responsible",
		`{"name":"A","company_id":7}`:                           "not_found company_id",
		`{"name":"A","company_id":53870001,"company_name":"B"}`: "invalid_argument company_id",
	} {
		code, field, _ := strings.Cut(want, " ")
		if e, sent := r.Fails(code, "create_contact", args); e.Field != field || strings.Contains(sent, "POST") {
			t.Errorf("%s: %s %+v", args, sent, e)
		}
	}
	r.Fails("invalid_argument", "create_company", `{"name":""}`)
	r.Box.Inject(sandbox.Fault{Method: http.MethodPost, Kind: sandbox.FaultStatus, Status: 403})
	r.Fails("forbidden", "create_company", `{"name":"No Rights"}`)
}

func (r *rig) called(kind, name string) int {
	r.Helper()
	n := 0
	if kind == "company" {
		all, err := kommo.Collect(r.API.Companies.All(r.Context(), kommo.CardListFilter{}))
		r.must(err)
		for _, c := range all {
			n += btoi(c.Name == name)
		}
		return n
	}
	all, err := kommo.Collect(r.API.Contacts.All(r.Context(), kommo.CardListFilter{}))
	r.must(err)
	for _, c := range all {
		n += btoi(c.Name == name)
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestLostCreateIsLookedUp(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"504":       {Kind: sandbox.FaultLostAnswer, Status: 504},
		"reset":     {Kind: sandbox.FaultLostAnswer},
		"truncated": {Kind: sandbox.FaultTruncatedBody},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0, sandbox.WithSwitches(sandbox.Switches{FilteringOff: name == "504"}))
			for _, kind := range []string{"contact", "company"} {
				fault.Method = http.MethodPost
				r.Box.Inject(fault)
				var made crm.Made
				sent := r.Into("create_"+kind, `{"name":"Lost One","phone":"+1 202 555 0187"}`, &made)
				if !made.LookedUp || made.ID == 0 || strings.Count(sent, "POST") != 1 || r.called(kind, "Lost One") != 1 {
					t.Errorf("%s: %s %+v", kind, sent, made)
				}
			}
		})
	}
}

func TestCreateThatWasNotCarriedOut(t *testing.T) {
	r := newRig(t, 0)
	for _, kind := range []string{"contact", "company"} {
		var made crm.Made
		args := `{"name":"Twin","allow_duplicate":true}`
		r.Into("create_"+kind, args, &made)
		r.Box.Inject(sandbox.Fault{Method: http.MethodPost, Kind: sandbox.FaultStatus, Status: 504})
		if _, sent := r.Fails("outcome_unknown", "create_"+kind, args); strings.Count(sent, "POST") != 1 || r.called(kind, "Twin") != 1 {
			t.Errorf("%s: %s", kind, sent)
		}
	}
}

func TestKeyCreatesOnce(t *testing.T) {
	r := newRig(t, 0)
	for _, kind := range []string{"contact", "company"} {
		args := `{"name":"Once","allow_duplicate":true,"idempotency_key":"k"}`
		made := make([]crm.Made, 2)
		var group sync.WaitGroup
		for i := range made {
			group.Go(func() { r.Into("create_"+kind, args, &made[i]) })
		}
		group.Wait()
		if made[0].ID != made[1].ID || made[0].Repeat == made[1].Repeat || r.called(kind, "Once") != 1 {
			t.Errorf("%s: %+v", kind, made)
		}
		r.Fails("conflict", "create_"+kind, strings.Replace(args, "Once", "Twice", 1))
	}
}

// What fails after the contact was made is a warning: the contact is there.
func TestCompanyThatFailsIsAWarning(t *testing.T) {
	r := newRig(t, 0)
	for _, path := range []string{"/companies", "/contacts/"} {
		r.Box.Inject(sandbox.Fault{Method: http.MethodPost, PathPrefix: path, Kind: sandbox.FaultStatus, Status: 403})
		var made crm.Made
		r.Into("create_contact", fmt.Sprintf(`{"name":"Half %s","company_name":"Firm %s"}`, path, path), &made)
		if made.ID == 0 || len(made.Warnings) != 1 || !strings.Contains(made.Warnings[0], "link_records") || !slices.ContainsFunc(made.Created, func(c crm.Record) bool { return c.Kind == "contact" }) {
			t.Errorf("%+v", made)
		}
	}
}

// The link to the company is a POST whose answer may get lost: it is looked up,
// so that nobody is told that it failed.
func TestALostLinkToTheCompany(t *testing.T) {
	r := newRig(t, 0)
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultLostAnswer, Status: 504, Match: func(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/link") }})
	var made crm.Made
	if r.Into("create_contact", `{"name":"Pat Newcomer","company_id":53870001}`, &made); len(made.Warnings) > 0 {
		t.Errorf("%v", made.Warnings)
	}
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultReset, Match: func(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/link") }})
	if r.Into("create_contact", `{"name":"Pat Other","company_id":53870001}`, &made); len(made.Warnings) != 1 {
		t.Errorf("%v", made.Warnings)
	}
}
