package base_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
)

func (r *reader) allContacts() (out []kommo.Contact) {
	r.t.Helper()
	s, err := r.open(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for c, err := range s.API().Contacts.All(r.t.Context(), kommo.CardListFilter{}) {
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// userNamed is the id of a user.
func (r *reader) userNamed(name string) int64 {
	r.t.Helper()
	s, err := r.open(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for u, err := range s.API().Users.All(r.t.Context()) {
		if err != nil {
			r.t.Fatal(err)
		}
		if u.Name == name {
			return u.ID
		}
	}
	r.t.Fatalf("there is no user %q", name)
	return 0
}

func hasTag(tags []kommo.Tag, name string) bool {
	return slices.ContainsFunc(tags, func(t kommo.Tag) bool { return t.Name == name })
}

// Each filter finds what a reading of all contacts finds, in pages, with filters
// that Kommo honours and with filters that it ignores.
func TestSearchContactsFilters(t *testing.T) {
	for _, off := range []bool{false, true} {
		r := newReader(t, 0, sandbox.WithSwitches(sandbox.Switches{FilteringOff: off}))
		all := r.allContacts()
		tag := ""
		for _, c := range all {
			if len(c.Embedded.Tags) > 0 {
				tag = c.Embedded.Tags[0].Name
			}
		}
		owner, second := r.userNamed("Ana Torres"), r.userNamed("Daniel Cho")
		from := time.Now().AddDate(0, -2, 0).Format(time.DateOnly)
		type test struct {
			args string
			fits func(kommo.Contact) bool
		}
		for _, c := range []test{
			{`"responsible":"ana torres"`, func(c kommo.Contact) bool { return c.ResponsibleID == owner }},
			{`"tags":[` + fmt.Sprintf("%q", strings.ToUpper(tag)) + `]`, func(c kommo.Contact) bool { return hasTag(c.Embedded.Tags, tag) }},
			{`"created":"` + from + `..","sort":"created_desc"`, func(c kommo.Contact) bool { return day(c.CreatedAt) >= from }},
			{`"updated":"..` + from + `","sort":"updated_asc"`, func(c kommo.Contact) bool { return day(c.UpdatedAt) <= from }},
			{`"responsible":["ana torres","Daniel"],"updated":"` + from + `.."`, func(c kommo.Contact) bool {
				return (c.ResponsibleID == owner || c.ResponsibleID == second) && day(c.UpdatedAt) >= from
			}},
		} {
			want := 0
			for _, one := range all {
				if c.fits(one) {
					want++
				}
			}
			got, first := r.walk(base.SearchContacts, `{"limit":9,`+c.args+`}`)
			if got != want || want == 0 || want == len(all) {
				t.Errorf("filters off %v, %s: %d rows, want %d of %d", off, c.args, got, want, len(all))
			}
			if off != strings.Contains(first.Note, "switched off") {
				t.Errorf("filters off %v, %s: note %q", off, c.args, first.Note)
			}
		}
	}
}

// day is the account's day of a time.
func day(at kommo.Unix) string {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return err.Error()
	}
	return at.Time().In(zone).Format(time.DateOnly)
}

func TestSearchContactsByFieldsAndTogether(t *testing.T) {
	r := newReader(t, 0)
	held := map[string]int{}
	for _, c := range r.allContacts() {
		for _, f := range c.Fields {
			if f.Is("POSITION") {
				held[f.Values[0].Text()]++
			}
		}
	}
	for position, n := range held {
		if got, _ := r.walk(base.SearchContacts, fmt.Sprintf(`{"fields":{"Position":%q},"limit":4}`, strings.ToLower(position))); got != n {
			t.Errorf("position %q: %d rows, want %d", position, got, n)
		}
	}
	if len(held) == 0 {
		t.Fatal("nobody has a position")
	}
	for args, want := range map[string]int{
		`{"phone":"+12025550101","created":"2000-01-01..2000-01-02"}`: 0,
		`{"phone":"+12025550101","created":"2000-01-01.."}`:           1,
		`{"fields":{"Phone":"+12025550101"}}`:                         1, // held as +1 202 555 0101
		`{"fields":{"Anniversary":"1901-01-01..1902-12-31"}}`:         0,
		`{"query":"Holloway","tags":"no such tag"}`:                   0,
		`{"query":"2025550101","updated":"..2000-01-01"}`:             0,
	} {
		var got crm.PersonList
		r.call(base.SearchContacts, args, &got)
		if len(got.Items) != want || want == 0 && got.Hint == "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
	for args, field := range map[string]string{
		`{"responsible":"Nobody"}`: "responsible", `{"created":"soon"}`: "created", `{"updated":"friday"}`: "updated",
		`{"fields":{"Shoe size":"9"}}`: "fields.Shoe size", `{"sort":"name"}`: "sort",
	} {
		if e := r.refused(base.SearchContacts, args); e.Error.Field != field {
			t.Errorf("%s: %+v", args, e.Error)
		}
	}
}

// Kommo finds nothing by one or two characters: names are looked through here.
func TestSearchContactsByTwoLetters(t *testing.T) {
	r := newReader(t, 0)
	want := 0
	for _, c := range r.allContacts() {
		if strings.Contains(strings.ToLower(c.Name), "gr") {
			want++
		}
	}
	got, first := r.walk(base.SearchContacts, `{"query":"Gr","limit":2}`)
	if got != want || want == 0 || !strings.Contains(first.Note, "3 characters") {
		t.Errorf("%d rows, want %d, note %q", got, want, first.Note)
	}
}

// A page costs no more requests with a filter than without one.
func TestSearchContactsFilterCostsNoRequest(t *testing.T) {
	r := newReader(t, 0)
	r.call(getAccount, `{}`, nil)
	if n, paths := r.requests(func() { r.call(base.SearchContacts, `{"responsible":"ana torres","tags":"hot"}`, nil) }); n > 3 {
		t.Errorf("%d requests: %q", n, paths) // the page, the tags of the hint or the companies' names
	}
	if n, paths := r.requests(func() { r.call(base.SearchContacts, `{"responsible":"ana torres","updated":"last_30_days"}`, nil) }); n > 2 {
		t.Errorf("%d requests: %q", n, paths)
	}
}
