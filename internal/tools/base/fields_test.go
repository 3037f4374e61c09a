package base_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// everyKindOfField is a value for each type of custom field of leads that the
// demo has, written and read alike. Names and codes both serve.
func everyKindOfField() map[string]any {
	return map[string]any{
		"Roof type": "Flat", "Services": []any{"Battery", "Repair"}, "Ownership": "Tenant", "System size, kW": 8.5, "Budget": 12000.0,
		"Financing": true, "Install date": "2031-12-01", "Survey appointment": "2031-12-01T15:00:00-05:00", "Contract number": "C-7",
		"Site notes": "two\nlines", "Proposal": "https://example.com/p", "Site address": "Main 1",
		"Billing address": map[string]any{"address_line_1": "Main 1", "city": "Denver", "country": "US"}, "Warranty anniversary": "2031-05-17",
		"utm_source": "ads",
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What a field was told is what it tells, null clears it, and before and after
// are enough to go back.
func TestFieldsReadAsTheyAreWritten(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, _ := w.lead("fields")
	wanted := everyKindOfField()
	in := everyKindOfField()
	delete(in, "utm_source")
	in["UTM_SOURCE"] = "ads" // the code names it as well
	set := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":%s}`, lead, text(t, in)))
	if got := text(t, set.After["fields"]); got != text(t, wanted) || set.requests != "GET PATCH" {
		t.Errorf("after %s\nwant  %s (%s)", got, text(t, wanted), set.requests)
	}
	again := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":%s}`, lead, text(t, wanted)))
	if !again.Unchanged {
		t.Errorf("written as it was read, it changes: %s", again.text)
	}
	cleared := map[string]any{}
	for name := range wanted {
		cleared[name] = nil
	}
	gone := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":%s}`, lead, text(t, cleared)))
	if text(t, gone.Before["fields"]) != text(t, wanted) || gone.After["fields"] != nil {
		t.Errorf("clearing: %s", gone.text)
	}
	back := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":%s}`, lead, text(t, gone.Before["fields"])))
	if text(t, back.After["fields"]) != text(t, wanted) {
		t.Errorf("back: %s", back.text)
	}
}

func TestDatesOfFieldsAreEchoedInAbsoluteTimes(t *testing.T) {
	w := newWriter(t, 0).warm()
	lead, _ := w.lead("dates")
	out := w.do("update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":{"Install date":"mañana","Survey appointment":"amanhã 15:00"}}`, lead))
	fields, _ := out.After["fields"].(map[string]any)
	day, at := fmt.Sprint(fields["Install date"]), fmt.Sprint(fields["Survey appointment"])
	if len(day) != len("2026-11-22") || !strings.HasPrefix(at, day+"T15:00:00-0") {
		t.Errorf("%s and %s", day, at)
	}
	w.fail("invalid_argument", "update_lead", fmt.Sprintf(`{"lead_id":%d,"fields":{"Install date":"next monday"}}`, lead))
}

// Phones, e-mails and messengers given as fields are added to those that are there.
func TestFieldsAddPhonesWithoutWipingTheOthers(t *testing.T) {
	w := newWriter(t, 0).warm()
	_, contact := w.lead("lines")
	change := func(fields string) written {
		return w.do("update_contact", fmt.Sprintf(`{"contact_id":%d,"fields":%s}`, contact, fields))
	}
	change(`{"Phone":null}`)
	change(`{"Phone":"+1 907 555 0180","IM":"@grace"}`)
	two := change(`{"phone":{"value":"+1 907 555 0181","code":"MOB"},"IM":["@grace","@home"]}`)
	if got := text(t, two.After["fields"]); got != `{"IM":["@grace","@home"],"Phone":["+1 907 555 0180","+1 907 555 0181"]}` {
		t.Error(got)
	}
	if same := change(`{"PHONE":"+19075550180"}`); !same.Unchanged || same.requests != "GET" {
		t.Errorf("the same line in another spelling: %s %s", same.requests, same.text)
	}
	if kind := change(`{"Phone":{"value":"+19075550180","code":"HOME"}}`); kind.Unchanged || text(t, kind.Before) != text(t, kind.After) {
		t.Errorf("another kind: %s", kind.text)
	}
	c, err := w.api.Contacts.Get(t.Context(), contact)
	w.must(err)
	var kinds []string
	for _, f := range c.Fields {
		if f.Is("PHONE") {
			for _, v := range f.Values {
				kinds = append(kinds, v.Kind())
			}
		}
	}
	if !slices.Equal(kinds, []string{"HOME", "MOB"}) {
		t.Errorf("kinds %q", kinds)
	}
	if none := change(`{"Phone":null}`); none.After["fields"] != nil {
		t.Error(none.text)
	}
}
