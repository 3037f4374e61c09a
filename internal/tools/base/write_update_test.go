package base_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func keys(m map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

func TestMoveLeadStage(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, _ := w.lead("mover")
	for _, step := range []struct{ args, requests, before, after string }{
		{`"stage":"qualified"`, "GET PATCH", "stage", "stage"},
		{`"stage":"Qualified"`, "GET", "", ""},
		{`"stage":"lost","loss_reason":"price"`, "GET PATCH", "stage", "closed_at loss_reason stage"},
		{`"stage":"lost","loss_reason":"No budget"`, "GET PATCH", "loss_reason", "loss_reason"},
		{`"stage":"lost","loss_reason":"no budget"`, "GET", "", ""},
		{`"stage":"legal"`, "GET PATCH", "closed_at loss_reason pipeline stage", "pipeline stage"},
		{`"stage":"won","pipeline":"Roof repair"`, "GET PATCH", "pipeline stage", "closed_at pipeline stage"},
	} {
		out := w.do("move_lead_stage", fmt.Sprintf(`{"lead_id":%d,%s}`, lead, step.args))
		if out.requests != step.requests || keys(out.Before) != step.before || keys(out.After) != step.after || out.Unchanged != (step.after == "") {
			t.Errorf("%s: %s %s", step.args, out.requests, out.text)
		}
	}
	l, err := w.api.Leads.Get(t.Context(), lead)
	w.must(err)
	if l.StatusID != kommo.StatusWon || l.LossReasonID != nil {
		t.Errorf("lead %+v", l)
	}
	for args, want := range map[string]string{
		`"stage":"won","loss_reason":"No budget"`:      "invalid_argument loss_reason",
		`"stage":"nowhere"`:                            "not_found stage",
		`"stage":"Negotiation","pipeline":"Nothing"`:   "not_found pipeline",
		`"stage":"lost","loss_reason":"bad weather"`:   "not_found loss_reason",
		`"stage":"qualified","pipeline":"roof repair"`: "not_found stage",
	} {
		code, field, _ := strings.Cut(want, " ")
		e, requests := w.fail(code, "move_lead_stage", fmt.Sprintf(`{"lead_id":%d,%s}`, lead, args))
		if e.Field != field || strings.Contains(requests, "PATCH") || code == "not_found" && len(e.Candidates) == 0 {
			t.Errorf("%s: %s %+v", args, requests, e)
		}
	}
	w.fail("not_found", "move_lead_stage", `{"lead_id":987654321,"stage":"won"}`)
}

// The first refusal costs a request; from then on the account's way is known.
func TestMoveToLostWhereReasonComesSecond(t *testing.T) {
	w := newWriter(t, 0, sandbox.WithSwitches(sandbox.Switches{StrictLossReason: true})).warm()
	for i, want := range []string{"GET PATCH PATCH PATCH", "GET PATCH PATCH"} {
		lead, _ := w.lead(fmt.Sprintf("strict%d", i))
		out := w.do("move_lead_stage", fmt.Sprintf(`{"lead_id":%d,"stage":"lost","loss_reason":"No budget"}`, lead))
		if out.requests != want || out.After["loss_reason"] != "No budget" {
			t.Errorf("%s %s", out.requests, out.text)
		}
		l, err := w.api.Leads.Get(t.Context(), lead)
		w.must(err)
		if l.StatusID != kommo.StatusLost || l.LossReasonID == nil {
			t.Errorf("lead %+v", l)
		}
	}
}

func TestReasonThatFailsIsAWarning(t *testing.T) {
	w := newWriter(t, 0, sandbox.WithSwitches(sandbox.Switches{StrictLossReason: true})).warm()
	lead, _ := w.lead("strict")
	w.box.Inject(sandbox.Fault{Method: http.MethodPatch, After: 2, Kind: sandbox.FaultStatus, Status: 403})
	out := w.do("move_lead_stage", fmt.Sprintf(`{"lead_id":%d,"stage":"lost","loss_reason":"No budget"}`, lead))
	if len(out.Warnings) != 1 || out.After["stage"] != "Closed - lost" || out.After["loss_reason"] != nil {
		t.Error(out.text)
	}
}

func TestUpdateLead(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, _ := w.lead("plain")
	args := fmt.Sprintf(`{"lead_id":%d,"name":"Renamed","price":99.5,"responsible":"Priya Nair","add_tags":["VIP","hot deal"],
		"fields":{"Budget":5000,"Roof type":"tile","Services":["repair","battery"],"Install date":"2031-03-04","Financing":true}}`, lead)
	out := w.do("update_lead", args)
	if out.requests != "GET PATCH" || keys(out.Before) != "name price responsible tags" {
		t.Errorf("%s %s", out.requests, out.text)
	}
	want := map[string]any{"Budget": 5000.0, "Roof type": "Tile", "Services": []any{"Repair", "Battery"}, "Install date": "2031-03-04", "Financing": true}
	if !reflect.DeepEqual(out.After["fields"], any(want)) || out.After["responsible"] != "Priya Nair" || out.After["price"] != 99.5 {
		t.Errorf("after %v", out.After)
	}
	if again := w.do("update_lead", args); !again.Unchanged || again.requests != "GET" || again.Before != nil {
		t.Errorf("%s %s", again.requests, again.text)
	}
	part := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":{"Budget":null,"Roof type":"Tile"},"remove_tags":["vip","hot deal"]}`, lead))
	if fields, _ := part.Before["fields"].(map[string]any); keys(fields) != "Budget" || keys(part.After) != "tags" {
		t.Error(part.text)
	}
	if tags, ok := part.After["tags"].([]any); !ok || len(tags) != 0 {
		t.Errorf("no tags must be an empty list: %s", part.text)
	}
	if gone := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"remove_tags":["vip"]}`, lead)); !gone.Unchanged || !strings.Contains(gone.text, `no tag vip`) {
		t.Errorf("a tag that is not there: %s", gone.text)
	}
	l, err := w.api.Leads.Get(t.Context(), lead)
	w.must(err)
	if l.Name != "Renamed" || l.Amount() != 99.5 || len(l.Fields) != 4 || len(l.Embedded.Tags) != 0 {
		t.Errorf("lead %+v", l)
	}
	for args, want := range map[string]string{
		`"fields":{"Roof type":"straw"}`:       "not_found fields.Roof type",
		`"fields":{"Roof typ e":"metal"}`:      "not_found fields.Roof typ e",
		`"responsible":"Ana"`:                  "ambiguous responsible",
		`"add_tags":["a"],"remove_tags":["A"]`: "invalid_argument remove_tags",
	} {
		code, field, _ := strings.Cut(want, " ")
		if e, requests := w.fail(code, "update_lead", fmt.Sprintf(`{"lead_id":%d,%s}`, lead, args)); e.Field != field || strings.Contains(requests, "PATCH") {
			t.Errorf("%s: %s %+v", args, requests, e)
		}
	}
	w.fail("not_found", "update_lead", `{"lead_id":987654321,"name":"x"}`)
}

func TestUpdateContactKeepsTheOtherPhones(t *testing.T) {
	w := newWriter(t, 0).warm()
	id := w.person("Line Keeper", []string{"+19075550170", "+19075550171"}, []string{"old@example.net"})
	_, err := w.api.Contacts.Update(t.Context(), id, kommo.ContactWrite{Fields: []kommo.FieldValueWrite{{FieldCode: kommo.CodePhone, Values: []kommo.ValueWrite{
		{Value: "+19075550170", EnumCode: "MOB"}, {Value: "+19075550171", EnumCode: "HOME"},
	}}}})
	w.must(err)
	args := fmt.Sprintf(`{"contact_id":%d,"add_phone":"907 555 0172","remove_phone":"(907) 555-0171","add_email":"new@example.net","remove_email":"OLD@example.net","fields":{"Position":"Boss"},"add_tags":["VIP"]}`, id)
	out := w.do("update_contact", args)
	if out.requests != "GET PATCH" || fmt.Sprint(out.After["phones"]) != "[+19075550170 +19075550172]" || fmt.Sprint(out.After["emails"]) != "[new@example.net]" {
		t.Errorf("%s %s", out.requests, out.text)
	}
	c, err := w.api.Contacts.Get(t.Context(), id)
	w.must(err)
	for _, f := range c.Fields {
		if f.Is(kommo.CodePhone) && (len(f.Values) != 2 || f.Values[0].Kind() != "MOB") {
			t.Errorf("phones %+v", f.Values)
		}
	}
	if again := w.do("update_contact", args); !again.Unchanged || again.requests != "GET" || len(again.Warnings) != 2 {
		t.Errorf("%s %s", again.requests, again.text)
	}
	if last := w.do("update_contact", fmt.Sprintf(`{"contact_id":%d,"remove_email":"new@example.net"}`, id)); fmt.Sprint(last.After["emails"]) != "[]" {
		t.Error(last.text)
	}
}

// A number abroad is often given without its country code: on one card the last digits are enough, unless
// two numbers share them or the extension differs.
func TestUpdateContactRemovesTheOnePhoneMeant(t *testing.T) {
	w := newWriter(t, 0).warm()
	for _, c := range []struct {
		held   []string
		remove string
		after  string
	}{
		{[]string{"+525512345678", "+19075550171"}, "044 55 1234 5678", "[+19075550171]"},
		{[]string{"+525512345678", "+541155512345678"}, "8 55 1234 5678", ""},
		{[]string{"+19075550176 ext. 5"}, "+19075550176", ""},
	} {
		id := w.person("Abroad", c.held, nil)
		out := w.do("update_contact", fmt.Sprintf(`{"contact_id":%d,"remove_phone":%q}`, id, c.remove))
		if got := fmt.Sprint(out.After["phones"]); c.after != "" && got != c.after || c.after == "" && (!out.Unchanged || len(out.Warnings) != 1) {
			t.Errorf("%v without %s: %s", c.held, c.remove, out.text)
		}
	}
}

func TestUpdateContactServesCompanies(t *testing.T) {
	w := newWriter(t, 0).warm()
	made, err := w.api.Companies.Create(t.Context(), []kommo.CompanyWrite{{Name: "Before Ltd"}})
	w.must(err)
	out := w.do("update_contact", fmt.Sprintf(`{"company_id":%d,"name":"After Ltd","responsible":"me","add_phone":"+19075550173"}`, made[0].ID))
	if out.requests != "GET PATCH" || out.After["name"] != "After Ltd" || !strings.Contains(out.URL, "/companies/") {
		t.Errorf("%s %s", out.requests, out.text)
	}
	for args, code := range map[string]string{
		`{"name":"x"}`: "invalid_argument",
		`{"contact_id":1,"company_id":2,"name":"x"}`:   "invalid_argument",
		`{"contact_id":987654321,"name":"x"}`:          "not_found",
		`{"company_id":987654321,"name":"x"}`:          "not_found",
		`{"contact_id":987654321,"add_phone":"hello"}`: "not_found",
	} {
		w.fail(code, "update_contact", args)
	}
	w.fail("invalid_argument", "update_contact", fmt.Sprintf(`{"company_id":%d,"add_phone":"hello"}`, made[0].ID))
	w.fail("invalid_argument", "update_contact", fmt.Sprintf(`{"company_id":%d,"add_phone":"+19075550174","fields":{"Phone":"+19075550175"}}`, made[0].ID))
}

func TestUpdateTask(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, _ := w.lead("tasked")
	task := w.do("create_task", fmt.Sprintf(`{"lead_id":%d,"text":"Call","due":"2031-01-02T10:00"}`, lead))
	done := fmt.Sprintf(`{"task_id":%d,"completed":true,"result":"Reached"}`, task.ID)
	out := w.do("update_task", done)
	if out.requests != "GET PATCH" || keys(out.Before) != "completed" || keys(out.After) != "completed result" || out.URL != task.URL {
		t.Errorf("%s %s", out.requests, out.text)
	}
	if again := w.do("update_task", done); !again.Unchanged || again.requests != "GET" {
		t.Errorf("%s %s", again.requests, again.text)
	}
	moved := w.do("update_task", fmt.Sprintf(`{"task_id":%d,"completed":false,"text":"Call again","due":"2031-02-03","responsible":"Priya"}`, task.ID))
	if moved.After["due"] != "2031-02-03T23:59:59-05:00" || moved.Before["due"] != "2031-01-02T10:00:00-05:00" || keys(moved.After) != "completed due responsible text" {
		t.Error(moved.text)
	}
	if e, _ := w.fail("not_found", "update_task", `{"task_id":987654321,"completed":true}`); e.Field != "task_id" {
		t.Errorf("%+v", e)
	}
	w.fail("invalid_argument", "update_task", fmt.Sprintf(`{"task_id":%d,"due":"whenever"}`, task.ID))
}

// A stage that was removed behind our back is resolved again and sent once more.
func TestStaleNamesAreResolvedOnceMore(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, _ := w.lead("stale")
	w.box.Inject(sandbox.Fault{
		Method: http.MethodPatch, Kind: sandbox.FaultStatus, Status: 400,
		Body: `{"title":"Bad Request","status":400,"detail":"Request validation failed","validation-errors":[{"request_id":"0","errors":[{"code":"NotSupportedChoice","path":"status_id","detail":"The value you selected is not a valid choice."}]}]}`,
	})
	out := w.do("move_lead_stage", fmt.Sprintf(`{"lead_id":%d,"stage":"Qualified"}`, lead))
	if out.After["stage"] != "Qualified" || strings.Count(out.requests, "PATCH") != 2 {
		t.Errorf("%s %s", out.requests, out.text)
	}
}

func TestRefusedDataNamesTheFieldAndSavesNothing(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, _ := w.lead("refused")
	e, _ := w.fail("invalid_argument", "update_lead", fmt.Sprintf(`{"lead_id":%d,"name":"Other","price":99999999999}`, lead))
	if !strings.Contains(e.Message, "price") || !strings.Contains(e.Message, "nothing was saved") {
		t.Errorf("message %q", e.Message)
	}
	l, err := w.api.Leads.Get(t.Context(), lead)
	w.must(err)
	if l.Name != "refused" {
		t.Errorf("saved in part: %+v", l)
	}
}

// A token without admin rights may not read users: ids and me work, names are
// refused with the reason, and records of others are refused by Kommo.
func TestRestrictedToken(t *testing.T) {
	admin := newWriter(t, 0)
	users, err := kommo.Collect(admin.api.Users.All(t.Context()))
	admin.must(err)
	at := slices.IndexFunc(users, func(u kommo.User) bool { return u.Name == "Marcus Reed" })
	w := newWriter(t, users[at].ID)
	lead, contact := w.lead("own")
	task := w.do("create_task", fmt.Sprintf(`{"lead_id":%d,"text":"Call","due":"2031-01-02","responsible":"me"}`, lead))
	w.do("update_task", fmt.Sprintf(`{"task_id":%d,"completed":true}`, task.ID))
	w.do("add_note", fmt.Sprintf(`{"contact_id":%d,"text":"Hi"}`, contact))
	w.do("move_lead_stage", fmt.Sprintf(`{"lead_id":%d,"stage":"qualified"}`, lead))
	out := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"responsible":"%d"}`, lead, users[0].ID))
	if !strings.Contains(fmt.Sprint(out.After["responsible"]), fmt.Sprint(users[0].ID)) {
		t.Error(out.text)
	}
	w.fail("unavailable", "update_lead", fmt.Sprintf(`{"lead_id":%d,"responsible":"Olivia"}`, lead))
}
