package base_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// person makes a contact without the tools.
func (w *writer) person(name string, phones, emails []string) int64 {
	w.t.Helper()
	c := kommo.ContactWrite{Name: name}
	for code, texts := range map[string][]string{kommo.CodePhone: phones, kommo.CodeEmail: emails} {
		if len(texts) == 0 {
			continue
		}
		f := kommo.FieldValueWrite{FieldCode: code}
		for _, text := range texts {
			f.Values = append(f.Values, kommo.ValueWrite{Value: text, EnumCode: "WORK"})
		}
		c.Fields = append(c.Fields, f)
	}
	made, err := w.api.Contacts.Create(w.t.Context(), []kommo.ContactWrite{c})
	w.must(err)
	return made[0].ID
}

func kinds(records []crm.Record) string {
	var out []string
	for _, r := range records {
		out = append(out, r.Kind)
	}
	return strings.Join(out, " ")
}

func TestCreateLeadMakesAllInOnePost(t *testing.T) {
	w := newWriter(t, 0).warm()
	out := w.do("create_lead_with_contact", `{"name":"Roof","price":1200.5,"pipeline":"roof repair","stage":"estimate","responsible":"Marcus",
		"contact_name":"Zed Unique","contact_phone":"(907) 555-0199","contact_email":"Zed@example.net","company_name":"Zed & Co",
		"fields":{"Budget":5000,"Roof type":"metal","Site notes":null},"contact_fields":{"Position":"Owner"},"tags":["New tag"],"note":"Called us."}`)
	if out.requests != "GET GET GET POST POST" {
		t.Errorf("requests %s", out.requests)
	}
	if kinds(out.Created) != "lead contact company note" || len(out.Found) != 0 || out.Pipeline != "Roof repair" || out.Stage != "Estimate sent" {
		t.Errorf("answer %s", out.text)
	}
	l, err := w.api.Leads.Get(t.Context(), out.ID, "contacts")
	w.must(err)
	if l.Amount() != 1200.5 || len(l.Fields) != 2 || l.Embedded.Tags[0].Name != "New tag" || l.Embedded.Contacts[0].ID != out.Created[1].ID {
		t.Errorf("lead %+v", l)
	}
	c, err := w.api.Contacts.Get(t.Context(), out.Created[1].ID)
	w.must(err)
	var held []string
	for _, f := range c.Fields {
		held = append(held, f.Texts()...)
	}
	if strings.Join(held, " ") != "+19075550199 Zed@example.net Owner" && len(held) != 3 || c.Embedded.Companies[0].ID != out.Created[2].ID {
		t.Errorf("contact holds %v, company %v", held, c.Embedded.Companies)
	}
}

func TestCreateLeadReusesWhatExists(t *testing.T) {
	w := newWriter(t, 0).warm()
	id := w.person("Maria López", []string{"+1 907-555-0150"}, nil)
	companies, err := w.api.Companies.Create(t.Context(), []kommo.CompanyWrite{{Name: "Café Unico"}})
	w.must(err)
	out := w.do("create_lead_with_contact", `{"name":"Second roof","contact_name":"Mary","contact_phone":"907.555.0150","contact_email":"maria@example.net","company_name":"CAFÉ  UNICO"}`)
	if kinds(out.Created) != "lead" || kinds(out.Found) != "contact company" || out.Found[0].ID != id || out.Found[1].ID != companies[0].ID {
		t.Errorf("answer %s", out.text)
	}
	if all := strings.Join(out.Warnings, " "); !strings.Contains(all, "Maria López") || !strings.Contains(all, "maria@example.net") {
		t.Errorf("warnings %q", all)
	}
	c, err := w.api.Contacts.Get(t.Context(), id)
	w.must(err)
	if c.Name != "Maria López" || len(c.Fields) != 1 {
		t.Errorf("the contact was changed: %+v", c)
	}
	alone := w.do("create_lead_with_contact", `{"name":"No contact"}`)
	if alone.requests != "POST" || kinds(alone.Created) != "lead" || alone.Pipeline != "Residential solar" || alone.Stage != "New inquiry" {
		t.Errorf("alone: %s %s", alone.requests, alone.text)
	}
	if l, err := w.api.Leads.Get(t.Context(), alone.ID); err != nil || w.stageName(l) != alone.Stage {
		t.Errorf("the lead is in %s, the answer says %s: %v", w.stageName(l), alone.Stage, err)
	}
	cold := newWriter(t, 0)
	if out := cold.do("create_lead_with_contact", `{"name":"No contact"}`); out.requests != "POST" || out.Stage != "" {
		t.Errorf("with names unknown: %s %s", out.requests, out.text)
	}
}

func TestCreateLeadAsksWhoIsMeant(t *testing.T) {
	w := newWriter(t, 0).warm()
	a := w.person("Ann First", []string{"+19075550160"}, nil)
	b := w.person("Bob Second", []string{"+19075550161"}, []string{"bob@example.net"})
	w.person("Office One", []string{"+19075550162"}, nil)
	two := w.person("Office Two", []string{"+19075550162"}, nil)
	e, requests := w.fail("conflict", "create_lead_with_contact", `{"name":"X","contact_phone":"+19075550160","contact_email":"bob@example.net"}`)
	if posts(requests) != 0 || len(e.Candidates) != 2 || e.Candidates[0].ID+e.Candidates[1].ID != a+b || !strings.Contains(e.Message, "Ann First") || !strings.Contains(e.Message, "Bob Second") {
		t.Errorf("requests %s, refusal %+v", requests, e)
	}
	e, requests = w.fail("ambiguous", "create_lead_with_contact", `{"name":"X","contact_phone":"+19075550162"}`)
	if posts(requests) != 0 || len(e.Candidates) != 2 || e.Field != "contact_phone" {
		t.Errorf("requests %s, refusal %+v", requests, e)
	}
	if out := w.do("create_lead_with_contact", `{"name":"X","contact_phone":"+19075550162","contact_name":"office two"}`); out.Found[0].ID != two {
		t.Errorf("found %v, want %d", out.Found, two)
	}
	if out := w.do("create_lead_with_contact", `{"name":"X","contact_phone":"+19075550161","contact_email":"BOB@example.net"}`); out.Found[0].ID != b {
		t.Errorf("found %v, want %d", out.Found, b)
	}
	for range 2 {
		_, err := w.api.Companies.Create(t.Context(), []kommo.CompanyWrite{{Name: "Twin Ltd"}})
		w.must(err)
	}
	if e, requests = w.fail("ambiguous", "create_lead_with_contact", `{"name":"X","company_name":"twin ltd"}`); posts(requests) != 0 || len(e.Candidates) != 2 {
		t.Errorf("requests %s, refusal %+v", requests, e)
	}
}

func TestCreateLeadRefusesBeforeItWrites(t *testing.T) {
	w := newWriter(t, 0).warm()
	for args, want := range map[string]string{
		`{"name":"X","pipeline":"Nowhere"}`:                                          "not_found pipeline",
		`{"name":"X","responsible":"Ana"}`:                                           "ambiguous responsible",
		`{"name":"X","fields":{"Bugdet":1}}`:                                         "not_found fields.Bugdet",
		`{"name":"X","contact_name":"Y","contact_fields":{"Positoin":1}}`:            "not_found contact_fields.Positoin",
		`{"name":"X","contact_phone":"anonymous"}`:                                   "invalid_argument contact_phone",
		`{"name":"X","contact_email":"nobody"}`:                                      "invalid_argument contact_email",
		`{"name":"X","contact_id":1,"contact_name":"Y"}`:                             "invalid_argument contact_id",
		`{"name":"X","contact_id":987654321}`:                                        "not_found contact_id",
		`{"name":"X","company_id":987654321}`:                                        "not_found company_id",
		`{"name":"X","contact_phone":"+19075550163","contact_fields":{"Phone":"1"}}`: "invalid_argument contact_fields",
	} {
		code, field, _ := strings.Cut(want, " ")
		if e, requests := w.fail(code, "create_lead_with_contact", args); e.Field != field || posts(requests) != 0 {
			t.Errorf("%s: field %q, requests %s", args, e.Field, requests)
		}
	}
}

func TestCreateLeadSaysWhatTheNoteCameTo(t *testing.T) {
	w := newWriter(t, 0)
	w.box.Inject(sandbox.Fault{Method: http.MethodPost, PathPrefix: "/leads/notes", Kind: sandbox.FaultStatus, Status: 403})
	out := w.do("create_lead_with_contact", `{"name":"Noted","note":"lost words"}`)
	if out.ID == 0 || kinds(out.Created) != "lead" || len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "add_note") {
		t.Error(out.text)
	}
}

func TestCreateLeadSaysThatKommoMerged(t *testing.T) {
	w := newWriter(t, 0, sandbox.WithSwitches(sandbox.Switches{DuplicateControl: true}))
	w.person("Hidden", nil, []string{"dup@example.net"})
	args := `{"name":"One","contact_name":"Dup","contact_email":"dup2@example.net"}`
	first := w.do("create_lead_with_contact", args)
	// the search misses the contact once, as it does while Kommo's index lags
	w.box.Inject(sandbox.Fault{Method: http.MethodGet, PathPrefix: "/contacts", Kind: sandbox.FaultStatus, Status: 204})
	out := w.do("create_lead_with_contact", args)
	if out.ID != first.ID || kinds(out.Found) == "" || out.Found[0].Kind != "lead" || len(out.Created) != 0 || len(out.Warnings) == 0 {
		t.Error(out.text)
	}
}

func TestNoteAndTaskOnEachKindOfCard(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead := w.do("create_lead_with_contact", `{"name":"L","contact_name":"C","company_name":"Only Company"}`)
	for i, argument := range []string{"lead_id", "contact_id", "company_id"} {
		card := fmt.Sprintf(`{"%s":%d,`, argument, lead.Created[i].ID)
		note := w.do("add_note", card+`"text":"Hello"}`)
		if note.requests != "POST" || note.URL != lead.Created[i].URL || kinds(note.Created) != "note" || note.Created[0].ID != note.ID {
			t.Errorf("%s %s", note.requests, note.text)
		}
		task := w.do("create_task", card+`"text":"Call","due":"2031-05-06","type":"site survey","responsible":"priya"}`)
		if task.requests != "POST" || task.URL != lead.Created[i].URL || kinds(task.Created) != "task" || task.Due != "2031-05-06T23:59:59-04:00" {
			t.Errorf("%s %s", task.requests, task.text)
		}
		for _, tool := range []string{"add_note", "create_task"} {
			e, _ := w.fail("not_found", tool, nowhere(tool, argument))
			if e.Field != argument {
				t.Errorf("%s: field %q, want %q", tool, e.Field, argument)
			}
		}
	}
	w.fail("invalid_argument", "add_note", fmt.Sprintf(`{"lead_id":%d,"text":%q}`, lead.ID, strings.Repeat("я", 15_001)))
	w.do("add_note", fmt.Sprintf(`{"lead_id":%d,"text":%q}`, lead.ID, strings.Repeat("я", 15_000)))
	w.fail("invalid_argument", "add_note", fmt.Sprintf(`{"lead_id":%d,"text":"  "}`, lead.ID))
	w.fail("invalid_argument", "create_task", fmt.Sprintf(`{"lead_id":%d,"text":"x","due":"soon"}`, lead.ID))
	if past := w.do("create_task", fmt.Sprintf(`{"lead_id":%d,"text":"x","due":"2020-01-01"}`, lead.ID)); len(past.Warnings) != 1 {
		t.Error(past.text)
	}
}

// nowhere are the arguments of a write on a card that does not exist.
func nowhere(tool, argument string) string {
	if tool == "create_task" {
		return fmt.Sprintf(`{"%s":987654321,"text":"x","due":"2031-05-06"}`, argument)
	}
	return fmt.Sprintf(`{"%s":987654321,"text":"x"}`, argument)
}
