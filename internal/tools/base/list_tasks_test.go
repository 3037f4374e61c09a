package base_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
)

func number(id int64) string { return strconv.FormatInt(id, 10) }

func (r *reader) allTasks(args string) (rows []crm.TaskRow) {
	r.t.Helper()
	cursor := ""
	for range 40 {
		var got crm.TaskList
		r.call(base.ListTasks, args+cursor+"}", &got)
		rows = append(rows, got.Items...)
		if !got.HasMore {
			return rows
		}
		cursor = fmt.Sprintf(`,"cursor":%q`, got.NextCursor)
	}
	r.t.Fatal("the pages never end")
	return nil
}

func dueOf(t *testing.T, row crm.TaskRow) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, row.Due)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestListTasksByDeadline(t *testing.T) {
	r := newReader(t, 0)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	all := r.allTasks(`{"limit":9`)
	if !slices.IsSortedFunc(all, func(a, b crm.TaskRow) int { return dueOf(t, a).Compare(dueOf(t, b)) }) {
		t.Error("the nearest deadlines do not come first")
	}
	for due, in := range map[string]func(time.Time) bool{
		"overdue": func(at time.Time) bool { return at.Before(now) },
		"today":   func(at time.Time) bool { return !at.Before(midnight) && at.Before(midnight.AddDate(0, 0, 1)) },
		"week":    func(at time.Time) bool { return !at.Before(midnight) && at.Before(midnight.AddDate(0, 0, 7)) },
	} {
		want := map[int64]bool{}
		for _, row := range all {
			if in(dueOf(t, row)) {
				want[row.ID] = true
			}
		}
		got := r.allTasks(`{"limit":4,"due":"` + due + `"`)
		for _, row := range got {
			if !want[row.ID] || row.Overdue != dueOf(t, row).Before(now) {
				t.Errorf("%s: %+v", due, row)
			}
			delete(want, row.ID)
		}
		if len(want) > 0 || len(got) == 0 {
			t.Errorf("%s: %d rows, %d missing", due, len(got), len(want))
		}
	}
}

func TestListTasksNamesTheCard(t *testing.T) {
	r := newReader(t, 0)
	var got crm.TaskList
	r.call(base.ListTasks, `{}`, &got)
	for _, row := range got.Items {
		if row.For == nil || row.For.Name == "" || row.For.URL == "" || row.Text == "" || row.Type == "" || row.Responsible == "" {
			t.Errorf("%+v", row)
		}
	}
	n, paths := r.requests(func() { r.call(base.ListTasks, `{}`, nil) })
	if n > 3 { // tasks, leads, contacts
		t.Errorf("%d requests: %q", n, paths)
	}
	lead := r.leadCalled("Holloway: 8 kW rooftop solar")
	r.call(base.ListTasks, `{"lead_id":`+number(lead)+`}`, &got)
	if len(got.Items) != 1 || got.Items[0].For.ID != lead {
		t.Errorf("%+v", got.Items)
	}
}

func TestListTasksOfSomebodyAndDone(t *testing.T) {
	r := newReader(t, 0)
	var got crm.TaskList
	r.call(base.ListTasks, `{"responsible":"marcus","limit":100}`, &got)
	if len(got.Items) == 0 || slices.ContainsFunc(got.Items, func(t crm.TaskRow) bool { return t.Responsible != "Marcus Reed" || t.Completed }) {
		t.Errorf("%+v", got.Items)
	}
	done := r.allTasks(`{"completed":true,"limit":7`)
	if len(done) != 24 || slices.ContainsFunc(done, func(t crm.TaskRow) bool { return !t.Completed || t.Result == "" }) {
		t.Errorf("%d completed tasks", len(done))
	}
	if !slices.IsSortedFunc(done, func(a, b crm.TaskRow) int { return dueOf(t, b).Compare(dueOf(t, a)) }) {
		t.Error("the latest completed ones do not come first")
	}
}

func TestListTasksTeaches(t *testing.T) {
	r := newReader(t, 0)
	for args, field := range map[string]string{
		`{"due":"soon"}`: "due", `{"type":"Dance"}`: "type", `{"updated":"friday"}`: "updated", `{"responsible":"Nobody"}`: "responsible", `{"lead_id":1,"contact_id":2}`: "contact_id", `{"cursor":"x"}`: "cursor",
	} {
		if e := r.refused(base.ListTasks, args); e.Error.Field != field {
			t.Errorf("%s: %+v", args, e.Error)
		}
	}
	for _, args := range []string{`{"lead_id":1}`, `{"responsible":"Victor Hale","due":"week"}`, `{"responsible":"Victor Hale","completed":true,"due":"today"}`} {
		var got crm.TaskList
		r.call(base.ListTasks, args, &got)
		if len(got.Items) == 0 && got.Hint == "" || got.Items == nil {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

// The filters beside the deadline words, against all tasks read without them.
func TestListTasksFilters(t *testing.T) {
	r := newReader(t, 0)
	all := r.allTasks(`{"limit":100`)
	first, last := dueOf(t, all[len(all)/3]), dueOf(t, all[len(all)/2])
	span := fmt.Sprintf(`"due":"%s..%s"`, first.Format(time.DateOnly), last.Format(time.DateOnly))
	type test struct {
		args string
		fits func(crm.TaskRow) bool
	}
	inSpan := func(row crm.TaskRow) bool {
		day := dueOf(t, row).Format(time.DateOnly)
		return day >= first.Format(time.DateOnly) && day <= last.Format(time.DateOnly)
	}
	for _, c := range []test{
		{span, inSpan},
		{`"type":"meeting"`, func(row crm.TaskRow) bool { return row.Type == "Meeting" }},
		{`"responsible":"ana torres",` + span + `,"type":"Meeting"`, func(row crm.TaskRow) bool {
			return row.Responsible == "Ana Torres" && row.Type == "Meeting" && inSpan(row)
		}},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(row crm.TaskRow) bool { return !c.fits(row) })
		got := r.allTasks(`{"limit":3,` + c.args)
		if len(got) != len(want) || len(got) == 0 || slices.ContainsFunc(got, func(row crm.TaskRow) bool { return !c.fits(row) }) {
			t.Errorf("%s: %d rows of %d", c.args, len(got), len(want))
		}
	}
}

func TestListTasksByChange(t *testing.T) {
	r := newReader(t, 0)
	before := r.allTasks(`{"limit":100`)
	task := before[len(before)-1]
	r.call(base.UpdateTask, `{"task_id":`+number(task.ID)+`,"completed":true,"result":"Reached"}`, nil)
	var got crm.TaskList
	r.call(base.ListTasks, `{"completed":true,"updated":"today"}`, &got)
	if len(got.Items) != 1 || got.Items[0].ID != task.ID || got.Items[0].Result != "Reached" {
		t.Errorf("%+v", got.Items)
	}
	r.call(base.ListTasks, `{"completed":true,"updated":"..yesterday","limit":100}`, &got)
	if slices.ContainsFunc(got.Items, func(row crm.TaskRow) bool { return row.ID == task.ID }) || len(got.Items) != 24 {
		t.Errorf("%d tasks were completed before", len(got.Items))
	}
}
