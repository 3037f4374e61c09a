package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// all reads every page of a list.
func (g *rig) all(path, key string) []map[string]any {
	g.t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	var out []map[string]any
	for page := 1; ; page++ {
		r := g.get(fmt.Sprintf("%s%slimit=250&page=%d", path, sep, page))
		if r.status == 204 {
			return out
		}
		out = append(out, r.want(200).rows(key)...)
	}
}

func TestSeedHasValuesOfEveryFieldType(t *testing.T) {
	g := demoRig(t)
	holders := map[string]string{"leads": "/leads", "contacts": "/contacts", "companies": "/companies"}
	for i, c := range g.get("/catalogs").want(200).rows("catalogs") {
		owner := fmt.Sprintf("catalogs/%d", int64(c["id"].(float64)))
		if i != 1 { // the list of brands has no fields
			holders[owner] = "/" + owner + "/elements"
		}
	}
	for owner, path := range holders {
		key := owner
		if strings.HasPrefix(owner, "catalogs/") {
			key = "elements"
		}
		filled := map[string]bool{}
		for _, row := range g.all(path, key) {
			values, _ := row["custom_fields_values"].([]any)
			for _, v := range values {
				filled[v.(map[string]any)["field_type"].(string)] = true
			}
		}
		for _, f := range g.all("/"+owner+"/custom_fields", "custom_fields") {
			if typ := f["type"].(string); !filled[typ] {
				t.Errorf("%s: no record has a value of type %s", owner, typ)
			}
		}
	}
	if n := len(g.all("/leads/custom_fields?filter[type][0]=select", "custom_fields")); n != 1 {
		t.Errorf("%d select fields on leads", n)
	}
}

func TestSeedTasksAreSpreadOverTime(t *testing.T) {
	g := demoRig(t)
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(g.unix.Load(), 0).In(loc)
	y, m, d := now.Date()
	midnight := time.Date(y, m, d+1, 0, 0, 0, 0, loc).Unix()
	count := map[string]int{}
	types := map[float64]bool{}
	rows := g.all("/tasks", "tasks")
	for _, k := range rows {
		due := int64(k["complete_till"].(float64))
		types[k["task_type_id"].(float64)] = true
		switch {
		case k["is_completed"] == true:
			count["done"]++
			if r := k["result"].(map[string]any); r["text"] == "" {
				t.Errorf("task %v is done without a result", k["id"])
			}
		case due < now.Unix():
			count["overdue"]++
		case due < midnight:
			count["today"]++
		case due < now.Unix()+7*day:
			count["week"]++
		default:
			count["later"]++
		}
	}
	for _, kind := range []string{"done", "overdue", "today", "week", "later"} {
		if count[kind] < 5 {
			t.Errorf("%d tasks %s of %v", count[kind], kind, count)
		}
	}
	if len(rows) < 70 || len(types) != 4 {
		t.Errorf("%d tasks of %d types", len(rows), len(types))
	}
}

func TestSeedNotesAndEvents(t *testing.T) {
	g := demoRig(t)
	types := map[string]int{}
	total, tricky := 0, false
	for _, entity := range []string{"leads", "contacts", "companies"} {
		for _, n := range g.all("/"+entity+"/notes", "notes") {
			total++
			types[n["note_type"].(string)]++
			text, _ := n["params"].(map[string]any)["text"].(string)
			tricky = tricky || strings.Contains(text, "Ignore all previous instructions") && strings.Contains(text, "\u200b")
		}
	}
	if total != 250 || !tricky {
		t.Errorf("%d notes, tricky text %v", total, tricky)
	}
	for _, typ := range []string{"common", "call_in", "call_out", "service_message", "extended_service_message", "sms_in", "sms_out", "attachment", "geolocation"} {
		if types[typ] == 0 {
			t.Errorf("no note of type %s in %v", typ, types)
		}
	}
	moves := g.get("/events?filter[type]=lead_status_changed&limit=100").want(200).rows("events")
	if len(moves) != 100 {
		t.Errorf("%d stage moves on the first page", len(moves))
	}
	for _, typ := range []string{"task_completed", "incoming_call", "common_note_added", "entity_linked", "contact_added"} {
		g.get("/events?limit=1&filter[type]=" + typ).want(200)
	}
}

// The scenes that tools have to get right.
func TestSeedScenes(t *testing.T) {
	if n := len(knownContacts()); n != knownPeople {
		t.Errorf("%d known contacts, knownPeople says %d", n, knownPeople)
	}
	g := demoRig(t)
	grace := g.get("/contacts?query=2025550101&with=leads").want(200).rows("contacts")[0]
	open := 0
	for _, l := range grace["_embedded"].(map[string]any)["leads"].([]any) {
		lead := g.get(fmt.Sprintf("/leads/%v", int64(l.(map[string]any)["id"].(float64)))).want(200)
		if lead.at("closed_at") == nil {
			open++
		}
	}
	if grace["name"] != "Grace Holloway" || open != 2 {
		t.Errorf("%v has %d open leads", grace["name"], open)
	}
	nora := g.get("/contacts?query=Quill&with=leads").want(200).rows("contacts")[0]
	if leads := nora["_embedded"].(map[string]any)["leads"].([]any); len(leads) != 0 {
		t.Errorf("%v has leads", nora["name"])
	}
	for _, digits := range []string{"1955550142", "5555550143", "4600000144", "9000000145"} {
		if n := len(g.get("/contacts?query=" + digits).want(200).rows("contacts")); n != 1 {
			t.Errorf("%d contacts for %s", n, digits)
		}
	}
	if n := len(g.get("/contacts?query=2025550150").want(200).rows("contacts")); n != 2 {
		t.Errorf("%d people share the Delgados' phone", n)
	}
	var shared []string
	seen := map[string]bool{}
	for _, p := range g.get("/leads/pipelines").rows("pipelines") {
		for _, s := range p["_embedded"].(map[string]any)["statuses"].([]any) {
			m := s.(map[string]any)
			name := m["name"].(string)
			if seen[name] && m["type"] == 0.0 && m["is_editable"] == true {
				shared = append(shared, name)
			}
			seen[name] = true
		}
	}
	if !slices.Equal(shared, []string{"Negotiation"}) {
		t.Errorf("stages in two pipelines: %v", shared)
	}
	g.get("/leads/unsorted").want(200).eq("Free roof quote", "_embedded", "unsorted", 0, "metadata", "form_name")
	g.get("/talks").want(200).eq("closed", "_embedded", "talks", 0, "status")
	g.get("/bots").want(200)
	g.get("/sources").want(200)
	g.get("//v1.0/files/stats").want(200)
	if v := g.s.Violations(); len(v) > 0 {
		t.Errorf("violations: %v", v)
	}
}
